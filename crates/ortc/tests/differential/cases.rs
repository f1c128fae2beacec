//! Questions that are not generated: recorded browsers, and one case for each rare difference.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::Case;

/// What the fixtures hold, flattened; for the generator to start from.
pub(crate) struct Recorded {
    pub(crate) parameters: Vec<Value>,
    pub(crate) capabilities: Vec<Value>,
}

pub(crate) static RECORDED: LazyLock<Recorded> = LazyLock::new(|| {
    let sessions = || BROWSERS.iter().flat_map(|(_, text)| sessions(text));
    let natives = BROWSERS
        .iter()
        .map(|(_, text)| fixture(text)["native"]["receive"].clone());
    Recorded {
        parameters: sessions()
            .flat_map(|s| produced(&s))
            .map(|(_, _, p)| p)
            .collect(),
        capabilities: sessions()
            .map(|s| s["rtpCapabilities"].clone())
            .chain(natives)
            .collect(),
    }
});

/// Every recorded producer towards every recorded client of every browser, in a default router.
pub(crate) fn recorded() -> Vec<Case> {
    let mut cases = vec![Case::new("supported", json!({"ask": "supported"}))];
    for (browser, text) in BROWSERS {
        for (index, session) in sessions(text).iter().enumerate() {
            let name = format!("{browser} session {index}");
            let caps = &session["rtpCapabilities"];
            cases.push(Case::new(
                &name,
                json!({"ask": "capabilities", "value": caps}),
            ));
            for (what, kind, parameters) in produced(session) {
                let name = format!("{name} {what}");
                cases.push(Case::new(
                    &name,
                    json!({"ask": "parameters", "value": parameters}),
                ));
                cases.extend(
                    RECORDED
                        .capabilities
                        .iter()
                        .enumerate()
                        .map(|(client, caps)| {
                            let name = format!("{name} to client {client}");
                            Case::new(name, session_question(&kind, &parameters, caps))
                        }),
                );
            }
        }
        let native = fixture(text)["native"].clone();
        for direction in ["send", "receive"] {
            let question = json!({"ask": "capabilities", "value": native[direction]});
            cases.push(Case::new(format!("{browser} native {direction}"), question));
        }
    }
    cases
}

/// One case for each difference that the generator does not meet by itself.
pub(crate) fn directed() -> Vec<Case> {
    let opus = &json!({"codecs": [{"mimeType": "audio/opus", "payloadType": 111,
                                   "clockRate": 48000, "channels": 2}],
                       "encodings": [{"ssrc": 1}]});
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = opus.clone();
        change(&mut value);
        json!({"ask": "parameters", "value": value})
    };
    let caps = &RECORDED.capabilities[0];
    let mut wrong_kind = session_question("video", opus, caps);
    wrong_kind["kind"] = json!("video");
    let mut zero_draws = session_question("audio", opus, caps);
    zero_draws["draws"] = json!([0, 0, 0, 0, 0]);
    let h264 = |level: &str| {
        json!({"mimeType": "video/H264", "clockRate": 90000, "payloadType": 100, "kind": "video",
               "parameters": {"profile-level-id": level}})
    };
    let parameters = json!({"codecs": [h264("42e01f")]});
    let mut level_1b = session_question("video", &parameters, caps);
    level_1b["mediaCodecs"] = json!([h264("42f00b")]);
    vec![
        Case::new("level 1b", level_1b),
        Case::new("wrong kind", wrong_kind),
        Case::new("SSRC 0", zero_draws),
        Case::new(
            "nine encodings",
            with(&|v| {
                v["encodings"] = (1..=9).map(|ssrc| json!({"ssrc": ssrc})).collect();
            }),
        ),
        Case::new(
            "fractional bitrate",
            with(&|v| {
                v["encodings"][0]["maxBitrate"] = json!(330_000.000_000_000_06);
            }),
        ),
        Case::new(
            "anonymous encodings",
            with(&|v| v["encodings"] = json!([{}, {}])),
        ),
        Case::new(
            "one id, two extensions",
            with(&|v| {
                v["headerExtensions"] = json!([{"uri": "a", "id": 1}, {"uri": "b", "id": 1}]);
            }),
        ),
        Case::new(
            "payload type above 127",
            with(&|v| v["codecs"][0]["payloadType"] = json!(200)),
        ),
        Case::new("empty rid", with(&|v| v["encodings"][0]["rid"] = json!(""))),
    ]
}

fn session_question(kind: &str, parameters: &Value, caps: &Value) -> Value {
    json!({
        "ask": "session",
        "mediaCodecs": ortc::default_media_codecs(),
        "kind": kind,
        "rtpParameters": parameters,
        "rtpCapabilities": caps,
        "pipe": false,
        "enableRtx": kind == "video",
        "draws": [100_000_000, 200_000_000, 300_000_000, 400_000_000, 500_000_000],
    })
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn sessions(text: &str) -> Vec<Value> {
    fixture(text)["sessions"].as_array().unwrap().clone()
}

/// `(what, kind, rtpParameters)` of all that a session produced, alone and in a call.
fn produced(session: &Value) -> Vec<(String, String, Value)> {
    let alone = session["produced"].as_array().unwrap().iter();
    let call = session["call"]["produced"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("call").to_owned();
    alone
        .chain(call)
        .filter(|each| each.get("rtpParameters").is_some())
        .map(|each| {
            (
                text(&each["name"]),
                text(&each["kind"]),
                each["rtpParameters"].clone(),
            )
        })
        .collect()
}

const BROWSERS: &[(&str, &str)] = &[
    ("chromium", include_str!("../fixtures/chromium.json")),
    ("firefox", include_str!("../fixtures/firefox.json")),
    ("safari", include_str!("../fixtures/safari.json")),
];
