//! Takes one socket's events off the wire, bounds them, and queues them in order of arrival. It
//! runs inside the connection's reader, so it never waits and never calls a handler.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use serde_json::Value;
use socketioxide::{
    adapter::LocalAdapter,
    handler::{MessageHandler, Value as RawEvent},
    socket::Socket,
};
use tokio::{sync::Notify, time::Instant};

use super::{bucket::Bucket, dialect::Dialects, request::Payload};
use crate::{
    config::SignalingConfig,
    error::{ApiError, ErrorCode},
    room::{PeerId, RoomId},
};

/// An event in its turn.
#[derive(Debug)]
pub(super) enum Incoming {
    /// To be handled.
    Event(Event),
    /// Came too fast; owed nothing but the refusal.
    Refused(i64),
}

/// An event off the wire.
#[derive(Debug)]
pub(super) struct Event {
    /// `["name", argument, …]`.
    text: Box<str>,
    binary: bool,
    /// Which acknowledgement the client waits for, if it does.
    pub(super) ack: Option<i64>,
    /// When it arrived.
    pub(super) at: Instant,
}

/// The queue between a connection's reader and its session's task.
#[derive(Debug)]
pub(super) struct Intake {
    config: Arc<SignalingConfig>,
    dialects: Arc<Dialects>,
    queue: Mutex<Queue>,
    changed: Notify,
    /// When the socket was opened.
    pub(super) opened: SystemTime,
}

/// Where a socket is, for whoever looks at sockets.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) room: RoomId,
    pub(super) peer: PeerId,
    pub(super) dialect: &'static str,
}

#[derive(Debug)]
struct Queue {
    incoming: VecDeque<Incoming>,
    events: usize,
    bytes: usize,
    refusals: usize,
    bucket: Bucket,
    /// The last event as it came: a slice of what the connection read into. The connection uses
    /// that buffer again, grown to the largest event ever, unless somebody holds a slice of it;
    /// then it takes a new one, no larger than needed.
    last: Option<RawEvent>,
    /// Where the socket is.
    place: Option<Place>,
    closed: bool,
    /// Closed by nobody's wish.
    lost: bool,
    flooded: bool,
}

impl Intake {
    /// An empty queue. Events nobody waits for and no dialect knows are dropped unseen: some
    /// frontends send such on every animation frame.
    pub(super) fn new(config: Arc<SignalingConfig>, dialects: Arc<Dialects>) -> Arc<Self> {
        let bucket = Bucket::new(config.event_burst.into(), config.events_per_second.into());
        Arc::new(Self {
            config,
            dialects,
            queue: Mutex::new(Queue {
                incoming: VecDeque::new(),
                events: 0,
                bytes: 0,
                refusals: 0,
                bucket,
                last: None,
                place: None,
                closed: false,
                lost: false,
                flooded: false,
            }),
            changed: Notify::new(),
            opened: SystemTime::now(),
        })
    }

    /// The next event in order; `None` once the socket is gone or floods.
    pub(super) async fn next(&self) -> Option<Incoming> {
        loop {
            let changed = self.changed.notified();
            {
                let mut queue = self.queue();
                if queue.closed || queue.flooded {
                    return None;
                }
                if let Some(incoming) = queue.pop() {
                    return Some(incoming);
                }
            }
            changed.await;
        }
    }

    /// The socket is gone, by somebody's wish or not: what waits is dropped.
    pub(super) fn close(&self, lost: bool) {
        let mut queue = self.queue();
        queue.lost |= lost && !queue.closed;
        queue.closed = true;
        queue.incoming.clear();
        queue.last = None;
        drop(queue);
        self.changed.notify_one();
    }

    /// The socket is here now; `None`: in no room.
    pub(super) fn set_place(&self, place: Option<Place>) {
        self.queue().place = place;
    }

    /// Where the socket is.
    pub(super) fn place(&self) -> Option<Place> {
        self.queue().place.clone()
    }

    /// Whether the connection was lost.
    pub(super) fn lost(&self) -> bool {
        self.queue().lost
    }

    /// Whether the socket sent more than it may ever be answered.
    pub(super) fn flooded(&self) -> bool {
        self.queue().flooded
    }

    /// Holds an event's text until the next comes.
    fn hold(&self, last: RawEvent) {
        let mut queue = self.queue();
        if !queue.closed {
            queue.last = Some(last);
        }
    }

    fn push(&self, event: Event) {
        let mut queue = self.queue();
        if queue.closed || queue.flooded {
            return;
        }
        let full = queue.events >= self.config.queued_events
            || queue.bytes + event.text.len() > self.config.queued_bytes;
        if queue.bucket.take(1.0, event.at) && !full {
            queue.events += 1;
            queue.bytes += event.text.len();
            queue.incoming.push_back(Incoming::Event(event));
        } else if let Some(ack) = event.ack {
            queue.refusals += 1;
            queue.flooded = queue.refusals > self.config.queued_refusals;
            queue.incoming.push_back(Incoming::Refused(ack));
        }
        drop(queue);
        self.changed.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn pop(&mut self) -> Option<Incoming> {
        let incoming = self.incoming.pop_front()?;
        match &incoming {
            Incoming::Event(event) => {
                self.events -= 1;
                self.bytes -= event.text.len();
            }
            Incoming::Refused(_) => self.refusals -= 1,
        }
        Some(incoming)
    }
}

/// Registered as the only handler of a socket's events.
#[derive(Clone, Debug)]
pub(super) struct IntakeHandler(pub(super) Arc<Intake>);

/// Tells our handler from the library's blanket ones.
pub(super) struct Raw;

impl MessageHandler<LocalAdapter, Raw> for IntakeHandler {
    fn call(&self, _: Arc<Socket<LocalAdapter>>, event: RawEvent, ack: Option<i64>) {
        let RawEvent::Str(text, attachments) = event else {
            return;
        };
        self.0.hold(RawEvent::Str(text.clone(), None));
        if ack.is_none() && !self.0.dialects.any_knows(first_string(&text)) {
            return;
        }
        self.0.push(Event {
            text: text.as_str().into(),
            binary: attachments.is_some(),
            ack,
            at: Instant::now(),
        });
    }
}

impl Event {
    /// Bytes of its text.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// The event's name as it stands on the wire.
    pub(super) fn name(&self) -> &str {
        first_string(&self.text)
    }

    /// The event's name and arguments.
    pub(super) fn parse(&self, max_depth: usize) -> Result<(String, Payload), ApiError> {
        if self.binary {
            return Err(ApiError::bad_request("events have no attachments"));
        }
        // One level is the event's own array.
        if depth(&self.text) > max_depth + 1 {
            return Err(ApiError::bad_request("the payload is nested too deep"));
        }
        let mut values: Vec<Value> = serde_json::from_str(&self.text)
            .map_err(|_| ApiError::bad_request("the payload is not valid JSON"))?;
        if values.is_empty() {
            return Err(ApiError::new(ErrorCode::UnknownEvent, "unknown event"));
        }
        let Value::String(name) = values.remove(0) else {
            return Err(ApiError::new(ErrorCode::UnknownEvent, "unknown event"));
        };
        Ok((name, Payload::new(values)))
    }
}

/// The first string of a JSON array, as it stands: names of ours have no escapes.
fn first_string(text: &str) -> &str {
    text.split('"').nth(1).unwrap_or("")
}

/// How deep a JSON text nests, without building it.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn event(text: &str, ack: Option<i64>) -> Event {
        Event {
            text: text.into(),
            binary: false,
            ack,
            at: Instant::now(),
        }
    }

    fn intake(change: impl FnOnce(&mut SignalingConfig)) -> Arc<Intake> {
        let mut config = SignalingConfig::default();
        change(&mut config);
        let dialects = Dialects::new(&config).unwrap();
        Intake::new(Arc::new(config), Arc::new(dialects))
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth(r#"["a",{"b":[1]}]"#), 3);
        assert_eq!(depth(r#"["[[[\"[["]"#), 1);
        assert_eq!(depth(&"[".repeat(100_000)), 100_000);
    }

    #[test]
    fn too_deep_and_undecodable_events_are_bad_requests() {
        let deep = format!("[\"x\",{}{}]", "[".repeat(33), "]".repeat(33));
        for text in [deep.as_str(), r#"["x",1e999]"#, "[\"x\""] {
            let error = event(text, None).parse(32).unwrap_err();
            assert_eq!(error.code, ErrorCode::BadRequest, "{text}");
        }
        let allowed = format!("[\"x\",{}{}]", "[".repeat(32), "]".repeat(32));
        assert_eq!(event(&allowed, None).parse(32).unwrap().0, "x");
    }

    #[tokio::test]
    async fn events_beyond_the_burst_are_refused_in_order() {
        let intake = intake(|config| {
            config.event_burst = 2;
            config.events_per_second = 1;
        });
        for ack in 0..3 {
            intake.push(event("[\"x\"]", Some(ack)));
        }
        let mut later = event("[\"x\"]", Some(3));
        later.at += Duration::from_secs(1);
        intake.push(later);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(match intake.next().await.unwrap() {
                Incoming::Event(event) => (event.ack.unwrap(), true),
                Incoming::Refused(ack) => (ack, false),
            });
        }
        assert_eq!(seen, [(0, true), (1, true), (2, false), (3, true)]);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_frees_again() {
        let intake = intake(|config| config.queued_bytes = 10);
        intake.push(event("[\"abcde\"]", Some(1)));
        intake.push(event("[\"abcde\"]", Some(2)));
        assert!(matches!(intake.next().await, Some(Incoming::Event(_))));
        assert!(matches!(intake.next().await, Some(Incoming::Refused(2))));
        intake.push(event("[\"abcde\"]", Some(3)));
        assert!(matches!(intake.next().await, Some(Incoming::Event(_))));
    }

    #[tokio::test]
    async fn a_flood_ends_the_queue() {
        let intake = intake(|config| {
            config.event_burst = 0;
            config.queued_refusals = 5;
        });
        for ack in 0..6 {
            intake.push(event("[\"x\"]", Some(ack)));
        }
        assert!(intake.flooded());
        assert!(intake.next().await.is_none());
    }

    #[test]
    fn names_are_read_without_parsing() {
        assert_eq!(first_string(r#"["sounds","speak"]"#), "sounds");
        assert_eq!(first_string("[]"), "");
    }
}
