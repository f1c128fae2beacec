//! Makes questions from a seed: a router's codecs, a producer, a client; most of them honest, some
//! spoilt in one place.

use serde_json::{Value, json};

use crate::cases::RECORDED;
use crate::random::Random;

/// Any question.
pub(crate) fn question(random: &mut Random) -> Value {
    match random.between(0, 99) {
        0..=69 => spoilt_session(random),
        70..=79 => spoilt(random, "capabilities"),
        80..=91 => spoilt(random, "parameters"),
        92..=95 => sctp(random),
        _ => json!({"ask": "scalabilityMode", "value": scalability_mode(random)}),
    }
}

/// A session as an honest server and an honest client would have it.
pub(crate) fn honest_session(random: &mut Random) -> Value {
    let (codecs, rtp_parameters) = if random.chance(20) {
        let codecs = ortc::default_media_codecs()
            .into_iter()
            .map(|codec| json!(codec));
        (codecs.collect(), random.pick(&RECORDED.parameters).clone())
    } else {
        let codecs = media_codecs(random);
        let kind = match codecs.as_slice() {
            [] => "video",
            some => {
                if random.pick(some)["kind"] == "audio" {
                    "audio"
                } else {
                    "video"
                }
            }
        };
        let parameters = rtp_parameters(random, &codecs, kind);
        (codecs, parameters)
    };
    let kind = "video";
    let kind = kind_of(&rtp_parameters).unwrap_or(kind);
    json!({
        "ask": "session",
        "mediaCodecs": codecs,
        "kind": kind,
        "rtpParameters": rtp_parameters,
        "rtpCapabilities": rtp_capabilities(random, &codecs),
        "pipe": random.chance(20),
        "enableRtx": random.chance(70),
        "draws": draws(random),
    })
}

fn kind_of(parameters: &Value) -> Option<&'static str> {
    let name = parameters["codecs"][0]["mimeType"].as_str()?;
    Some(if name.to_lowercase().starts_with("audio") {
        "audio"
    } else {
        "video"
    })
}

fn spoilt_session(random: &mut Random) -> Value {
    let mut question = honest_session(random);
    for part in ["mediaCodecs", "rtpParameters", "rtpCapabilities"] {
        if random.chance(15) {
            spoil(random, &mut question[part]);
        }
    }
    question
}

fn spoilt(random: &mut Random, ask: &str) -> Value {
    let codecs = media_codecs(random);
    let mut value = match (ask, random.chance(30)) {
        ("capabilities", true) => random.pick(&RECORDED.capabilities).clone(),
        ("capabilities", false) => rtp_capabilities(random, &codecs),
        (_, true) => random.pick(&RECORDED.parameters).clone(),
        (_, false) => rtp_parameters(random, &codecs, "video"),
    };
    if random.chance(70) {
        spoil(random, &mut value);
    }
    json!({"ask": ask, "value": value})
}

/// Far enough apart that no run of SSRCs meets another.
fn draws(random: &mut Random) -> Vec<u64> {
    (1..=8)
        .map(|n| n * 100_000_000 + random.between(0, 90_000_000))
        .collect()
}

/// What a server may be configured with.
fn media_codecs(random: &mut Random) -> Vec<Value> {
    let mut codecs = random.some_of(&media_codec_templates(), 35);
    // What only one side knows, or counts otherwise, ends a session early: rarely.
    codecs.retain(|codec| !is_contentious(codec) || random.chance(8));
    random.shuffle(&mut codecs);
    let mut payload_types: Vec<u64> = (96..=127).collect();
    random.shuffle(&mut payload_types);
    for codec in &mut codecs {
        if random.chance(15) {
            codec["preferredPayloadType"] = json!(payload_types.pop());
        }
        if random.chance(10) {
            let upper = codec["mimeType"].as_str().unwrap().to_uppercase();
            codec["mimeType"] = json!(upper);
        }
        if random.chance(20) {
            codec["parameters"]["x-google-start-bitrate"] = json!(1000);
        }
    }
    codecs
}

fn is_contentious(codec: &Value) -> bool {
    let name = codec["mimeType"].as_str().unwrap();
    ["audio/red", "video/H265"].contains(&name)
        || codec["parameters"]["profile-level-id"] == "42f00b"
}

fn media_codec_templates() -> Vec<Value> {
    let audio = |name: &str, rate: u32, channels: u8| {
        json!({"kind": "audio", "mimeType": format!("audio/{name}"), "clockRate": rate,
               "channels": channels, "parameters": {}})
    };
    let video = |name: &str, parameters: Value| {
        json!({"kind": "video", "mimeType": format!("video/{name}"), "clockRate": 90000,
               "parameters": parameters})
    };
    let h264 = |mode: u8, id: &str| {
        video(
            "H264",
            json!({"packetization-mode": mode, "profile-level-id": id,
                             "level-asymmetry-allowed": 1}),
        )
    };
    vec![
        audio("opus", 48000, 2),
        json!({"kind": "audio", "mimeType": "audio/multiopus", "clockRate": 48000, "channels": 6,
               "parameters": {"channel_mapping": "0,4,1,2,3,5", "num_streams": 4,
                              "coupled_streams": 2}}),
        json!({"kind": "audio", "mimeType": "audio/PCMU", "clockRate": 8000}),
        audio("G722", 8000, 1),
        audio("telephone-event", 8000, 1),
        audio("red", 48000, 2),
        video("VP8", json!({})),
        video("VP9", json!({"profile-id": 0})),
        video("VP9", json!({"profile-id": 2})),
        h264(1, "42e01f"),
        h264(0, "42e01f"),
        h264(1, "4d0032"),
        h264(1, "640c34"),
        video(
            "H264",
            json!({"packetization-mode": 1, "profile-level-id": "42f00b"}),
        ),
        video("H264", json!({})),
        video("H265", json!({"profile-id": "1", "tier-flag": "0"})),
        video("AV1", json!({})),
    ]
}

const FEEDBACK: &[(&str, &str)] = &[
    ("nack", ""),
    ("nack", "pli"),
    ("ccm", "fir"),
    ("goog-remb", ""),
    ("transport-cc", ""),
    ("rrtr", ""),
];

fn rtcp_feedback(random: &mut Random) -> Vec<Value> {
    let mut list = random.some_of(FEEDBACK, 75);
    random.shuffle(&mut list);
    let bare = random.chance(30);
    list.into_iter()
        .map(|(kind, parameter)| match parameter {
            "" if bare => json!({"type": kind}),
            _ => json!({"type": kind, "parameter": parameter}),
        })
        .collect()
}

/// What a client sends: one or two of the router's codecs under its own payload types.
fn rtp_parameters(random: &mut Random, media_codecs: &[Value], kind: &str) -> Value {
    let of_kind = |codec: &&Value| codec["kind"] == kind;
    let mut chosen: Vec<Value> = media_codecs.iter().filter(of_kind).cloned().collect();
    random.shuffle(&mut chosen);
    chosen.truncate(random.between(1, 2) as usize);
    if chosen.is_empty() || random.chance(5) {
        let templates = media_codec_templates();
        chosen = vec![templates.iter().find(of_kind).unwrap().clone()];
    }
    let mut payload_types: Vec<u64> = (96..=127).collect();
    random.shuffle(&mut payload_types);
    let mut codecs = Vec::new();
    for codec in chosen {
        let payload_type = payload_types.pop().unwrap();
        codecs.push(codec_in_use(random, codec, payload_type));
        if kind == "video" && random.chance(70) {
            codecs.push(
                json!({"mimeType": "video/rtx", "payloadType": payload_types.pop(),
                               "clockRate": 90000, "parameters": {"apt": payload_type}}),
            );
        }
    }
    let mut parameters = json!({
        "codecs": codecs,
        "headerExtensions": header_extensions_in_use(random),
        "encodings": encodings(random, kind),
        "rtcp": {"cname": "cn", "reducedSize": random.chance(80)},
    });
    for (name, value) in [("mid", "0"), ("msid", "stream track")] {
        if random.chance(60) {
            parameters[name] = json!(value);
        }
    }
    parameters
}

fn codec_in_use(random: &mut Random, mut codec: Value, payload_type: u64) -> Value {
    let members = codec.as_object_mut().unwrap();
    members.remove("kind");
    members.remove("preferredPayloadType");
    codec["payloadType"] = json!(payload_type);
    codec["rtcpFeedback"] = json!(rtcp_feedback(random));
    if codec["parameters"].get("profile-level-id").is_some() && random.chance(20) {
        codec["parameters"]["profile-level-id"] = json!(profile_level_id(random));
    }
    if codec["parameters"].get("level-asymmetry-allowed").is_some() && random.chance(30) {
        codec["parameters"]["level-asymmetry-allowed"] = random
            .pick(&[json!(0), json!("1"), json!("0"), json!(1.0)])
            .clone();
    }
    if random.chance(4) {
        codec["parameters"]["profile-id"] = random.pick(&[json!(0), json!(2), json!("2")]).clone();
    }
    codec
}

fn profile_level_id(random: &mut Random) -> String {
    let profile = random.pick(&[
        "42e0", "42f0", "4200", "4d00", "4d80", "640c", "6400", "f400", "5880",
    ]);
    let level = random.pick(&["0a", "0b", "0c", "1e", "1f", "28", "32", "34", "ff"]);
    let id = format!("{profile}{level}");
    if random.chance(10) {
        id.to_uppercase()
    } else {
        id
    }
}

fn header_extensions_in_use(random: &mut Random) -> Vec<Value> {
    let mut ids: Vec<u64> = (1..=14).collect();
    random.shuffle(&mut ids);
    let supported = ortc::supported_rtp_capabilities().header_extensions;
    let mut uris: Vec<String> = supported
        .into_iter()
        .map(|extension| extension.uri)
        .collect();
    uris.dedup();
    let mut list = random.some_of(&uris, 40);
    list.sort();
    list.dedup();
    list.into_iter()
        .map(|uri| json!({"uri": uri, "id": ids.pop(), "encrypt": false}))
        .collect()
}

fn encodings(random: &mut Random, kind: &str) -> Vec<Value> {
    let count = if kind == "audio" {
        random.between(0, 1)
    } else {
        random.between(0, 4)
    };
    let by_rid = random.chance(50);
    let layers = random.chance(50).then(|| scalability_mode(random));
    (0..count)
        .map(|index| {
            let mut encoding = json!({"dtx": random.chance(20), "active": true});
            if by_rid {
                encoding["rid"] = json!(format!("r{index}"));
            } else {
                encoding["ssrc"] = json!(1000 + 2 * index);
                encoding["rtx"] = json!({"ssrc": 1001 + 2 * index});
            }
            if random.chance(50) {
                encoding["maxBitrate"] = json!(random.between(0, 3_000_000));
                encoding["scaleResolutionDownBy"] = json!(4 >> index);
            }
            match &layers {
                Some(mode) if count == 1 => encoding["scalabilityMode"] = json!(mode),
                Some(_) => encoding["scalabilityMode"] = json!("L1T3"),
                None => {}
            }
            encoding
        })
        .collect()
}

fn scalability_mode(random: &mut Random) -> String {
    const MODES: &[&str] = &[
        "L1T1",
        "L1T2",
        "L1T3",
        "S3T3",
        "L3T3_KEY",
        "L2T2_KEY_SHIFT",
        "L3T3h",
        "S2T1",
        "L10T10",
        "L100T1",
        "l3t3",
        "L0T1",
        "T3",
        "LxTx",
        "L3",
        "L3T",
        "L1T3 ",
        "_KEY",
    ];
    (*random.pick(MODES)).to_owned()
}

/// What a client receives: some of the router's codecs as the router numbers them, or a browser's.
fn rtp_capabilities(random: &mut Random, media_codecs: &[Value]) -> Value {
    if random.chance(15) {
        return random.pick(&RECORDED.capabilities).clone();
    }
    let mut codecs = Vec::new();
    let mut payload_type = 100;
    for codec in random.some_of(media_codecs, 80) {
        let mut codec = codec;
        codec["preferredPayloadType"] = json!(payload_type);
        codec["rtcpFeedback"] = json!(rtcp_feedback(random));
        let is_video = codec["kind"] == "video";
        codecs.push(codec);
        if is_video && random.chance(75) {
            codecs.push(
                json!({"kind": "video", "mimeType": "video/rtx", "clockRate": 90000,
                               "preferredPayloadType": payload_type + 1,
                               "parameters": {"apt": payload_type}, "rtcpFeedback": []}),
            );
        }
        payload_type += 2;
    }
    json!({"codecs": codecs, "headerExtensions": header_extensions(random)})
}

fn header_extensions(random: &mut Random) -> Vec<Value> {
    let supported = ortc::supported_rtp_capabilities().header_extensions;
    let mut list = random.some_of(&supported, 70);
    random.shuffle(&mut list);
    list.into_iter()
        .map(|extension| {
            let mut extension = json!(extension);
            if random.chance(10) {
                extension["preferredId"] = json!(random.between(1, 14));
            }
            if random.chance(20) {
                extension["kind"] = json!(random.pick(&["audio", "video"]));
            }
            extension
        })
        .collect()
}

fn sctp(random: &mut Random) -> Value {
    let mut value = json!({"streamId": random.between(0, 1023)});
    for name in ["maxPacketLifeTime", "maxRetransmits"] {
        if random.chance(40) {
            value[name] = json!(random.between(0, 3) * 100);
        }
    }
    if random.chance(50) {
        value["ordered"] = json!(random.chance(50));
    }
    json!({"ask": "sctp", "value": value})
}

/// Changes one or two places of a value to something no honest side would send.
fn spoil(random: &mut Random, value: &mut Value) {
    for _ in 0..random.between(1, 2) {
        let mut paths = Vec::new();
        places(value, "", &mut paths);
        let Some(path) = (!paths.is_empty()).then(|| random.pick(&paths).clone()) else {
            return;
        };
        spoil_at(random, value, &path);
    }
}

fn spoil_at(random: &mut Random, value: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap();
    match parent {
        Value::Object(members) if random.chance(25) => {
            members.remove(key);
        }
        Value::Array(list) if random.chance(60) => {
            let index: usize = key.parse().unwrap();
            let copy = list[index].clone();
            if random.chance(50) {
                list.push(copy);
            } else {
                list.remove(index);
            }
        }
        parent => {
            let odd = [
                json!(null),
                json!(""),
                json!(0),
                json!(-1),
                json!(1.5),
                json!(true),
                json!("x"),
                json!(200),
                json!(100),
                json!(1e10),
                json!({}),
                json!("x".repeat(2000)),
                json!("audio/opus"),
                json!("video/rtx"),
                json!("L3T3"),
                json!("r0"),
                json!(1000),
            ];
            let place = match parent {
                Value::Object(members) => &mut members[key],
                other => &mut other[key.parse::<usize>().unwrap()],
            };
            *place = random.pick(&odd).clone();
        }
    }
}

/// The paths of all members and entries, as JSON pointers.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            // Names with a slash would need escaping; none of ours has one.
            for (name, member) in members
                .iter()
                .filter(|(name, _)| !name.contains(['/', '~']))
            {
                found.push(format!("{path}/{name}"));
                places(member, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(list) => {
            for (index, entry) in list.iter().enumerate() {
                found.push(format!("{path}/{index}"));
                places(entry, &format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
