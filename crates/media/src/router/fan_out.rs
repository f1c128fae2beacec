//! Fan-out: media received together leaves receiver by receiver.
//!
//! Packets wait here from their receipt until the shell asks for datagrams. Then each receiver is
//! sent all that waits for it before the next one's turn: its state is touched once per burst and
//! not once per packet, what it is sent lies side by side, as segmentation offload wants it, and
//! the shell can send a part while the rest is not even sealed yet.

use std::{ops::Range, time::Instant};

use super::{ConsumerKey, Outlet, ProducerKey, Router, TransportKey};
use crate::{
    consumer::Forward,
    rtp::{MediaPacket, outgoing},
};

/// Packets that may wait; beyond it the worker forwards before it takes another.
const MAX_PACKETS: usize = 2_048;

/// Media of one router that waits for its fan-out. Emptied before the shell sleeps.
#[derive(Debug, Default)]
pub(crate) struct Burst {
    packets: Vec<Waiting>,
    /// The packets as built, one behind the other.
    bytes: Vec<u8>,
    /// The first packet of the run being forwarded: neighbours of one producer.
    next: usize,
    /// Who gets the run, as its forwarding began.
    receivers: Vec<ConsumerKey>,
    /// The receiver whose turn it is; none before the first.
    turn: Option<usize>,
}

#[derive(Debug)]
struct Waiting {
    producer: ProducerKey,
    /// Without its payload.
    media: MediaPacket<'static>,
    built: Range<usize>,
}

impl Burst {
    /// Adds a packet that its producer took.
    pub(super) fn push(&mut self, producer: ProducerKey, media: &MediaPacket<'_>, built: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(built);
        self.packets.push(Waiting {
            producer,
            media: MediaPacket {
                payload: &[],
                ..*media
            },
            built: start..self.bytes.len(),
        });
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Whether no more should be added before some are forwarded.
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MAX_PACKETS
    }

    /// The producer whose packets are next.
    fn producer(&self) -> Option<ProducerKey> {
        self.packets.get(self.next).map(|waiting| waiting.producer)
    }

    /// Brings each producer's packets together, each in order.
    fn arrange(&mut self) {
        let untouched = self.next == 0 && self.turn.is_none();
        if untouched && !self.packets.is_sorted_by_key(|waiting| waiting.producer) {
            self.packets.sort_by_key(|waiting| waiting.producer);
        }
    }

    fn run_end(&self) -> usize {
        let of = self.producer();
        let run = self.packets.iter().skip(self.next);
        self.next + run.take_while(|it| Some(it.producer) == of).count()
    }

    fn finish_run(&mut self) {
        self.next = self.run_end();
        self.turn = None;
        if self.next >= self.packets.len() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.packets.clear();
        self.bytes.clear();
        self.next = 0;
        self.turn = None;
    }
}

impl Waiting {
    fn packet<'a>(&self, bytes: &'a [u8]) -> (MediaPacket<'a>, &'a [u8]) {
        let built = &bytes[self.built.clone()];
        let media = MediaPacket {
            payload: &built[outgoing::payload_at(built)..],
            ..self.media
        };
        (media, built)
    }
}

impl Router {
    /// Whether so much media waits that it must be forwarded before more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.burst.is_full()
    }

    /// Chooses whose packets are forwarded next: the transport they came from, which answers for a
    /// panic. None when nothing waits.
    pub(crate) fn next_run(&mut self) -> Option<TransportKey> {
        self.burst.arrange();
        loop {
            let producer = self.burst.producer()?;
            if let Some(producer) = self.producers.get(producer) {
                return Some(producer.transport);
            }
            self.burst.finish_run();
        }
    }

    /// Forwards what waits of one producer, until `until` bytes are ready to leave.
    pub(crate) fn fan_out(&mut self, now: Instant, until: usize, out: &mut Outlet<'_>) {
        let Self {
            transports,
            consumers,
            routes,
            burst,
            changed,
            ..
        } = self;
        let Some(producer) = burst.producer() else {
            return;
        };
        if burst.turn.is_none() {
            burst.receivers.clone_from(&routes[producer]);
        }
        let run = burst.next..burst.run_end();
        for turn in burst.turn.unwrap_or(0)..burst.receivers.len() {
            burst.turn = Some(turn);
            if out.egress.bytes() >= until {
                return;
            }
            let key = burst.receivers[turn];
            let Some(route) = consumers.get_mut(key) else {
                continue;
            };
            let Some(transport) = transports.get_mut(route.transport) else {
                continue;
            };
            for waiting in &burst.packets[run.clone()] {
                let (media, built) = waiting.packet(&burst.bytes);
                if let Forward::Send(rewrite) = route.consumer.forward_rtp(now, &media) {
                    transport.send_rtp(now, built, &rewrite, &route.extensions, out.egress);
                }
            }
            if route.consumer.has_changed() {
                changed.push(key);
            }
        }
        burst.finish_run();
        self.forwarded(now, producer, out);
    }

    /// Gives up what waits, after a panic.
    pub(crate) fn drop_waiting(&mut self) {
        self.burst.clear();
        self.changed.clear();
    }

    /// Acts on what a run of packets changed.
    pub(super) fn forwarded(&mut self, now: Instant, producer: ProducerKey, out: &mut Outlet<'_>) {
        self.settle_changed(now, out);
        let started = |it: &mut crate::producer::Producer| it.take_started();
        if self.producers.get_mut(producer).is_some_and(started) {
            self.report_scores(now, producer, out);
        }
    }
}
