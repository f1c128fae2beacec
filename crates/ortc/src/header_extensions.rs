//! Which header extensions a client is told of, and which ids a router writes; ids never change here.

use serde::{Deserialize, Serialize};

use crate::types::{
    HeaderExtensionDirection, RtpCapabilities, RtpHeaderExtension, RtpHeaderExtensionParameters,
    uri,
};

/// What a router tells a client of its header extensions.
///
/// A consumer's parameters do not depend on it: both profiles leave the same extensions to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderExtensionProfile {
    /// What mediasoup-client before 3.16 survives on a Chromium that forbids renumbering
    /// extensions (from about 140 on): such a client offers video with the ids of an audio and
    /// video offer, so only extensions whose ids are equal in both offers may be received.
    /// abs-send-time and the two stream ids are; everything else is sent only, or left out.
    /// Producers then carry neither MID nor transport-wide sequence numbers.
    #[default]
    Compat,
    /// Everything the router supports; for clients known to be new enough.
    Full,
}

impl HeaderExtensionProfile {
    /// The router's capabilities as a client of this profile is told of them.
    pub fn apply(self, router: &RtpCapabilities) -> RtpCapabilities {
        let told = |extension: &RtpHeaderExtension| match self {
            Self::Full => Some(extension.clone()),
            Self::Compat => compat(extension),
        };
        RtpCapabilities {
            codecs: router.codecs.clone(),
            header_extensions: router.header_extensions.iter().filter_map(told).collect(),
        }
    }
}

/// The router's header extensions by id, each once: what `ProduceOptions::router_header_extensions`
/// of the media engine takes, and what every consumer of the router is numbered by.
pub fn router_header_extensions(router: &RtpCapabilities) -> Vec<RtpHeaderExtensionParameters> {
    let mut extensions: Vec<RtpHeaderExtensionParameters> = Vec::new();
    for extension in &router.header_extensions {
        if extensions.iter().all(|known| known.uri != extension.uri) {
            extensions.push(in_use(extension));
        }
    }
    extensions.sort_by_key(|extension| extension.id);
    extensions
}

/// A supported extension as one in use, under the id its endpoint prefers.
pub(crate) fn in_use(extension: &RtpHeaderExtension) -> RtpHeaderExtensionParameters {
    RtpHeaderExtensionParameters {
        uri: extension.uri.clone(),
        id: extension.preferred_id,
        encrypt: extension.preferred_encrypt,
        parameters: Default::default(),
    }
}

/// Whether the endpoint that lists the extension sends it.
pub(crate) fn sends(extension: &RtpHeaderExtension) -> bool {
    match extension.direction {
        HeaderExtensionDirection::SendRecv | HeaderExtensionDirection::SendOnly => true,
        HeaderExtensionDirection::RecvOnly | HeaderExtensionDirection::Inactive => false,
    }
}

fn compat(extension: &RtpHeaderExtension) -> Option<RtpHeaderExtension> {
    let has_one_id_in_every_offer = matches!(
        extension.uri.as_str(),
        uri::ABS_SEND_TIME | uri::RTP_STREAM_ID | uri::REPAIRED_RTP_STREAM_ID
    );
    if has_one_id_in_every_offer {
        Some(extension.clone())
    } else if sends(extension) {
        let direction = HeaderExtensionDirection::SendOnly;
        Some(RtpHeaderExtension {
            direction,
            ..extension.clone()
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::MediaKind;
    use crate::{default_media_codecs, router_rtp_capabilities};
    use HeaderExtensionDirection::{RecvOnly, SendOnly, SendRecv};

    fn router() -> RtpCapabilities {
        router_rtp_capabilities(&default_media_codecs()).unwrap()
    }

    fn direction(
        caps: &RtpCapabilities,
        kind: MediaKind,
        uri: &str,
    ) -> Option<HeaderExtensionDirection> {
        let listed = |e: &&RtpHeaderExtension| e.kind == kind && e.uri == uri;
        caps.header_extensions
            .iter()
            .find(listed)
            .map(|e| e.direction)
    }

    #[test]
    fn full_tells_everything() {
        assert_eq!(HeaderExtensionProfile::Full.apply(&router()), router());
    }

    #[test]
    fn compat_receives_send_time_and_stream_ids_only() {
        let caps = HeaderExtensionProfile::Compat.apply(&router());
        for extension in &caps.header_extensions {
            let expected = match extension.uri.as_str() {
                uri::ABS_SEND_TIME => SendRecv,
                uri::RTP_STREAM_ID | uri::REPAIRED_RTP_STREAM_ID => RecvOnly,
                _ => SendOnly,
            };
            assert_eq!(extension.direction, expected, "{}", extension.uri);
        }
    }

    #[test]
    fn compat_leaves_out_what_could_only_be_received() {
        let caps = HeaderExtensionProfile::Compat.apply(&router());
        assert_eq!(
            direction(&caps, MediaKind::Audio, uri::TRANSPORT_WIDE_CC),
            None
        );
        assert_eq!(
            direction(&caps, MediaKind::Video, uri::DEPENDENCY_DESCRIPTOR),
            None
        );
        assert_eq!(
            direction(&caps, MediaKind::Video, uri::TRANSPORT_WIDE_CC),
            Some(SendOnly)
        );
    }

    #[test]
    fn both_profiles_send_the_same_and_keep_the_ids() {
        let sent = |caps: RtpCapabilities| {
            let mut caps = caps.header_extensions;
            caps.retain(sends);
            caps.into_iter()
                .map(|e| (e.kind, e.uri, e.preferred_id))
                .collect::<Vec<_>>()
        };
        let compat = HeaderExtensionProfile::Compat.apply(&router());
        assert_eq!(sent(compat), sent(router()));
    }

    #[test]
    fn profiles_are_named_in_lower_case_in_configuration() {
        let profile: HeaderExtensionProfile = serde_json::from_str("\"compat\"").unwrap();
        assert_eq!(profile, HeaderExtensionProfile::default());
        assert!(serde_json::from_str::<HeaderExtensionProfile>("\"Full\"").is_err());
    }

    #[test]
    fn the_router_lists_each_extension_once_by_id() {
        let list = router_header_extensions(&router());
        let ids: Vec<u8> = list.iter().map(|e| e.id).collect();
        assert_eq!(ids, (1..=11).collect::<Vec<_>>());
        assert_eq!(list[0].uri, uri::MID);
        assert_eq!(list[4].uri, uri::TRANSPORT_WIDE_CC);
    }

    #[test]
    fn the_list_is_the_same_under_both_profiles_for_what_compat_keeps() {
        let full = router_header_extensions(&router());
        let compat = HeaderExtensionProfile::Compat.apply(&router());
        assert!(
            router_header_extensions(&compat)
                .iter()
                .all(|e| full.contains(e))
        );
    }
}
