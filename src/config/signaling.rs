//! Limits and times of the Socket.IO door; plain data, nothing reads the environment here.

use std::{collections::BTreeMap, time::Duration};

use super::DialectConfig;

/// How sockets are watched and bounded.
#[derive(Clone, Debug)]
pub struct SignalingConfig {
    /// Dialects beside the built-in ones.
    pub dialects: Vec<DialectConfig>,
    /// Namespaces whose sockets speak one dialect, by its name.
    pub namespaces: BTreeMap<String, String>,
    /// Time between two heartbeats.
    pub ping_interval: Duration,
    /// Time a client has to answer one.
    pub ping_timeout: Duration,
    /// Time a connection has to name its namespace.
    pub connect_timeout: Duration,
    /// Bytes of one message, one WebSocket frame and one polling body.
    pub message_bytes: usize,
    /// Nesting of one event's arguments.
    pub json_depth: usize,
    /// Events per second one socket may send in the long run.
    pub events_per_second: u32,
    /// Events one socket may send at once.
    pub event_burst: u32,
    /// Events of one socket that wait for their turn.
    pub queued_events: usize,
    /// Bytes of the events of one socket that wait for their turn.
    pub queued_bytes: usize,
    /// Refusals one socket may be owed; beyond it the socket is dropped.
    pub queued_refusals: usize,
    /// Packets that wait for a slow client.
    pub outgoing_packets: usize,
    /// Bytes one socket may be sent at once.
    pub outgoing_burst_bytes: u32,
    /// Bytes per second one socket may be sent in the long run.
    pub outgoing_bytes_per_second: u32,
    /// Time from an event's arrival to its acknowledgement, whatever happens.
    pub ack_deadline: Duration,
    /// Sockets of one remote address; 0 turns the limit off (behind a reverse proxy).
    pub sockets_per_address: usize,
    /// Sockets on this server.
    pub sockets: usize,
    /// Connections of one remote address that may have no socket yet; 0 turns the limit off.
    pub sessions_per_address: usize,
    /// Connections on this server, those included that have no socket yet.
    pub sessions: usize,
}

impl Default for SignalingConfig {
    fn default() -> Self {
        Self {
            dialects: Vec::new(),
            namespaces: BTreeMap::new(),
            // A client that dies right after a heartbeat is found out 8 + 6 = 14 s later: within
            // the 15 s promised, and far within the 32 s after which everything must be free.
            ping_interval: Duration::from_secs(8),
            ping_timeout: Duration::from_secs(6),
            connect_timeout: Duration::from_secs(10),
            // The largest honest message is a consume with every codec's capabilities, about 20 KB.
            message_bytes: 256 * 1024,
            // rtpParameters nest 5 deep; the rest is for application data.
            json_depth: 32,
            // Joining a room of 16 in an old dialect is about 60 events at once.
            events_per_second: 100,
            event_burst: 200,
            queued_events: 512,
            // Four of the largest messages.
            queued_bytes: 1024 * 1024,
            // 16 bytes each.
            queued_refusals: 10_000,
            // Beyond it emitting waits, and the next heartbeat that finds it full ends the socket.
            outgoing_packets: 256,
            // A client that reads nothing is closed after 10 s (`ListenConfig::write_timeout`); until
            // then its answers are at most 1 + 10 · 0.25 = 3.5 MiB. An honest burst, joining a full
            // room, is about 200 KB.
            outgoing_burst_bytes: 1024 * 1024,
            outgoing_bytes_per_second: 256 * 1024,
            ack_deadline: Duration::from_secs(10),
            // A class room behind one address.
            sockets_per_address: 64,
            sockets: 20_000,
            // As many as TCP connections, so that sockets_per_address, whose refusal has a word the
            // client can show, is met first by whoever is honest.
            sessions_per_address: 256,
            sessions: 25_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ListenConfig;

    #[test]
    fn a_client_that_dies_is_found_out_within_what_is_promised() {
        let config = SignalingConfig::default();
        let found_out = config.ping_interval + config.ping_timeout;
        assert!(found_out < Duration::from_secs(15), "{found_out:?}");
        // Whoever answers heartbeats and reads nothing is no later.
        assert!(ListenConfig::default().write_timeout < found_out);
    }
}
