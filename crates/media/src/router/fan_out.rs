//! Fan-out: media received together leaves receiver by receiver.
//!
//! Packets wait here from their receipt until the shell asks for datagrams. Then each receiver is
//! sent all that waits for it before the next one's turn: its state is touched once per burst and
//! not once per packet, what it is sent lies side by side, as segmentation offload wants it, and
//! the shell can send a part while the rest is not even sealed yet.

use std::time::Instant;

use super::{Outlet, ProducerKey, Router, TransportKey};
use crate::consumer::Forward;

impl Router {
    /// Whether so much media waits that it must be forwarded before more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.burst.is_full()
    }

    /// Chooses whose packets are forwarded next: the transport they came from, which answers for a
    /// panic. None when nothing waits.
    pub(crate) fn next_run(&mut self) -> Option<TransportKey> {
        loop {
            let producer = self.burst.producer()?;
            if let Some(producer) = self.producers.get(producer) {
                return Some(producer.transport);
            }
            self.burst.skip_run();
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
            limits,
            ..
        } = self;
        let Some(producer) = burst.producer() else {
            return;
        };
        burst.begin_run(&routes[producer], limits.equalise_packets);
        loop {
            if out.egress.bytes() >= until {
                return;
            }
            let Some(key) = burst.next_receiver() else {
                break;
            };
            let Some(route) = consumers.get_mut(key) else {
                continue;
            };
            let Some(transport) = transports.get_mut(route.transport) else {
                continue;
            };
            for (media, built) in burst.run() {
                if let Forward::Send(rewrite) = route.consumer.forward_live(now, &media) {
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

    /// Gives up the packets that were being forwarded, after a panic. The others still wait.
    pub(crate) fn drop_run(&mut self) {
        self.burst.finish_run();
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
