//! Replay: a consumer that starts between two key frames is sent the newest group of pictures of one
//! of the producer's encodings first, faster than it was made, and is then forwarded what comes.
//!
//! ```text
//! producer   K------------------------------------+----+----+----+---   packets as they come
//! cursor     ^ at once, then faster than they come ........^ caught up: live
//! ```
//!
//! The group is read where the producer keeps it, behind a cursor of the consumer's own, so that what
//! comes meanwhile queues by itself and nothing is copied. A new key frame makes what is left of the
//! old group superfluous: the cursor jumps to it.
//!
//! *Of several encodings* the one it waits for is replayed, or the best below of which a group is kept.
//! A key frame of a better one that comes meanwhile ends the replay. Who is being sent an encoding
//! and prefers another waits for a key frame as ever: the present on another scale is worth more
//! than the past.
//!
//! *Sequence numbers* are as ever: the group's packets are just older packets of the stream, and what
//! is forwarded after them follows on.
//!
//! *Timestamps* are not. A receiver plays by them: given the frames' own, it would play the group at
//! its own pace and stay as far behind as the group is long, for ever. So each frame is stamped with
//! the moment it is sent. The receiver sees frames that come exactly when they should, in quick
//! motion, and once the cursor has caught up the frames' own timestamps are those of the present.
//! ([`super::timestamp_mapper`] does that.)
//!
//! Decides how fast; sends nothing and knows no bytes but their number.

use std::time::{Duration, Instant};

use super::{entity::Consumer, stream_manager::Selection, types::Forward};
use crate::{producer::LiveFrame, rtp::MediaPacket};

/// Sent at once: what a path takes in one burst, and most key frames.
const BURST: u64 = 64 * 1024;

/// Shortest time between two portions.
const PORTION: Duration = Duration::from_millis(5);

/// The first portion, and one that is put off, is tried so soon.
const RETRY: Duration = Duration::from_millis(1);

/// Time by which a late portion is made larger.
const MAX_ARREARS: Duration = Duration::from_millis(10);

/// Slowest, in bytes per second: 20 Mb/s, at which a group of 10 s of 5 Mb/s takes 2.5 s.
const MIN_RATE: u64 = 20_000_000 / 8;

/// So many times as fast as the stream. The stream goes on, so that catching up takes a third of the
/// group's length.
const SPEED: u64 = 4;

/// Time after one replay in which there is no other: a receiver asks for key frames until it has
/// decoded what it was sent.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// So much more is sent in a portion to end with a whole frame: what is left of the group may never
/// be sent.
const MAX_OVERDRAFT: u64 = 32 * 1024;

/// How an encoding is doing of which a group is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// It is still being sent.
    pub(crate) goes_on: bool,
    /// Its producer takes no notice of requests.
    pub(crate) deaf: bool,
}

/// A replay going on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replay {
    /// Whose group.
    encoding: usize,
    /// The group's first number; none before its first packet.
    group: Option<u64>,
    /// The next number to send.
    cursor: u64,
    /// The next packet is the group's first.
    starts: bool,
    /// The next packet belongs to the frame of the last.
    in_frame: bool,
    /// What is sent is paid for until then.
    paid: Instant,
    /// When the next portion is due.
    next: Instant,
    /// Bytes per second.
    rate: u64,
}

impl Replay {
    /// A replay that begins nearly at `now`: a timer that sets one off must not leave one due.
    fn new(now: Instant, encoding: usize) -> Self {
        Self {
            encoding,
            group: None,
            cursor: 0,
            starts: false,
            in_frame: false,
            paid: now,
            next: now + RETRY,
            rate: MIN_RATE,
        }
    }

    /// Prepares a portion of the group that starts with number `group`; `bitrate` is the stream's.
    fn begin_portion(&mut self, now: Instant, group: u64, bitrate: u64) {
        self.rate = MIN_RATE.max(SPEED.saturating_mul(bitrate) / 8);
        let earliest = |arrears| now.checked_sub(arrears).unwrap_or(now);
        self.paid = match self.group {
            None => earliest(self.time_of(BURST)),
            Some(_) => self.paid.max(earliest(MAX_ARREARS)),
        };
        self.next = now + PORTION;
        if self.group != Some(group) {
            self.group = Some(group);
            self.cursor = group;
            self.starts = true;
        }
    }

    fn may_send(&self, now: Instant) -> bool {
        let overdraft = if self.in_frame { MAX_OVERDRAFT } else { 0 };
        self.paid <= now + self.time_of(overdraft)
    }

    /// Notes that a packet is dealt with; returns whether it is the group's first.
    fn advance(&mut self, packet: &MediaPacket<'_>, bytes: usize) -> bool {
        self.cursor = packet.sequence + 1;
        self.in_frame = !packet.marker;
        self.paid += self.time_of(bytes as u64);
        self.next = self.next.max(self.paid);
        std::mem::take(&mut self.starts)
    }

    /// When the next portion is due.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.next
    }

    fn time_of(&self, bytes: u64) -> Duration {
        // At least MIN_RATE, and less than 2^50 bytes.
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / self.rate)
    }
}

/// Whether enough time has passed since a replay ended for another.
pub(super) fn is_over(now: Instant, ended: Option<Instant>) -> bool {
    ended.is_none_or(|at| now.saturating_duration_since(at) >= MIN_INTERVAL)
}

impl Consumer {
    /// The encoding of which it is sent old packets, and not those that come.
    pub(crate) fn replayed_encoding(&self) -> Option<usize> {
        self.replay.as_ref().map(|replay| replay.encoding)
    }

    /// Whether its wish for a key frame is best fulfilled by the group of an encoding.
    pub(crate) fn needs_replay(&self, now: Instant, encoding: usize, source: Source) -> bool {
        let first = self.streams.current().is_none();
        let starts = self.streams.needs(encoding) && (first || source.goes_on);
        // Whoever asks because nothing comes any more has seen what is kept.
        let again = self.refresh == Some(encoding) && source.goes_on && source.deaf;
        (starts || again) && is_over(now, self.replayed)
    }

    /// Begins to send it the group of an encoding, from [`Consumer::poll_timeout`] on.
    pub(crate) fn begin_replay(&mut self, now: Instant, encoding: usize) {
        self.replay = Some(Box::new(Replay::new(now, encoding)));
    }

    /// Whether a portion of the group is due.
    pub(crate) fn is_replay_due(&self, now: Instant) -> bool {
        let replay = self.replay.as_ref();
        replay.is_some_and(|replay| replay.poll_timeout() <= now)
    }

    /// Puts the portion off, because much else is being sent.
    pub(crate) fn put_replay_off(&mut self, now: Instant) {
        if let Some(replay) = &mut self.replay {
            replay.next = now + RETRY;
        }
    }

    /// Begins a portion of the group that starts with number `group`; returns where to go on.
    pub(crate) fn begin_portion(&mut self, now: Instant, group: u64, bitrate: u64) -> u64 {
        let Some(replay) = &mut self.replay else {
            return u64::MAX;
        };
        replay.begin_portion(now, group, bitrate);
        replay.cursor
    }

    /// Whether another packet may be sent in this portion.
    pub(crate) fn may_replay(&self, now: Instant) -> bool {
        let replay = self.replay.as_ref();
        replay.is_some_and(|replay| replay.may_send(now))
    }

    /// The next packet of the group, of `bytes` bytes; `live` is the producer's newest frame.
    pub(crate) fn replay_rtp(
        &mut self,
        now: Instant,
        packet: &MediaPacket<'_>,
        bytes: usize,
        live: LiveFrame,
    ) -> Forward {
        let replay = self.replay.as_mut();
        let first = replay.is_some_and(|replay| replay.advance(packet, bytes));
        if !first {
            return self.forward_rtp(now, packet);
        }
        let taken = self.payload_types.takes(packet.payload_type);
        if !taken || self.streams.restart(now, packet) != Selection::Start {
            return Forward::Drop;
        }
        self.refresh = None;
        self.first_media.came(now);
        let numbers = self.numbers.start_replay(now, packet, live);
        self.follow(now);
        self.send(now, packet, numbers)
    }

    /// Decides about a packet that comes. While a group is replayed only what the cursor has passed of
    /// its encoding is forwarded, the rest is in the group; another encoding may take its place.
    pub(crate) fn forward_live(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Forward {
        let Some(replay) = &self.replay else {
            return self.forward_rtp(now, packet);
        };
        let replayed = packet.encoding == replay.encoding;
        if replayed && packet.sequence >= replay.cursor {
            return Forward::Drop;
        }
        let before = self.streams.current();
        let forward = self.forward_rtp(now, packet);
        if !replayed && self.streams.current() != before {
            self.end_replay(now);
        }
        forward
    }

    /// It has caught up: from now on it is forwarded what comes.
    pub(crate) fn end_replay(&mut self, now: Instant) {
        self.replay = None;
        self.replayed = Some(now);
        self.numbers.end_replay();
    }

    /// The group is gone before its end was sent: only a key frame helps.
    pub(crate) fn abandon_replay(&mut self, now: Instant) {
        self.end_replay(now);
        self.streams.set_active(now, self.active());
        self.follow(now);
    }
}
