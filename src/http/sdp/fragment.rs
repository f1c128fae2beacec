//! `application/trickle-ice-sdpfrag` (RFC 8840): what a client learns of its ICE after its offer. Its
//! candidates are not needed: an ICE-lite side answers whoever checks it (RFC 8445 §7.3).

use ortc::types::{IceCandidate, IceParameters};

use super::{SdpError, answer::candidate_line, parse, section::value};

/// A fragment of a client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct Fragment {
    /// Whose ICE session it concerns, or begins.
    pub(in crate::http) username_fragment: Option<String>,
    /// With the user name, a new session may begin.
    pub(in crate::http) has_password: bool,
}

impl Fragment {
    /// Reads a fragment.
    pub(in crate::http) fn parse(text: &str) -> Result<Self, SdpError> {
        if text.trim().is_empty() {
            return Err(SdpError::Syntax("it is empty".into()));
        }
        // A fragment is what of a description may stand after its head.
        let description = parse(&format!("{HEAD}{text}"))?;
        let media = description.media_descriptions.first();
        let attribute = |name: &str| {
            let of_session = description.attribute(name).map(String::as_str);
            of_session.or_else(|| value(media?, name))
        };
        Ok(Self {
            username_fragment: attribute("ice-ufrag").map(str::to_owned),
            has_password: attribute("ice-pwd").is_some(),
        })
    }

    /// Our side of a restarted ICE session (RFC 9725 §4.3.3).
    /// `head` is that of the section whose transport all share.
    pub(in crate::http) fn answer(
        ice: &IceParameters,
        candidates: &[IceCandidate],
        head: &str,
    ) -> String {
        let mut text = format!(
            "a=ice-lite\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n{head}",
            ice.username_fragment, ice.password
        );
        for candidate in candidates {
            text.push_str("a=candidate:");
            text.push_str(&candidate_line(candidate));
            text.push_str("\r\n");
        }
        text.push_str("a=end-of-candidates\r\n");
        text
    }
}

const HEAD: &str = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
