//! Which of a producer's streams a consumer is sent: forward, skip, or wait for a key frame.
//!
//! Decides by packet and by clock; renumbers nothing and asks nobody. What it waits for is read
//! from [`StreamManager::wanted`].

mod layer_order;
mod simple;
mod simulcast;

use std::time::{Duration, Instant};

use self::{layer_order::LayerOrder, simple::Simple, simulcast::Simulcast};
use crate::rtp::MediaPacket;

/// Encodings of one producer a consumer can follow. Browsers send three.
pub(super) const MAX_ENCODINGS: usize = 8;

/// A stream without a packet for so long is dead. Long enough for the one frame per second a
/// browser sends of a still screen.
pub(crate) const STREAM_TIMEOUT: Duration = Duration::from_secs(2);

/// How one of a producer's streams is doing, in order of encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamScore {
    /// 0 (dead) to 10 (perfect).
    pub(crate) score: u8,
}

/// What a packet means to a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// It belongs to the stream being sent.
    Forward,
    /// A new segment starts with it.
    Start,
    /// It does not concern the consumer.
    Skip,
}

/// How a consumer chooses.
#[derive(Debug)]
pub(super) enum StreamManager {
    /// One stream.
    Simple(Simple),
    /// The best of several.
    Simulcast(Simulcast),
}

impl StreamManager {
    /// For `encodings` streams; audio needs no key frame. Starts inactive.
    pub(super) fn new(now: Instant, encodings: usize, audio: bool, preferred: Option<u8>) -> Self {
        if encodings <= 1 || audio {
            return Self::Simple(Simple::new(audio));
        }
        Self::Simulcast(Simulcast::new(now, encodings, preferred))
    }

    /// What `packet` means; notes that its stream is alive.
    pub(super) fn select(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Selection {
        match self {
            Self::Simple(simple) => simple.select(packet),
            Self::Simulcast(simulcast) => simulcast.select(now, packet),
        }
    }

    /// The stream being sent counts anew with `packet`: starts over with it if that can be decoded,
    /// otherwise waits for a key frame.
    pub(super) fn restart(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Selection {
        match self {
            Self::Simple(simple) => simple.restart(packet),
            Self::Simulcast(simulcast) => simulcast.restart(now, packet),
        }
    }

    /// Starts or stops; either way nothing is sent before the next key frame.
    pub(super) fn set_active(&mut self, now: Instant, active: bool) {
        match self {
            Self::Simple(simple) => simple.set_active(active),
            Self::Simulcast(simulcast) => simulcast.set_active(now, active),
        }
    }

    /// The highest spatial layer to send.
    pub(super) fn set_preferred(&mut self, now: Instant, spatial: u8) {
        match self {
            Self::Simple(_) => {}
            Self::Simulcast(simulcast) => simulcast.set_preferred(now, spatial),
        }
    }

    /// The highest spatial layer to send; none where there is one stream only.
    pub(super) fn preferred(&self) -> Option<u8> {
        match self {
            Self::Simple(_) => None,
            Self::Simulcast(simulcast) => Some(simulcast.preferred()),
        }
    }

    /// The producer's view of its streams.
    pub(super) fn set_scores(&mut self, now: Instant, scores: &[StreamScore]) {
        match self {
            Self::Simple(_) => {}
            Self::Simulcast(simulcast) => simulcast.set_scores(now, scores),
        }
    }

    /// Whether the producer lists its largest encoding first.
    pub(super) fn set_largest_first(&mut self, now: Instant, largest_first: bool) {
        match self {
            Self::Simple(_) => {}
            Self::Simulcast(simulcast) => simulcast.set_largest_first(now, largest_first),
        }
    }

    /// An encoding and those with smaller pictures, the largest first.
    pub(super) fn down_from(&self, encoding: usize) -> impl Iterator<Item = usize> + use<> {
        let order = match self {
            Self::Simple(_) => LayerOrder::new(1),
            Self::Simulcast(simulcast) => simulcast.order(),
        };
        order.down_from(encoding)
    }

    /// The encoding being sent.
    pub(super) fn current(&self) -> Option<usize> {
        match self {
            Self::Simple(simple) => simple.current(),
            Self::Simulcast(simulcast) => simulcast.current(),
        }
    }

    /// The encoding whose key frame is waited for.
    pub(super) fn wanted(&self) -> Option<usize> {
        match self {
            Self::Simple(simple) => simple.wanted(),
            Self::Simulcast(simulcast) => simulcast.wanted(),
        }
    }

    /// Whether a key frame of this encoding would be sent instead of nothing.
    pub(super) fn needs(&self, encoding: usize) -> bool {
        match self {
            Self::Simple(simple) => simple.wanted() == Some(encoding),
            Self::Simulcast(simulcast) => simulcast.needs(encoding),
        }
    }

    /// The spatial layer being sent, where there are layers.
    pub(super) fn layer(&self) -> Option<u8> {
        match self {
            Self::Simple(_) => None,
            Self::Simulcast(simulcast) => simulcast.layer(),
        }
    }

    /// When [`StreamManager::handle_timeout`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Simple(_) => None,
            Self::Simulcast(simulcast) => simulcast.poll_timeout(),
        }
    }

    /// Looks for dead streams.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Simple(_) => {}
            Self::Simulcast(simulcast) => simulcast.handle_timeout(now),
        }
    }
}

/// Follows the newest sequence number of a stream that is not being sent, so that a segment never
/// starts at a late key frame whose rest has passed already.
#[derive(Clone, Copy, Debug, Default)]
struct Newest {
    sequence: Option<u64>,
}

impl Newest {
    /// A stream that falls back further than this counts anew.
    const MAX_LATE: u64 = 1024;

    /// Whether `sequence` is the newest; it is taken as such from now on.
    fn advance(&mut self, sequence: u64) -> bool {
        let late = self
            .sequence
            .is_some_and(|newest| sequence <= newest && newest - sequence < Self::MAX_LATE);
        if !late {
            self.sequence = Some(sequence);
        }
        !late
    }
}
