//! What travels between routers.

use ortc::pipe_consumer_rtp_parameters;
use ortc::types::{MediaKind, uri};

use crate::support::{consumable, draws, opus, simulcast};

#[test]
fn everything_travels_but_bandwidth_estimation_and_mid() {
    let consumable = consumable(MediaKind::Video, &simulcast());
    let piped = pipe_consumer_rtp_parameters(&consumable, false, &mut draws());
    assert_eq!(piped.encodings.len(), 3);
    let uris: Vec<_> = piped
        .header_extensions
        .iter()
        .map(|e| e.uri.as_str())
        .collect();
    for absent in [uri::MID, uri::ABS_SEND_TIME, uri::TRANSPORT_WIDE_CC] {
        assert!(!uris.contains(&absent), "{absent}");
    }
    assert!(
        uris.contains(&uri::DEPENDENCY_DESCRIPTOR),
        "the next router selects layers by it"
    );
    assert!(piped.header_extensions.is_sorted_by_key(|e| e.id));
}

#[test]
fn a_lossless_link_needs_no_repair() {
    let consumable = consumable(MediaKind::Video, &simulcast());
    let piped = pipe_consumer_rtp_parameters(&consumable, false, &mut draws());
    assert_eq!(piped.codecs.len(), 1);
    let kinds: Vec<_> = piped.codecs[0]
        .rtcp_feedback
        .iter()
        .map(|f| f.parameter.as_str())
        .collect();
    assert_eq!(kinds, ["pli", "fir"]);
    assert!(piped.encodings.iter().all(|e| e.rtx.is_none()));
}

#[test]
fn a_lossy_link_has_rtx_and_nack() {
    let consumable = consumable(MediaKind::Video, &simulcast());
    let piped = pipe_consumer_rtp_parameters(&consumable, true, &mut draws());
    assert_eq!(piped.codecs.len(), 2);
    assert_eq!(piped.codecs[0].rtcp_feedback.len(), 3);
    let rtx: Vec<_> = piped
        .encodings
        .iter()
        .filter_map(|e| e.rtx.map(|rtx| rtx.ssrc))
        .collect();
    assert_eq!(rtx, [2000, 2001, 2002]);
}

#[test]
fn a_piped_consumer_is_a_valid_producer_of_the_next_router() {
    for (kind, value) in [(MediaKind::Audio, opus()), (MediaKind::Video, simulcast())] {
        let consumable = consumable(kind, &value);
        let mut piped = pipe_consumer_rtp_parameters(&consumable, true, &mut draws());
        ortc::validate_producer_rtp_parameters(kind, &mut piped).unwrap();
        let router = crate::support::router();
        ortc::producer_rtp_parameters_mapping(&piped, &router, &mut draws()).unwrap();
    }
}
