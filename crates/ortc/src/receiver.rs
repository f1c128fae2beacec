//! Receivers that dictate payload types, as a session description does; mediasoup's own functions
//! leave the numbers to the router.

use crate::matching::same_codec_and_profile;
use crate::producer::apt;
use crate::types::{
    ParameterValue, RtpCapabilities, RtpCodecCapability, RtpCodecParameters, RtpParameters, is_rtx,
};

/// Whether a router with these capabilities knows a client's codec in its profile.
pub fn is_supported(router: &RtpCapabilities, codec: &RtpCodecCapability) -> bool {
    let mut known = router.codecs.iter();
    known.any(|known| same_codec_and_profile(known, codec))
}

/// Gives what a client receives the payload types it prefers, instead of the router's; returns each
/// of the router's with the client's. Retransmissions it has no payload type for are taken out.
pub fn use_receiver_payload_types(
    parameters: &mut RtpParameters,
    remote: &RtpCapabilities,
) -> Vec<(u8, u8)> {
    let media = parameters
        .codecs
        .iter()
        .filter(|one| !is_rtx(&one.mime_type));
    let mut renamed: Vec<_> = media
        .filter_map(|codec| Some((codec.payload_type, media_type(codec, remote)?)))
        .collect();
    let repairs = parameters
        .codecs
        .iter()
        .filter(|one| is_rtx(&one.mime_type));
    let repairs: Vec<_> = repairs
        .filter_map(|codec| {
            let repaired = apt(&codec.parameters)?;
            let (_, wanted) = renamed.iter().find(|(router, _)| *router == repaired)?;
            Some((codec.payload_type, repair_type(*wanted, remote)?))
        })
        .collect();
    if repairs.is_empty() {
        parameters
            .encodings
            .iter_mut()
            .for_each(|one| one.rtx = None);
    }
    renamed.extend(repairs);
    let new = |old: u8| renamed.iter().find(|(router, _)| *router == old);
    parameters.codecs.retain_mut(|codec| {
        let Some((_, number)) = new(codec.payload_type) else {
            return false;
        };
        codec.payload_type = *number;
        if let Some((_, repaired)) = apt(&codec.parameters).and_then(new) {
            let apt = ParameterValue::Integer((*repaired).into());
            codec.parameters.insert("apt".to_owned(), apt);
        }
        true
    });
    renamed
}

fn media_type(codec: &RtpCodecParameters, remote: &RtpCapabilities) -> Option<u8> {
    let mut known = remote.codecs.iter();
    let known = known.find(|known| same_codec_and_profile(*known, codec))?;
    known.preferred_payload_type
}

fn repair_type(repaired: u8, remote: &RtpCapabilities) -> Option<u8> {
    let mut known = remote.codecs.iter();
    let rtx = known.find(|one| is_rtx(&one.mime_type) && apt(&one.parameters) == Some(repaired))?;
    rtx.preferred_payload_type
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{MediaKind, RtpEncodingParameters, RtxEncoding};

    fn capability(name: &str, number: u8, apt: Option<u8>) -> RtpCodecCapability {
        let apt = apt.map(|apt| ("apt".to_owned(), ParameterValue::Integer(apt.into())));
        RtpCodecCapability {
            kind: MediaKind::Video,
            mime_type: format!("video/{name}"),
            preferred_payload_type: Some(number),
            clock_rate: 90_000,
            channels: None,
            parameters: apt.into_iter().collect(),
            rtcp_feedback: Vec::new(),
        }
    }

    fn parameters() -> RtpParameters {
        let codec = |known: RtpCodecCapability| RtpCodecParameters {
            mime_type: known.mime_type,
            payload_type: known.preferred_payload_type.unwrap(),
            clock_rate: known.clock_rate,
            channels: None,
            parameters: known.parameters,
            rtcp_feedback: Vec::new(),
        };
        RtpParameters {
            codecs: vec![
                codec(capability("VP8", 101, None)),
                codec(capability("rtx", 102, Some(101))),
            ],
            encodings: vec![RtpEncodingParameters {
                ssrc: Some(1),
                rtx: Some(RtxEncoding { ssrc: 2 }),
                ..RtpEncodingParameters::default()
            }],
            ..RtpParameters::default()
        }
    }

    fn remote(codecs: Vec<RtpCodecCapability>) -> RtpCapabilities {
        RtpCapabilities {
            codecs,
            header_extensions: Vec::new(),
        }
    }

    #[test]
    fn media_and_its_repair_get_the_receivers_numbers() {
        let mut parameters = parameters();
        let remote = remote(vec![
            capability("rtx", 111, Some(110)),
            capability("VP9", 98, None),
            capability("VP8", 96, None),
            capability("rtx", 97, Some(96)),
        ]);
        let renamed = use_receiver_payload_types(&mut parameters, &remote);
        assert_eq!(renamed, [(101, 96), (102, 97)]);
        let numbers: Vec<_> = parameters
            .codecs
            .iter()
            .map(|one| one.payload_type)
            .collect();
        assert_eq!(numbers, [96, 97]);
        assert_eq!(apt(&parameters.codecs[1].parameters), Some(96));
    }

    #[test]
    fn repairs_the_receiver_has_no_number_for_are_left_out() {
        let mut parameters = parameters();
        let remote = remote(vec![capability("VP8", 96, None)]);
        assert_eq!(
            use_receiver_payload_types(&mut parameters, &remote),
            [(101, 96)]
        );
        assert_eq!(parameters.codecs.len(), 1);
        assert_eq!(parameters.encodings[0].rtx, None);
    }

    #[test]
    fn a_codec_is_known_in_its_profile_only() {
        let router = remote(vec![capability("VP9", 101, None)]);
        let mut other = capability("VP9", 98, None);
        assert!(is_supported(&router, &other));
        let profile = ("profile-id".to_owned(), ParameterValue::Integer(2));
        other.parameters.extend([profile]);
        assert!(!is_supported(&router, &other));
    }
}
