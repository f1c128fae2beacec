//! A router, a producer and a client as most calls have them.

use serde_json::{Value, json};

use ortc::types::{MediaKind, RtpCapabilities, RtpMapping, RtpParameters};
use ortc::{default_media_codecs, router_rtp_capabilities};

/// The default router: opus 100, VP8 101 with RTX 102, and so on.
pub(crate) fn router() -> RtpCapabilities {
    router_rtp_capabilities(&default_media_codecs()).unwrap()
}

/// Capabilities of a client that receives all the router sends.
pub(crate) fn client() -> RtpCapabilities {
    router()
}

pub(crate) fn opus() -> Value {
    json!({
        "mid": "0",
        "codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000,
                    "channels": 2, "parameters": {"minptime": 10, "useinbandfec": 1},
                    "rtcpFeedback": [{"type": "transport-cc"}]}],
        "headerExtensions": [{"uri": ortc::types::uri::ABS_SEND_TIME, "id": 2}],
        "encodings": [{"ssrc": 11}],
        "rtcp": {"cname": "alice", "reducedSize": true},
        "msid": "stream track",
    })
}

pub(crate) fn vp8() -> Value {
    json!({
        "mid": "1",
        "codecs": [
            {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000},
            {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000,
             "parameters": {"apt": 96}},
        ],
        "encodings": [{"ssrc": 21, "rtx": {"ssrc": 22}}],
        "rtcp": {"cname": "alice"},
    })
}

/// VP8 in three streams named by RID.
pub(crate) fn simulcast() -> Value {
    let mut value = vp8();
    value["encodings"] = json!([
        {"rid": "r0", "scalabilityMode": "L1T3", "maxBitrate": 100_000},
        {"rid": "r1", "scalabilityMode": "L1T3", "maxBitrate": 900_000},
        {"rid": "r2", "scalabilityMode": "L1T3", "maxBitrate": 300_000},
    ]);
    value
}

pub(crate) fn parameters(value: &Value) -> RtpParameters {
    serde_json::from_value(value.clone()).unwrap()
}

/// Draws 1000, 2000, 3000…
pub(crate) fn draws() -> impl FnMut() -> u32 {
    let mut last = 0;
    move || {
        last += 1000;
        last
    }
}

/// A validated producer of the default router.
pub(crate) fn produced(kind: MediaKind, value: &Value) -> (RtpMapping, RtpParameters) {
    let mut parameters = parameters(value);
    ortc::validate_producer_rtp_parameters(kind, &mut parameters).unwrap();
    let mapping =
        ortc::producer_rtp_parameters_mapping(&parameters, &router(), &mut draws()).unwrap();
    let consumable =
        ortc::consumable_rtp_parameters(kind, &parameters, &router(), &mapping).unwrap();
    (mapping, consumable)
}

pub(crate) fn consumable(kind: MediaKind, value: &Value) -> RtpParameters {
    produced(kind, value).1
}
