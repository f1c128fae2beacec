//! An offer: its transport, and its media sections in order.

use ortc::types::{DtlsFingerprint, DtlsParameters, DtlsRole};
use rtc_sdp::{MediaDescription, SessionDescription};

use super::{
    MAX_SECTIONS, SdpError, parse,
    section::{Section, value},
};

/// What a client offers.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::http) struct Offer {
    /// In the order the answer must have, too.
    pub(in crate::http) sections: Vec<Section>,
    /// Whether its sections are in a group.
    pub(super) bundled: bool,
    /// The client's certificate, and which side of the handshake it takes.
    pub(in crate::http) dtls_parameters: DtlsParameters,
    /// Its ICE user name, which fragments repeat (RFC 8840 §4.4).
    pub(in crate::http) username_fragment: String,
}

impl Offer {
    /// Reads an offer.
    pub(in crate::http) fn parse(text: &str) -> Result<Self, SdpError> {
        let description = parse(text)?;
        let media = &description.media_descriptions;
        let first = media.first().ok_or(SdpError::NoSection)?;
        if media.len() > MAX_SECTIONS {
            return Err(SdpError::TooManySections);
        }
        let sections: Vec<Section> = media
            .iter()
            .enumerate()
            .map(|(index, media)| Section::new(&description, media, index))
            .collect::<Result<_, _>>()?;
        let bundled = check_bundle(&description, &sections)?;
        let username = attribute(&description, first, "ice-ufrag");
        if username.is_some_and(|name| name.len() > MAX_USERNAME_LENGTH) {
            return Err(SdpError::Invalid("ice-ufrag"));
        }
        attribute(&description, first, "ice-pwd").ok_or(SdpError::Missing("ice-pwd"))?;
        Ok(Self {
            dtls_parameters: dtls_parameters(&description, first)?,
            username_fragment: username.ok_or(SdpError::Missing("ice-ufrag"))?.to_owned(),
            sections,
            bundled,
        })
    }
}

impl Offer {
    /// Of the section whose transport all share, in a fragment.
    pub(in crate::http) fn head(&self) -> String {
        let mut sections = self.sections.iter();
        let first = sections.find(|section| section.track.is_some());
        first.map(Section::head).unwrap_or_default()
    }
}

/// RFC 8839 §5.4.
const MAX_USERNAME_LENGTH: usize = 256;

/// All accepted sections share the first one's transport. Whether it says so.
fn check_bundle(description: &SessionDescription, sections: &[Section]) -> Result<bool, SdpError> {
    let groups = description.attributes.iter();
    let groups = groups.filter(|attribute| attribute.key == "group");
    let group = groups
        .filter_map(|attribute| attribute.value.as_deref()?.strip_prefix("BUNDLE"))
        .next();
    let mids: Vec<_> = group.unwrap_or_default().split_whitespace().collect();
    let used = sections.iter().filter(|section| section.track.is_some());
    let alone = used.clone().count() <= 1;
    let bundled = |section: &Section| mids.contains(&section.mid.as_str());
    if alone || used.clone().all(bundled) {
        return Ok(group.is_some());
    }
    Err(SdpError::NotBundled)
}

fn dtls_parameters(
    description: &SessionDescription,
    first: &MediaDescription,
) -> Result<DtlsParameters, SdpError> {
    // Whoever leaves the choice to us connects: an answer picks `passive` (RFC 8842 §5.3).
    let role = match attribute(description, first, "setup").unwrap_or("actpass") {
        "actpass" | "active" => DtlsRole::Client,
        "passive" => DtlsRole::Server,
        _ => return Err(SdpError::Invalid("setup")),
    };
    let of_media = first.attributes.iter();
    let all = of_media.chain(&description.attributes);
    let all = all.filter(|attribute| attribute.key == "fingerprint");
    let fingerprint = |text: &str| {
        let (algorithm, value) = text.split_once(' ')?;
        Some(DtlsFingerprint {
            algorithm: algorithm.to_ascii_lowercase(),
            value: value.trim().to_ascii_uppercase(),
        })
    };
    let fingerprints: Vec<_> = all
        .filter_map(|attribute| fingerprint(attribute.value.as_deref()?))
        .take(8)
        .collect();
    if fingerprints.is_empty() {
        return Err(SdpError::Missing("fingerprint"));
    }
    Ok(DtlsParameters { role, fingerprints })
}

/// A media section's attribute, else the session's.
fn attribute<'a>(
    description: &'a SessionDescription,
    media: &'a MediaDescription,
    name: &str,
) -> Option<&'a str> {
    let of_session = || description.attribute(name).map(String::as_str);
    value(media, name).or_else(of_session)
}
