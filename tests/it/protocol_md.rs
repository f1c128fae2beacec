//! `protocol.md` against the native dialect: its tables and examples cannot lie.

use std::collections::BTreeSet;

use miso::{
    error::{ApiError, ErrorCode},
    signaling::{
        dialect::{self, Ack, NATIVE, native},
        request::{
            ConsumerEntry, Notification, Payload, PeerEntry, ProducerEntry, Reply, Request, Resume,
            Score, TransportOptions,
        },
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::page::{examples, page, section, table, word};

/// `{a, b?}` as names and whether each may be absent; `–` has none.
fn members(cell: &str) -> Vec<(&str, bool)> {
    let inner = word(cell).trim_start_matches('{').trim_end_matches('}');
    let names = inner.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty() && *name != "–")
        .map(|name| (name.trim_end_matches('?'), name.ends_with('?')))
        .collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn names<'a>(members: &[(&'a str, bool)]) -> BTreeSet<&'a str> {
    members.iter().map(|(name, _)| *name).collect()
}

fn decode(event: &str, payload: Value) -> Result<Request, ApiError> {
    (NATIVE.event(event).unwrap().decode)(&Payload::new(vec![payload]))
}

#[test]
fn error_words_are_those_of_the_server() {
    let page = page();
    let rows = table(&page, "## Errors");
    let written: Vec<_> = rows.iter().map(|row| word(row[0])).collect();
    let words: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(written, words);
}

#[test]
fn the_error_example_is_what_is_sent() {
    let page = page();
    let text = section(&page, "## Errors")
        .split("```json\n")
        .nth(1)
        .unwrap();
    let written: Value = serde_json::from_str(text.split("```").next().unwrap()).unwrap();
    let error = ApiError::new(ErrorCode::NotFound, "transport not found");
    assert_eq!(written, dialect::answer::failure(&error));
}

#[test]
fn every_event_is_written_down_in_order() {
    let page = page();
    let rows = table(&page, "## Events");
    let written: Vec<_> = rows.iter().map(|row| word(row[0])).collect();
    let known = NATIVE.events.iter().map(|event| event.name);
    let known: Vec<_> = known.filter(|name| !name.starts_with("fault-")).collect();
    assert_eq!(written, known);
}

#[test]
fn errors_named_for_an_event_are_its_own() {
    let page = page();
    for (row, ask) in table(&page, "## Events").iter().zip(&native::ASKS) {
        let written = row[3].split(' ').filter(|error| *error != "–").map(word);
        let known = ask.errors.iter().map(|code| code.as_str());
        assert!(written.eq(known), "{}: {}", ask.name, row[3]);
    }
}

#[test]
fn errors_of_every_event_are_named_once() {
    let page = page();
    let events = section(&page, "## Errors");
    let sentence = events.split("Any event may be answered ").nth(1).unwrap();
    let common = sentence.split(", and any but").next().unwrap();
    let written = common
        .split([' ', ','])
        .filter(|part| part.starts_with('`'));
    let known = native::contract::COMMON.iter().map(|code| code.as_str());
    assert!(written.map(word).eq(known), "{common}");
}

#[test]
fn payloads_are_as_written() {
    let page = page();
    for row in table(&page, "## Events") {
        let (event, written) = (word(row[0]), members(row[1]));
        if written.is_empty() {
            assert!(
                (NATIVE.event(event).unwrap().decode)(&Payload::default()).is_ok(),
                "{event}"
            );
            continue;
        }
        let example = examples(&page, event).remove(0);
        assert_eq!(
            keys(&example),
            names(&written),
            "{event}: the example has every member"
        );
        decode(event, example.clone()).unwrap_or_else(|error| panic!("{event}: {error}"));
        for (name, optional) in written {
            let mut without = example.clone();
            without.as_object_mut().unwrap().remove(name);
            let result = decode(event, without);
            assert_eq!(
                result.is_ok(),
                optional,
                "{event} without {name}: {result:?}"
            );
        }
    }
}

#[test]
fn acknowledgements_are_as_written() {
    let page = page();
    for row in table(&page, "## Events") {
        let event = word(row[0]);
        let Ack::One(sent) = (NATIVE.encode)(reply(event)).ack else {
            panic!("{event}: one argument")
        };
        let example = examples(&page, event).pop().unwrap();
        assert_eq!(keys(&sent), names(&members(row[2])), "{event}: table");
        assert_same_shape(&example, &sent, event);
    }
}

#[test]
fn notifications_are_as_written() {
    let page = page();
    let rows = table(&page, "## Notifications");
    let written: Vec<_> = rows.iter().map(|row| word(row[0])).collect();
    let known: Vec<_> = native::NOTICES.iter().map(|notice| notice.name).collect();
    assert_eq!(written, known);
    for row in rows {
        let event = word(row[0]);
        let sent = (NATIVE.notify)("peer", notification(event));
        let [(name, payload)] = sent.as_slice() else {
            panic!("{event}: {sent:?}")
        };
        assert_eq!(*name, event);
        assert_eq!(keys(payload), names(&members(row[1])), "{event}: table");
        assert_same_shape(&examples(&page, event).remove(0), payload, event);
    }
}

/// Same members at every level the two have in common; lists are compared by their first entries.
fn assert_same_shape(written: &Value, sent: &Value, place: &str) {
    match (written, sent) {
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(keys(written), keys(sent), "{place}");
            for (key, value) in a.iter().filter(|(key, _)| *key != "appData") {
                assert_same_shape(value, &b[key], &format!("{place}.{key}"));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if let (Some(a), Some(b)) = (a.first(), b.first()) {
                assert_same_shape(a, b, &format!("{place}[]"));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (a, b) => assert_eq!(
            std::mem::discriminant(a),
            std::mem::discriminant(b),
            "{place}: {a} and {b}"
        ),
    }
}

fn producer() -> ProducerEntry {
    ProducerEntry {
        producer: Uuid::new_v4(),
        peer: "peer".into(),
        peer_name: Some("Ann".into()),
        display: false,
        kind: ortc::types::MediaKind::Audio,
        app_data: r#"{"source":"microphone"}"#.into(),
        paused: false,
    }
}

fn ice_parameters() -> ortc::types::IceParameters {
    serde_json::from_value(json!({
        "usernameFragment": "u", "password": "p", "iceLite": true,
    }))
    .unwrap()
}

fn other() -> PeerEntry {
    PeerEntry {
        peer: "other".into(),
        display_name: Some("Bob".into()),
        sends: true,
        producers: vec![producer()],
    }
}

fn reply(event: &str) -> Reply {
    match event {
        "joinRoom" => Reply::Joined {
            rtp_capabilities: Default::default(),
            peer: "peer".into(),
            room: "room".into(),
            peers: vec![other()],
            more_peers: Some(50),
            resume: Resume {
                token: Some("token".into()),
                ..Resume::default()
            },
        },
        "getPeers" => Reply::MorePeers {
            peers: vec![other()],
            more_peers: None,
        },
        "leaveRoom" => Reply::Left,
        "createWebRtcTransport" => Reply::Transport(
            transport(),
            vec!["turn:turn.example.org,user,password".parse().unwrap()],
        ),
        "transport-connect" | "transport-recv-connect" => Reply::Connected,
        "restart-ice" => Reply::IceParameters(ice_parameters()),
        "transport-produce" => Reply::Produced {
            id: Uuid::new_v4(),
            producers_exist: true,
            peer_name: None,
        },
        "producer-close" | "consumer-close" => Reply::Closed,
        "producer-pause" | "consumer-pause" => Reply::Paused,
        "producer-resume" | "consumer-resume" => Reply::Resumed,
        "getProducers" => Reply::Producers(vec![producer()]),
        "consume" => Reply::Consumer(Box::new(consumer())),
        "consumer-set-preferred-layers" | "consumer-request-key-frame" => Reply::Done,
        "get-stats" => Reply::Stats(json!(media::TransportStats::default())),
        other => panic!("no reply known for {other}"),
    }
}

fn transport() -> TransportOptions {
    TransportOptions {
        id: Uuid::new_v4(),
        ice_parameters: ice_parameters(),
        ice_candidates: serde_json::from_value(json!([{
            "foundation": "udpcandidate", "priority": 1, "ip": "192.0.2.7",
            "address": "192.0.2.7", "protocol": "udp", "port": 44400, "type": "host",
        }]))
        .unwrap(),
        dtls_parameters: serde_json::from_value(json!({
            "role": "auto", "fingerprints": [{ "algorithm": "sha-256", "value": "4A" }],
        }))
        .unwrap(),
    }
}

fn consumer() -> ConsumerEntry {
    let rtp_parameters = json!({
        "mid": "0",
        "codecs": [{
            "mimeType": "audio/opus", "payloadType": 100, "clockRate": 48000, "channels": 2,
        }],
        "encodings": [{ "ssrc": 1 }],
        "rtcp": { "cname": "c" },
    });
    ConsumerEntry {
        id: Uuid::new_v4(),
        producer: producer(),
        rtp_parameters: serde_json::from_value(rtp_parameters).unwrap(),
        rtp_type: ortc::types::RtpType::Simple,
    }
}

/// One of each, by its name in the native dialect.
pub(crate) fn notification(event: &str) -> Notification {
    let (producer_id, peer) = (Uuid::new_v4(), "peer".to_owned());
    match event {
        "connection-success" => Notification::Welcome {
            socket: peer,
            producer_exists: false,
        },
        "new-peer" => Notification::NewPeer {
            peer,
            display_name: Some("Bob".into()),
        },
        "peer-left" => Notification::PeerLeft {
            peer,
            display_name: None,
        },
        "new-producer" => Notification::NewProducer(producer()),
        "producer-closed" => Notification::ProducerClosed {
            producer: producer_id,
            peer,
            kind: ortc::types::MediaKind::Audio,
            display: false,
            consumers: vec![Uuid::new_v4()],
            reason: "peer-left",
        },
        "producer-paused" | "producer-resumed" => Notification::ProducerPaused {
            producer: producer_id,
            peer,
            paused: event == "producer-paused",
        },
        "consumer-layers-changed" => Notification::ConsumerLayersChanged {
            consumer: producer_id,
            layers: Some((2, None)),
        },
        "producer-score" => Notification::ProducerScore {
            producer: producer_id,
            scores: vec![Score {
                encoding_idx: 0,
                ssrc: 1,
                rid: None,
                score: 10,
            }],
        },
        "transport-closed" => Notification::TransportClosed {
            transport: producer_id,
            reason: "consent-expired",
        },
        "notice" => Notification::Notice {
            message: "x".to_owned(),
        },
        "server-draining" => Notification::ServerDraining { seconds: 30 },
        "room-closed" => Notification::RoomClosed {
            reason: "worker-died",
        },
        other => panic!("no notification known for {other}"),
    }
}
