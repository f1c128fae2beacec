//! Socket.IO events of every dialect: `["name", argument, …]`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use miso::config::SignalingConfig;
use miso::signaling::dialect::{ALL, Ack, Answer, Dialect, Dialects, Hello, NATIVE};
use miso::signaling::request::Payload;
use serde_json::Value;

static DIALECTS: LazyLock<Dialects> =
    LazyLock::new(|| Dialects::new(&SignalingConfig::default()).expect("no setting is wrong"));

fuzz_target!(|input: &[u8]| {
    let Ok(Value::Array(mut values)) = serde_json::from_slice(input) else {
        return;
    };
    if values.is_empty() {
        return;
    }
    let name = values.remove(0);
    let payload = Payload::new(values);
    let name = name.as_str().unwrap_or("joinRoom");
    for (namespace, acknowledged) in [("/", true), ("/mediasoup", false)] {
        let start = DIALECTS.start("/socket.io/", namespace, name);
        for speaks in [start.dialect, NATIVE] {
            let _ = DIALECTS.detect(&Hello {
                namespace,
                event: name,
                payload: &payload,
                acknowledged,
                speaks,
            });
        }
    }
    for spoken in ALL {
        decode(spoken, name, &payload);
    }
});

fn decode(spoken: &Dialect, name: &str, payload: &Payload) {
    // An unknown name tries every decoder: the fuzzer need not find the names.
    let wanted = spoken.event(name).map(|event| event.name);
    for event in spoken.events {
        if wanted.is_some_and(|wanted| wanted != event.name) {
            continue;
        }
        if let Err(error) = (event.decode)(payload) {
            assert!(tells_the_error(&spoken.failure(event.name, &error)));
        }
    }
}

/// In the acknowledgement, or in an event where a dialect has none.
fn tells_the_error(answer: &Answer) -> bool {
    let has = |value: &Value| value.get("error").is_some_and(Value::is_string);
    let acknowledged = match &answer.ack {
        Ack::Empty => false,
        Ack::One(one) => has(one),
        Ack::Two(error, _) => has(error),
    };
    acknowledged || answer.told.iter().any(|(_, payload)| has(payload))
}
