//! What sockets do, for operators who look on. Costs a few additions while nobody does, and never
//! makes a socket wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use tokio::sync::broadcast;

use super::shapes::Socket;

/// What an operator's connection may be behind before it is told everything anew.
const BEHIND: usize = 1024;

/// Something a socket did.
#[derive(Clone, Debug)]
pub(in crate::signaling) enum Seen {
    /// It was opened.
    Connected(Box<Socket>),
    /// What is known of it changed.
    Updated(Box<Socket>),
    /// It ended.
    Disconnected(Of, &'static str),
    /// It entered a room.
    Joined(Of, String),
    /// It left one.
    Left(Of, String),
    /// It sent an event of this name.
    Received(Of, String),
    /// It was sent one.
    Sent(Of, String),
}

/// A socket.
#[derive(Clone, Debug)]
pub(in crate::signaling) struct Of {
    pub(in crate::signaling) namespace: String,
    pub(in crate::signaling) id: String,
}

/// Counted since the last look.
#[derive(Debug, Default)]
pub(in crate::signaling) struct Counts {
    opened: AtomicU64,
    ended: AtomicU64,
    packets_in: AtomicU64,
    bytes_in: AtomicU64,
    packets_out: AtomicU64,
    bytes_out: AtomicU64,
}

/// Where sockets tell what they do.
#[derive(Debug)]
pub(in crate::signaling) struct Feed {
    seen: broadcast::Sender<Arc<(Seen, SystemTime)>>,
    counts: Counts,
}

impl Feed {
    pub(in crate::signaling) fn new() -> Arc<Self> {
        let (seen, _) = broadcast::channel(BEHIND);
        Arc::new(Self {
            seen,
            counts: Counts::default(),
        })
    }

    /// Tells of something, if anybody looks on.
    pub(in crate::signaling) fn tell(&self, seen: impl FnOnce() -> Seen) {
        if self.seen.receiver_count() > 0 {
            // Nobody is left who looked on a moment ago: so nobody misses it.
            let _ = self.seen.send(Arc::new((seen(), SystemTime::now())));
        }
    }

    pub(in crate::signaling) fn opened(&self) {
        self.counts.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::signaling) fn ended(&self) {
        self.counts.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an event that arrived.
    pub(in crate::signaling) fn received(&self, bytes: usize) {
        self.counts.packets_in.fetch_add(1, Ordering::Relaxed);
        self.counts
            .bytes_in
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts an event or an acknowledgement that left.
    pub(in crate::signaling) fn sent(&self, bytes: u32) {
        self.counts.packets_out.fetch_add(1, Ordering::Relaxed);
        self.counts
            .bytes_out
            .fetch_add(bytes.into(), Ordering::Relaxed);
    }

    /// Everything from now on.
    pub(super) fn watch(&self) -> broadcast::Receiver<Arc<(Seen, SystemTime)>> {
        self.seen.subscribe()
    }

    /// What was counted so far, by the name the page gives it.
    pub(super) fn totals(&self) -> [(&'static str, u64); 6] {
        let counts = &self.counts;
        [
            ("rawConnection", &counts.opened),
            ("rawDisconnection", &counts.ended),
            ("packetsIn", &counts.packets_in),
            ("bytesIn", &counts.bytes_in),
            ("packetsOut", &counts.packets_out),
            ("bytesOut", &counts.bytes_out),
        ]
        .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }
}
