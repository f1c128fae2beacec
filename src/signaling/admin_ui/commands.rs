//! What an operator does from the page: tells sockets something, or disconnects them.

use std::sync::Arc;

use serde_json::Value;
use socketioxide::{
    SocketIo,
    adapter::LocalAdapter,
    extract::SocketRef,
    handler::{MessageHandler, Value as RawEvent},
    socket::Socket,
};

use crate::signaling::intake::Intake;

/// Hears an operator's events. What it does not know is dropped: the page waits for no answer.
#[derive(Clone)]
pub(super) struct Commands {
    ios: Vec<SocketIo>,
    namespaces: Arc<[String]>,
}

/// Tells our handler from the library's blanket ones.
pub(super) struct Raw;

impl MessageHandler<LocalAdapter, Raw> for Commands {
    fn call(&self, _: Arc<Socket<LocalAdapter>>, event: RawEvent, _: Option<i64>) {
        if let RawEvent::Str(text, _) = event
            && let Ok(Value::Array(words)) = serde_json::from_str(text.as_str())
        {
            self.obey(&words);
        }
    }
}

impl Commands {
    pub(super) fn new(ios: &[SocketIo], namespaces: &[String]) -> Self {
        Self {
            ios: ios.to_vec(),
            namespaces: namespaces.into(),
        }
    }

    fn obey(&self, words: &[Value]) {
        let text = |index: usize| words.get(index).and_then(Value::as_str);
        match (text(0), text(1)) {
            (Some("_disconnect"), Some(namespace)) => {
                for socket in self.meant(namespace, text(3)) {
                    // It may be gone meanwhile.
                    socket.disconnect().ok();
                }
            }
            (Some("emit"), Some(namespace)) => {
                let Some(event) = text(3) else { return };
                for socket in self.meant(namespace, text(2)) {
                    emit(&socket, event, words.get(4..).unwrap_or_default());
                }
            }
            _ => {}
        }
    }

    /// The sockets of a namespace: all, one by its id, or those in a room.
    fn meant(&self, namespace: &str, filter: Option<&str>) -> Vec<SocketRef> {
        let all = self.ios.iter();
        let all = all.flat_map(|io| sockets(io, &self.namespaces));
        let meant = |socket: &SocketRef| {
            socket.ns() == namespace && filter.is_none_or(|filter| is_meant(socket, filter))
        };
        all.filter(meant).collect()
    }
}

fn is_meant(socket: &SocketRef, filter: &str) -> bool {
    let intake = socket.extensions.get::<Arc<Intake>>();
    let place = intake.and_then(|intake| intake.place());
    socket.id.as_str() == filter || place.is_some_and(|place| place.room.as_str() == filter)
}

/// Whoever takes nothing at the moment misses it.
fn emit(socket: &SocketRef, event: &str, arguments: &[Value]) {
    let _ = match arguments {
        [] => socket.emit(event, &()),
        [one] => socket.emit(event, one),
        [one, two] => socket.emit(event, &(one, two)),
        [one, two, three, ..] => socket.emit(event, &(one, two, three)),
    };
}

/// The sockets in these namespaces.
pub(super) fn sockets(io: &SocketIo, namespaces: &[String]) -> Vec<SocketRef> {
    let of = |namespace: &String| io.of(namespace).map(|all| all.sockets());
    namespaces.iter().filter_map(of).flatten().collect()
}
