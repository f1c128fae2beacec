//! Simulcast: the best stream that is alive, switched at key frames. Drops no layers inside one.

use std::time::Instant;

use super::{LayerOrder, Newest, STREAM_TIMEOUT, Selection, StreamScore};
use crate::rtp::MediaPacket;

/// Chooses among several encodings of one source. Each is a layer, 0 the smallest: all that is kept
/// and compared here are layers, what comes in and goes out are encodings.
///
/// The *target* is the best living stream up to the preferred layer; the *current* one goes on
/// until the target's key frame comes. A stream is alive while packets arrive ([`STREAM_TIMEOUT`])
/// or the producer has just said so. Streams have no relation but their order: none is a reference
/// whose absence could stop the others.
#[derive(Debug)]
pub(in crate::consumer) struct Simulcast {
    streams: Box<[Stream]>,
    order: LayerOrder,
    active: bool,
    preferred: usize,
    current: Option<usize>,
    target: Option<usize>,
    /// The current stream is dead and nothing replaces it yet.
    silent: bool,
    /// From then on a layer above the preferred one is better than nothing.
    settle_at: Instant,
    check_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    /// Last sign of life.
    alive_at: Option<Instant>,
    newest: Newest,
}

impl Stream {
    fn is_alive(&self, now: Instant) -> bool {
        let age = |at| now.saturating_duration_since(at);
        self.alive_at.is_some_and(|at| age(at) < STREAM_TIMEOUT)
    }
}

impl Simulcast {
    pub(super) fn new(now: Instant, encodings: usize, preferred: Option<u8>) -> Self {
        let best = encodings.saturating_sub(1);
        Self {
            streams: vec![Stream::default(); encodings].into_boxed_slice(),
            order: LayerOrder::new(encodings),
            active: false,
            preferred: preferred.map_or(best, |layer| usize::from(layer).min(best)),
            current: None,
            target: None,
            silent: false,
            settle_at: now,
            check_at: None,
        }
    }

    pub(super) fn select(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Selection {
        let Some(layer) = self.order.other(packet.encoding) else {
            return Selection::Skip;
        };
        let stream = &mut self.streams[layer];
        let revived = !stream.is_alive(now);
        stream.alive_at = Some(now);
        let newest = stream.newest.advance(packet.sequence);
        if revived {
            self.retarget(now);
        }
        if self.current == Some(layer) {
            return Selection::Forward;
        }
        if self.active && newest && packet.info.key_frame && self.welcomes(layer) {
            self.start(now, layer);
            return Selection::Start;
        }
        Selection::Skip
    }

    pub(super) fn restart(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Selection {
        self.current = None;
        if let Some(layer) = self.order.other(packet.encoding) {
            let stream = &mut self.streams[layer];
            stream.newest = Newest::default();
            stream.newest.advance(packet.sequence);
            if packet.info.key_frame {
                self.start(now, layer);
                return Selection::Start;
            }
        }
        self.retarget(now);
        Selection::Skip
    }

    pub(super) fn set_active(&mut self, now: Instant, active: bool) {
        self.active = active;
        self.current = None;
        self.target = None;
        self.settle_at = now + STREAM_TIMEOUT;
        self.retarget(now);
    }

    pub(super) fn preferred(&self) -> u8 {
        u8::try_from(self.preferred).unwrap_or(u8::MAX)
    }

    pub(super) fn set_preferred(&mut self, now: Instant, spatial: u8) {
        self.preferred = usize::from(spatial).min(self.streams.len().saturating_sub(1));
        self.retarget(now);
    }

    /// The layers stay what they are to the viewer, the preferred one with them; they are other
    /// encodings.
    pub(super) fn set_largest_first(&mut self, now: Instant, largest_first: bool) {
        if self.order.largest_first == largest_first {
            return;
        }
        let last = self.streams.len().saturating_sub(1);
        let turn = |layer: usize| last.saturating_sub(layer);
        self.streams.reverse();
        self.current = self.current.map(turn);
        self.target = self.target.map(turn);
        self.order.largest_first = largest_first;
        self.retarget(now);
    }

    pub(super) fn order(&self) -> LayerOrder {
        self.order
    }

    /// A stream the producer calls dead is dead until its next packet; one it calls alive counts as
    /// just heard.
    pub(super) fn set_scores(&mut self, now: Instant, scores: &[StreamScore]) {
        for (encoding, score) in scores.iter().enumerate() {
            let Some(layer) = self.order.other(encoding) else {
                continue;
            };
            let stream = &mut self.streams[layer];
            if score.score == 0 {
                stream.alive_at = None;
            } else if !stream.is_alive(now) {
                stream.alive_at = Some(now);
            }
        }
        self.retarget(now);
    }

    pub(super) fn current(&self) -> Option<usize> {
        self.order.other(self.current?)
    }

    pub(super) fn wanted(&self) -> Option<usize> {
        let target = self.target?;
        let wants = self.active && self.current != Some(target);
        self.order.other(target).filter(|_| wants)
    }

    pub(super) fn needs(&self, encoding: usize) -> bool {
        let layer = self.order.other(encoding);
        self.active && self.sends_nothing() && layer.is_some_and(|layer| self.welcomes(layer))
    }

    pub(super) fn layer(&self) -> Option<u8> {
        // At most MAX_ENCODINGS.
        self.current
            .filter(|_| !self.silent)
            .map(|layer| layer as u8)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.check_at
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.check_at.is_some_and(|at| at <= now) {
            self.retarget(now);
        }
    }

    /// Whether a key frame of this stream is worth starting from: it is the target, or it is better
    /// than the nothing being sent.
    fn welcomes(&self, layer: usize) -> bool {
        self.target == Some(layer) || (self.sends_nothing() && layer <= self.preferred)
    }

    fn sends_nothing(&self) -> bool {
        self.current.is_none() || self.silent
    }

    fn start(&mut self, now: Instant, layer: usize) {
        self.current = Some(layer);
        self.retarget(now);
    }

    /// Chooses the target anew.
    fn retarget(&mut self, now: Instant) {
        let alive = |&layer: &usize| self.streams[layer].is_alive(now);
        let wanted = (0..=self.preferred).rev().find(alive);
        let higher = (self.preferred + 1..self.streams.len()).find(alive);
        let settled = now >= self.settle_at;
        self.silent = self.current.is_some_and(|layer| !alive(&layer));
        // With nothing alive the current stream is as good as any; before anything was heard the
        // preferred one is.
        let idle = self.current.or(self.target).unwrap_or(self.preferred);
        let target = wanted.or(higher.filter(|_| settled)).unwrap_or(idle);
        self.target = self.active.then_some(target);
        self.check_at = self.next_check(now, settled);
    }

    /// The next moment a stream can be found dead, or the layers above the preferred one count.
    /// Packets only ever put it off, so it stands until it is reached.
    fn next_check(&self, now: Instant, settled: bool) -> Option<Instant> {
        if !self.active {
            return None;
        }
        let living = self.streams.iter().filter(|stream| stream.is_alive(now));
        let dies = living.filter_map(|stream| Some(stream.alive_at? + STREAM_TIMEOUT));
        dies.chain((!settled).then_some(self.settle_at)).min()
    }
}
