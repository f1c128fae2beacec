//! What a client says of its streams, as JSON, through the whole negotiation.
//!
//! The input is an RtpParameters or RtpCapabilities object, or an array of one of each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ortc::types::{DtlsParameters, MediaKind, RtpCapabilities, RtpParameters};
use ortc::{ConsumerRtpParametersOptions, HeaderExtensionProfile};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let (sent, received) = match value {
        Value::Array(mut pair) if pair.len() == 2 => (pair.remove(0), pair.remove(0)),
        one => (one.clone(), one),
    };
    if let Ok(parameters) = serde_json::from_value::<DtlsParameters>(sent.clone()) {
        let _ = ortc::validate_dtls_parameters(&parameters);
    }
    let remote = serde_json::from_value::<RtpCapabilities>(received).ok();
    let remote = remote.and_then(|mut remote| {
        let valid = ortc::validate_rtp_capabilities(&mut remote).is_ok();
        if valid {
            let _ = ortc::router_rtp_capabilities(&remote.codecs);
        }
        valid.then_some(remote)
    });
    if let Ok(parameters) = serde_json::from_value::<RtpParameters>(sent) {
        for kind in [MediaKind::Audio, MediaKind::Video] {
            negotiate(kind, parameters.clone(), remote.as_ref());
        }
    }
});

fn negotiate(kind: MediaKind, mut parameters: RtpParameters, remote: Option<&RtpCapabilities>) {
    let codecs = ortc::default_media_codecs();
    let router = ortc::router_rtp_capabilities(&codecs).expect("the defaults are valid");
    if ortc::validate_producer_rtp_parameters(kind, &mut parameters).is_err() {
        return;
    }
    let _ = ortc::rtp_type(&parameters);
    let mut next = 0u32;
    let mut random = || {
        next = next.wrapping_add(0x7FFF_FFFF);
        next
    };
    let mapping = ortc::producer_rtp_parameters_mapping(&parameters, &router, &mut random);
    let Ok(mapping) = mapping else { return };
    let consumable = ortc::consumable_rtp_parameters(kind, &parameters, &router, &mapping)
        .expect("the mapping is that of the parameters");
    let _ = ortc::pipe_consumer_rtp_parameters(&consumable, true, &mut random);
    for profile in [HeaderExtensionProfile::Full, HeaderExtensionProfile::Compat] {
        let own = profile.apply(&router);
        for remote in remote.into_iter().chain([&own]) {
            let can = ortc::can_consume(&consumable, remote);
            for (pipe, enable_rtx) in [(false, true), (true, true), (false, false)] {
                let options = ConsumerRtpParametersOptions { pipe, enable_rtx };
                let result =
                    ortc::consumer_rtp_parameters(&consumable, remote, options, &mut random);
                assert_eq!(can, result.is_ok(), "can_consume lied");
            }
        }
    }
}
