//! Socket.IO events of every dialect: `["name", argument, …]`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use miso::signaling::dialect::{self, B, C, Dialect, NATIVE};
use miso::signaling::request::Payload;
use serde_json::Value;

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
    let _ = dialect::detect(name, &payload);
    let _ = dialect::pinned(name);
    for spoken in [NATIVE, B, C] {
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
            let answer = dialect::encode_error(&error);
            assert!(answer.get("error").is_some_and(Value::is_string));
        }
    }
}
