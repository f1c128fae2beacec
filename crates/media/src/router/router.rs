//! The router's tables and the way of a packet in; [`super::fan_out`] is its way out.

use std::time::Instant;

use slotmap::{SecondaryMap, SlotMap};

use super::{ConsumerKey, Outlet, ProducerKey, TimerKey, TransportKey, burst::Burst};
use crate::{
    MediaLimits, Open, RouterDump, RouterId, Tally, Tuple,
    consumer::Consumer,
    producer::{Producer, Received, Wanted},
    rtp::outgoing::SendExtensions,
    timer::Scheduled,
    transport::web_rtc::WebRtcTransport,
    web_rtc_server::Protocol,
};

/// The entities of one room, each named by a key.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) id: RouterId,
    pub(crate) limits: MediaLimits,
    pub(crate) transports: SlotMap<TransportKey, WebRtcTransport>,
    pub(crate) producers: SlotMap<ProducerKey, Producer>,
    pub(crate) consumers: SlotMap<ConsumerKey, Route>,
    /// The consumers of each producer.
    pub(crate) routes: SecondaryMap<ProducerKey, Vec<ConsumerKey>>,
    /// The packet being received, as it will leave; kept between packets for its memory.
    pub(super) built: Vec<u8>,
    /// Media received and not forwarded yet.
    pub(super) burst: Burst,
    /// Consumers that changed while packets were forwarded; kept for its memory.
    pub(super) changed: Vec<ConsumerKey>,
    /// What a producer's timers want; kept for its memory.
    pub(super) wanted: Wanted,
}

/// A consumer and the way to its client.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) consumer: Consumer,
    pub(crate) producer: ProducerKey,
    pub(crate) transport: TransportKey,
    pub(crate) extensions: SendExtensions,
    pub(crate) cname: String,
    /// Paused by the control side. The consumer itself is also paused while its transport is not
    /// connected: a key frame must not be spent on a client that cannot get it.
    pub(crate) paused: bool,
    pub(crate) next_report: Option<Instant>,
    pub(crate) scheduled: Scheduled,
}

impl Router {
    /// An empty router.
    pub(crate) fn new(id: RouterId, limits: MediaLimits) -> Self {
        Self {
            id,
            limits,
            transports: SlotMap::with_key(),
            producers: SlotMap::with_key(),
            consumers: SlotMap::with_key(),
            routes: SecondaryMap::new(),
            built: Vec::new(),
            burst: Burst::default(),
            changed: Vec::new(),
            wanted: Wanted::default(),
        }
    }

    /// The way of a packet in: decrypted, judged by its producer and built once for all receivers,
    /// it waits for [`Router::fan_out`].
    pub(crate) fn handle_rtp(
        &mut self,
        (from, path): (TransportKey, Tuple),
        now: Instant,
        bytes: &mut [u8],
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get_mut(from) else {
            return;
        };
        let received = transport.receive_rtp(now, path, bytes);
        let deadline = transport.feedback.poll_timeout();
        out.wake_transport(&mut transport.scheduled, deadline, from);
        let Some((packet, target)) = received else {
            return;
        };
        let Some(producer) = self.producers.get_mut(target.producer) else {
            return;
        };
        let received = producer.receive_rtp(now, target, &packet, &mut self.built);
        let order = producer.take_order_change();
        let deadline = producer.poll_timeout();
        out.wake_producer(&mut producer.scheduled, deadline, target.producer);
        let Received::Media(media) = received else {
            return;
        };
        let receivers = self.routes[target.producer].len();
        if receivers == 0 {
            self.forwarded(now, target.producer, out);
            return;
        }
        if self.burst.is_empty() {
            out.backlog.routers.push_back(out.router.1);
        }
        out.backlog.datagrams += receivers;
        self.burst.push(target.producer, &media, &self.built);
        if let Some(largest_first) = order {
            self.tell_order(now, target.producer, largest_first, out);
        }
    }

    /// A datagram from a validated tuple.
    pub(crate) fn handle_datagram(
        &mut self,
        (from, path): (TransportKey, Tuple),
        now: Instant,
        protocol: Protocol,
        bytes: &mut [u8],
        out: &mut Outlet<'_>,
    ) {
        #[cfg(feature = "fault-injection")]
        if self
            .transports
            .get(from)
            .is_some_and(|transport| transport.panic_at_next_datagram)
        {
            panic!("injected into transport");
        }
        match protocol {
            Protocol::Rtp => self.handle_rtp((from, path), now, bytes, out),
            Protocol::Rtcp => self.handle_rtcp((from, path), now, bytes, out),
            Protocol::Dtls => self.handle_dtls(from, now, bytes, out),
            Protocol::Stun | Protocol::Unknown => {}
        }
    }

    fn handle_dtls(
        &mut self,
        from: TransportKey,
        now: Instant,
        bytes: &[u8],
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get_mut(from) else {
            return;
        };
        let change = transport.handle_dtls(now, bytes, out.egress);
        self.apply(now, from, change, out);
        self.wake_transport(from, out);
    }

    /// A STUN request for a transport; returns whether it was refused.
    pub(crate) fn handle_stun(
        &mut self,
        to: TransportKey,
        now: Instant,
        from: Tuple,
        bytes: &[u8],
        out: &mut Outlet<'_>,
    ) -> bool {
        let Some(transport) = self.transports.get_mut(to) else {
            return true;
        };
        let change = transport.handle_stun(now, from, bytes, out.egress);
        let rejected = change.ice.rejected;
        // Also when this transport knew the tuple already: another may have claimed it in between.
        if !rejected && transport.ice.is_validated(&from) {
            out.server.add_tuple(from, (out.router.1, to));
        }
        self.apply(now, to, change, out);
        self.wake_transport(to, out);
        rejected
    }

    /// The transport that answers for a panic in a timer's work.
    pub(crate) fn blamed(&self, key: TimerKey) -> Option<TransportKey> {
        match key {
            TimerKey::Transport(_, key) => self.transports.contains_key(key).then_some(key),
            TimerKey::Producer(_, key) => self.producers.get(key).map(|one| one.transport),
            TimerKey::Consumer(_, key) => self.consumers.get(key).map(|one| one.transport),
        }
    }

    /// Adds what its entities count.
    pub(crate) fn count(&self, open: &mut Open, tally: &mut Tally) {
        for transport in self.transports.values() {
            open.transports += 1;
            open.connected += u64::from(transport.is_connected());
            tally.carried.add(&transport.carried());
        }
        for producer in self.producers.values() {
            *open.producers.of(producer.kind) += 1;
            tally.produced.of(producer.kind).add(&producer.produced());
        }
        for route in self.consumers.values() {
            let kind = route.consumer.kind();
            *open.consumers.of(kind) += 1;
            tally.consumed.of(kind).add(&route.consumer.consumed());
        }
    }

    /// Everything in the router.
    pub(crate) fn dump(&mut self, now: Instant) -> RouterDump {
        let transports = self
            .transports
            .values_mut()
            .map(|transport| crate::TransportDump {
                id: transport.id,
                stats: transport.stats(now),
                ssrcs: transport.ssrcs(),
            });
        let transports = transports.collect();
        let consumers = self
            .consumers
            .values()
            .map(|route| self.dump_consumer(route))
            .collect();
        let producers = self
            .producers
            .values()
            .map(|producer| producer.dump(now))
            .collect();
        RouterDump {
            id: self.id,
            transports,
            producers,
            consumers,
        }
    }

    fn dump_consumer(&self, route: &Route) -> crate::ConsumerDump {
        let consumer = &route.consumer;
        let producer = &self.producers[route.producer];
        crate::ConsumerDump {
            id: consumer.id(),
            producer: producer.id,
            transport: self.transports[route.transport].id,
            kind: producer.kind,
            paused: route.paused,
            packets: consumer.packets(),
            bytes: consumer.bytes(),
            retransmitted: consumer.retransmitted(),
            round_trip_time: consumer.rtt().map(|rtt| rtt.as_secs_f64() * 1e3),
            fraction_lost: consumer.report().loss(),
            lost: consumer.report().cumulative_lost,
            jitter: consumer.report().jitter,
            key_frame_requests: consumer.key_frame_requests(),
            current_encoding: consumer.current_encoding(),
            current_layers: consumer.current_layers(),
            preferred_layers: consumer.preferred_layers(),
        }
    }
}
