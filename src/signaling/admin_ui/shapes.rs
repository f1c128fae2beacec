//! What the page of `@socket.io/admin-ui` is told, in the shapes of its own server package.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What an operator can do from the page. Not among it: entering and leaving rooms for others, which a
/// socket does with its media or not at all.
pub(super) const FEATURES: [&str; 5] = [
    "EMIT",
    "DISCONNECT",
    "MDISCONNECT",
    "AGGREGATED_EVENTS",
    "ALL_EVENTS",
];

/// A socket, without anything secret: no header but the page's origin, no query.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::signaling) struct Socket {
    pub(super) id: String,
    /// The connection's, which its sockets in several namespaces share.
    pub(super) client_id: String,
    /// `websocket` or `polling`.
    pub(super) transport: &'static str,
    pub(super) nsp: String,
    pub(super) data: Value,
    pub(super) handshake: Handshake,
    pub(super) rooms: Vec<String>,
}

/// How a socket was opened.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Handshake {
    pub(super) address: String,
    pub(super) headers: Value,
    pub(super) query: Value,
    /// Milliseconds since 1970.
    pub(super) issued: u64,
    pub(super) time: String,
    pub(super) secure: bool,
    pub(super) url: String,
    pub(super) xdomain: bool,
}

/// How the server is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerStats {
    pub(super) server_id: String,
    pub(super) hostname: String,
    pub(super) pid: u32,
    /// Seconds.
    pub(super) uptime: f64,
    pub(super) clients_count: usize,
    pub(super) polling_clients_count: usize,
    pub(super) aggregated_events: Vec<Value>,
    pub(super) namespaces: Vec<Value>,
}

/// What happened since the last look.
pub(super) fn aggregated(
    before: &[(&'static str, u64)],
    after: &[(&'static str, u64)],
) -> Vec<Value> {
    let now = millis(SystemTime::now()) / 1000 * 1000;
    let pairs = before.iter().zip(after);
    let grown = pairs.filter(|((_, before), (_, after))| after > before);
    grown
        .map(|((_, before), (name, after))| {
            json!({ "timestamp": now, "type": name, "count": after - before })
        })
        .collect()
}

/// Milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// As a page's `Date` writes itself.
pub(super) fn date(time: SystemTime) -> String {
    let text = OffsetDateTime::from(time).format(&Rfc3339);
    // Only years of more than four digits cannot be written.
    text.unwrap_or_default()
}
