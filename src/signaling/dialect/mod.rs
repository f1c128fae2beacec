//! Several frontends' words for the same verbs: data and shapes only, nothing here waits or
//! remembers. A frontend family is one file with one table; no other code asks which dialect a
//! socket speaks.

mod b;
mod c;
pub mod native;
mod shapes;
mod union;

use serde_json::{Value, json};

use crate::{
    error::ApiError,
    signaling::request::{Notification, Payload, Reply, Request},
};

/// Turns an event's arguments into a request.
pub type Decode = fn(&Payload) -> Result<Request, ApiError>;

/// One event a client may send.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub decode: Decode,
}

/// How one family of frontends speaks.
#[derive(Debug)]
pub struct Dialect {
    /// Its name, for logs.
    pub name: &'static str,
    /// What its clients may send.
    pub events: &'static [Event],
    /// The acknowledgement of a success.
    pub encode: fn(Reply) -> Value,
    /// What its clients are told: event and payload; nothing, when they know no word for it.
    pub notify: fn(Notification) -> Vec<(&'static str, Value)>,
    /// Whether its clients are offered every header extension.
    pub full_header_extensions: bool,
    /// Whether its clients hear of producers from their join on.
    pub hears_from_join: bool,
}

impl Dialect {
    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }
}

/// The dialect of our own client.
pub const NATIVE: &Dialect = &native::DIALECT;
/// mediasoup tutorials with rooms (`joinRoom`, `consumer`).
pub const C: &Dialect = &c::DIALECT;
/// mediasoup tutorials without rooms (`createRoom`, `sender`).
pub const B: &Dialect = &b::DIALECT;

/// The dialect a connection's query pins, if it does.
#[must_use]
pub fn pinned(query: &str) -> Option<&'static Dialect> {
    let wanted = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("dialect="));
    wanted.filter(|name| *name == NATIVE.name).map(|_| NATIVE)
}

/// The dialect of a socket that pins none, until an event tells; its answers suit both.
pub const UNKNOWN: &Dialect = C;

/// The dialect an event gives away, if it does.
#[must_use]
pub fn detect(event: &str, payload: &Payload) -> Option<&'static Dialect> {
    match event {
        "joinRoom" => Some(C),
        "getRtpCapabilities" | "createRoom" => Some(B),
        _ if payload.has("sender") => Some(B),
        _ => None,
    }
}

/// Whether any dialect has an event of this name.
#[must_use]
pub fn any_knows(event: &str) -> bool {
    let mut all = [NATIVE, C, B].into_iter();
    all.any(|dialect| dialect.event(event).is_some())
}

/// The acknowledgement of a failure, the same in every dialect here.
#[must_use]
pub fn encode_error(error: &ApiError) -> Value {
    let code = error.code.as_str();
    json!({
        "error": error.message,
        "code": code,
        "params": { "error": error.message, "code": code },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_table_names_an_event_twice() {
        for dialect in [NATIVE, B, C] {
            let mut names: Vec<_> = dialect.events.iter().map(|event| event.name).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", dialect.name);
        }
    }

    #[test]
    fn first_events_give_the_dialect_away() {
        let payload = |value| Payload::new(vec![value]);
        assert_eq!(detect("joinRoom", &payload(json!({}))).unwrap().name, "c");
        assert_eq!(detect("createRoom", &Payload::default()).unwrap().name, "b");
        let create = "createWebRtcTransport";
        let b = detect(create, &payload(json!({"sender": false}))).unwrap();
        assert_eq!(b.name, "b");
        assert!(detect(create, &payload(json!({"consumer": false}))).is_none());
    }

    #[test]
    fn the_query_pins_the_native_dialect_only() {
        assert_eq!(pinned("EIO=4&dialect=native").unwrap().name, "native");
        assert!(pinned("EIO=4&dialect=nativer").is_none());
        assert!(pinned("EIO=4&transport=polling").is_none());
    }
}
