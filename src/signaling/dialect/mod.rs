//! Several frontends' words for the same verbs: data and shapes only, nothing here waits or
//! remembers. A frontend family is one file with one table; no other code asks which dialect a
//! socket speaks.

mod a_final;
mod a_mid;
pub mod answer;
mod b;
mod c;
mod call;
mod d;
mod detect;
mod dialects;
mod e;
mod geni;
mod h;
pub mod native;
mod shapes;
mod union;
mod world;

pub use answer::{Ack, Answer, Told};
pub use detect::{Hello, PRIME_PATH, Start};
pub use dialects::{Dialects, TOLD};

use crate::{
    error::ApiError,
    signaling::request::{Hears, Notification, Payload, Reply, Request},
};

/// Turns an event's arguments into a request.
pub type Decode = fn(&Payload) -> Result<Request, ApiError>;
/// Turns the answer to a request into the frontend's.
pub type Encode = fn(Reply) -> Answer;

/// One event a client may send.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub decode: Decode,
    /// What the dialect's own tables call it, whatever its clients do.
    pub verb: &'static str,
    /// The answer to a success; `None`: the dialect's.
    pub encode: Option<Encode>,
}

/// An event that is answered as its dialect does.
const fn event(name: &'static str, decode: Decode) -> Event {
    Event {
        name,
        decode,
        verb: name,
        encode: None,
    }
}

impl Event {
    /// The same, answered in its own way.
    const fn answered(mut self, encode: Encode) -> Self {
        self.encode = Some(encode);
        self
    }
}

/// How one family of frontends speaks.
#[derive(Debug)]
pub struct Dialect {
    /// Its name, for logs and for clients that ask for it.
    pub name: &'static str,
    /// What its clients may send.
    pub events: &'static [Event],
    /// What else, where no table above has it.
    pub also: &'static [Event],
    /// The answer to a success.
    pub encode: Encode,
    /// The answer to a failure of the event of this name.
    pub fail: fn(&str, &ApiError) -> Answer,
    /// What its clients are told, given their own id; nothing, when they know no word for it.
    pub notify: fn(&str, Notification) -> Vec<Told>,
    /// Names its clients have for what they are told: ours, and theirs.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Whether its clients are offered every header extension.
    pub full_header_extensions: bool,
    /// Whether its clients number what they receive by themselves, so that `mid` would mislead them.
    pub without_mid: bool,
    /// Whether its answer to a join lists producers, which are not announced then.
    pub lists_at_join: bool,
    /// When its clients hear of producers.
    pub hears: Hears,
    /// Whether its clients come back as who they were when their connection was lost.
    pub resumes: bool,
    /// Whether its clients list rooms before they join one, and so may be listed themselves.
    pub public: bool,
    /// Whether its clients ask again for the peers that one answer does not hold.
    pub pages_peers: bool,
    /// Whether it only stands in until a socket gives its own away.
    pub provisional: bool,
}

/// What old frontends have in common.
const COMPAT: Dialect = Dialect {
    name: "",
    events: &[],
    also: &[],
    encode: union::encode,
    fail: answer::fail,
    notify: union::notify_connected,
    renamed: &[],
    full_header_extensions: false,
    without_mid: false,
    lists_at_join: false,
    hears: Hears::OnceReady,
    resumes: false,
    public: false,
    pages_peers: false,
    provisional: false,
};

impl Dialect {
    /// What the log and metrics call it; nothing is decided by that.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.name
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        let mut all = self.events.iter().chain(self.also).chain(FAULTS);
        all.find(|event| event.name == name)
    }

    /// The answer to a failure of the event of this name.
    #[must_use]
    pub fn failure(&self, name: &str, error: &ApiError) -> Answer {
        let verb = self.event(name).map_or("", |event| event.verb);
        (self.fail)(verb, error)
    }

    /// What its clients call something they are told.
    #[must_use]
    pub fn told_as(&self, event: &'static str) -> &'static str {
        let mut renamed = self.renamed.iter();
        let found = renamed.find(|(ours, _)| *ours == event);
        found.map_or(event, |(_, theirs)| theirs)
    }

    /// The answer to a success of this event.
    #[must_use]
    pub fn answer(&self, event: &Event, reply: Reply) -> Answer {
        event.encode.unwrap_or(self.encode)(reply)
    }
}

/// Every dialect.
pub const ALL: &[&Dialect] = &[
    NATIVE,
    &a_final::DIALECT,
    &a_mid::DIALECT,
    &b::DIALECT,
    &b::B2,
    &c::DIALECT,
    &c::BY_ID,
    &c::MEDIA,
    &c::WITH_NAMES,
    &call::DIALECT,
    &d::DIALECT,
    &d::PRIME,
    &e::DIALECT,
    &geni::DIALECT,
    &h::DIALECT,
    &world::DIALECT,
];

/// The dialect of our own client.
pub const NATIVE: &Dialect = &native::DIALECT;

/// Events every dialect has while tests break things on purpose.
#[cfg(feature = "fault-injection")]
const FAULTS: &[Event] = &[
    event("fault-panic", |_| Ok(Request::Panic)),
    event("fault-worker", |_| Ok(Request::PanicWorker)),
    event("fault-stall", stall),
];
#[cfg(not(feature = "fault-injection"))]
const FAULTS: &[Event] = &[];

#[cfg(feature = "fault-injection")]
fn stall(payload: &Payload) -> Result<Request, ApiError> {
    let time = payload.first().get("milliseconds");
    let time = time.and_then(serde_json::Value::as_u64);
    Ok(Request::StallWorker(
        time.map(std::time::Duration::from_millis),
    ))
}

/// The worked example of `docs/adding-a-dialect.md`.
#[cfg(test)]
mod acme;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_worked_example_of_the_page_is_a_dialect() {
        let page = include_str!("../../../docs/adding-a-dialect.md");
        let block = format!("```rust\n{}```\n", include_str!("acme.rs"));
        assert!(page.contains(&block), "the page shows another file");
        let decoded = |event: &str, payload| {
            let event = acme::DIALECT.event(event).unwrap();
            (event.decode)(&Payload::new(vec![payload])).unwrap()
        };
        let entering = decoded("enter", json!("a room"));
        assert!(matches!(entering, Request::Join(join) if join.room.as_deref() == Some("a room")));
        let making = decoded("transports", json!(null));
        assert!(matches!(making, Request::All(both) if both.len() == 2));
    }

    #[test]
    fn no_table_names_an_event_twice_and_no_dialect_has_the_name_of_another() {
        let mut dialects: Vec<_> = ALL.iter().map(|dialect| dialect.name).collect();
        for dialect in ALL {
            let names: Vec<_> = dialect.events.iter().map(|event| event.name).collect();
            assert_distinct(names);
        }
        dialects.push("");
        assert_distinct(dialects);
    }

    fn assert_distinct(mut names: Vec<&str>) {
        names.sort_unstable();
        let all = names.clone();
        names.dedup();
        assert_eq!(names, all);
    }
}
