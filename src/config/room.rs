//! Limits of rooms and peers; plain data, nothing reads the environment here.

use std::time::Duration;

/// How much one peer, one room and the server may hold.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// Rooms on this server.
    pub rooms: usize,
    /// Peers on this server.
    pub peers: usize,
    /// Peers in one room.
    pub peers_per_room: usize,
    /// Peers that one answer lists; who wants to know of more asks again.
    pub peers_per_answer: usize,
    /// Transports of one peer.
    pub transports_per_peer: usize,
    /// Producers of one peer.
    pub producers_per_peer: usize,
    /// Consumers of one peer.
    pub consumers_per_peer: usize,
    /// Characters of a room name or a display name.
    pub name_chars: usize,
    /// Bytes of a producer's application data, as JSON.
    pub app_data_bytes: usize,
    /// How long a peer whose connection was lost is kept for it to come back; zero: not at all.
    pub resume_grace: Duration,
    /// How long a server that is going down waits for its peers to leave.
    pub drain_timeout: Duration,
    /// Room events a peer may be behind before it is dropped.
    pub pending_events: usize,
    /// Publishers by WHIP whose newest group of pictures is kept.
    pub groups_of_pictures: usize,
    /// Peers of one room that may receive at once.
    pub max_consumers: Option<MaxConsumers>,
}

/// How many may receive, and what becomes of one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxConsumers {
    /// So many.
    pub count: usize,
    /// One more.
    pub when_full: WhenFull,
}

/// What becomes of whoever comes when no more may receive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// It is refused.
    #[default]
    Reject,
    /// It takes the place of whoever has received longest.
    EvictOldest,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self {
            // An empty room costs a router (a few kilobytes); ten thousand stay under 100 MB.
            rooms: 10_000,
            // More peers than one machine can serve media to; sockets are limited beside it.
            peers: 10_000,
            // Beyond it every join and every new producer is told to hundreds: not a call any more.
            peers_per_room: 256,
            // Most rooms fit one answer. A connection keeps a buffer as large as the most it ever wrote
            // at once; capabilities take 4.9 KB of it, so many silent listeners 0.9 KB.
            peers_per_answer: 12,
            // A peer of our own dialect needs two. Frontends of the older dialects make one receive
            // transport PER REMOTE PRODUCER: a room of 16 such peers with camera, microphone and a
            // few shared screens needs 1 + 15 × 2 up to 1 + 15 × 4 = 61.
            transports_per_peer: 64,
            // Camera, microphone, screen with sound, and room for a dozen published and closed.
            producers_per_peer: 32,
            // A room of 256 peers with camera and microphone each.
            consumers_per_peer: 512,
            // LiveKit's figure; longer names are mistakes or attacks.
            name_chars: 256,
            // It is repeated to every peer of the room; frontends put a word or two into it.
            app_data_bytes: 4 * 1024,
            // A phone changes networks in seconds; media that nobody speaks on for longer is dead.
            resume_grace: Duration::from_secs(30),
            // What orchestrators wait for at least before they kill: a call that has not moved by
            // then never does.
            drain_timeout: Duration::from_secs(30),
            // A burst of 256 peers joining, each with four events, fits.
            pending_events: 1024,
            // Half a gigabyte at 16 MiB each; whoever comes then waits for a key frame.
            groups_of_pictures: 32,
            // In a call everybody receives everybody.
            max_consumers: None,
        }
    }
}
