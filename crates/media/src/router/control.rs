//! Making, changing and closing a router's entities.

use std::time::Instant;

use ortc::types::{DtlsParameters, RtpParameters};

use super::{ConsumerKey, Outlet, ProducerKey, Router, TransportKey, router::Route};
use crate::{
    CloseReason, CommandError, ConsumeOptions, ConsumerId, DtlsState, EventKind, IceState,
    MediaLimits, ProduceOptions, ProducerId, Reply,
    consumer::{Consumer, ConsumerConfig},
    producer::Producer,
    rtp::{codecs::Codec, outgoing::SendExtensions},
    timer::Scheduled,
    transport::web_rtc::{Change, WebRtcTransport},
};

impl Router {
    /// Takes a new transport in.
    pub(crate) fn add_transport(&mut self, transport: WebRtcTransport, out: &mut Outlet<'_>) {
        let (id, ufrag) = (transport.id, transport.ice.parameters().username_fragment);
        let key = self.transports.insert(transport);
        out.index.transports.insert(id, (out.router.1, key));
        out.server.add_ufrag(ufrag, (out.router.1, key));
        self.wake_transport(key, out);
    }

    /// The client's fingerprints are known.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        key: TransportKey,
        remote: &DtlsParameters,
        out: &mut Outlet<'_>,
    ) -> Result<Reply, CommandError> {
        let transport = self
            .transports
            .get_mut(key)
            .ok_or(CommandError::TransportNotFound)?;
        let (_, change) = transport.connect(now, remote, out.egress)?;
        self.apply(now, key, change, out);
        self.wake_transport(key, out);
        Ok(Reply::Done)
    }

    /// Acts on what an input changed in a transport.
    pub(crate) fn apply(
        &mut self,
        now: Instant,
        key: TransportKey,
        change: Change,
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get_mut(key) else {
            return;
        };
        let (id, place) = (transport.id, (out.router.1, key));
        if let Some(tuple) = change.ice.removed {
            out.server.remove_tuple(&tuple, place);
        }
        if let Some(ufrag) = change.ice.old_ufrag_dropped {
            out.server.remove_ufrag(&ufrag);
        }
        if change.ice.state_changed {
            out.emit(EventKind::IceStateChange {
                transport: id,
                state: transport.ice_state(),
            });
        }
        if let Some(state) = change.dtls {
            out.emit(EventKind::DtlsStateChange {
                transport: id,
                state,
            });
            if state == DtlsState::Connected {
                self.transport_connected(now, key, out);
            }
        }
        if let Some(reason) = change.close {
            self.close_transport(now, key, reason, out);
        }
    }

    /// Consumers made before the handshake begin now.
    fn transport_connected(&mut self, now: Instant, key: TransportKey, out: &mut Outlet<'_>) {
        for consumer in self.consumers_on(key) {
            self.follow_pause(now, consumer, out);
        }
    }

    fn consumers_on(&self, transport: TransportKey) -> Vec<ConsumerKey> {
        let on = self
            .consumers
            .iter()
            .filter(|(_, route)| route.transport == transport);
        on.map(|(key, _)| key).collect()
    }

    /// A source the client sends.
    pub(crate) fn produce(
        &mut self,
        transport_key: TransportKey,
        id: ProducerId,
        options: &ProduceOptions,
        out: &mut Outlet<'_>,
    ) -> Result<Reply, CommandError> {
        let transport = self
            .transports
            .get_mut(transport_key)
            .ok_or(CommandError::TransportNotFound)?;
        let place = (transport_key, transport.id);
        let key = self
            .producers
            .insert(Producer::new(id, place, options, &self.limits)?);
        if let Err(error) = transport.add_producer(key, &options.rtp_parameters) {
            self.producers.remove(key);
            return Err(error);
        }
        self.routes.insert(key, Vec::new());
        out.index.producers.insert(id, (out.router.1, key));
        Ok(Reply::Done)
    }

    /// Sends a producer's media to a client.
    pub(crate) fn consume(
        &mut self,
        now: Instant,
        transport_key: TransportKey,
        (id, options): (ConsumerId, ConsumeOptions),
        start: (u16, u32),
        out: &mut Outlet<'_>,
    ) -> Result<Reply, CommandError> {
        let producer = out.index.producers.get(&options.producer);
        let producer = producer
            .filter(|(router, _)| *router == out.router.1)
            .map(|(_, key)| *key);
        let producer_key = producer.ok_or(CommandError::ProducerNotFound)?;
        if options.resumable {
            self.end_predecessors(transport_key, &options.rtp_parameters, out);
        }
        let transport = self
            .transports
            .get_mut(transport_key)
            .ok_or(CommandError::TransportNotFound)?;
        let producer = &self.producers[producer_key];
        let parameters = &options.rtp_parameters;
        let (paused, resumable) = (options.paused, options.resumable);
        let extensions = send_extensions(&options);
        let cname = parameters.rtcp.cname.clone().unwrap_or_default();
        let mut config = consumer_config(id, options, &self.limits)?;
        config.producer_paused = producer.paused;
        (config.initial_sequence, config.initial_timestamp) = start;
        let mut consumer = Consumer::new(config, now)?;
        let ssrcs = [Some(consumer.ssrc()), consumer.rtx_ssrc()];
        if let Some(taken) = ssrcs
            .iter()
            .flatten()
            .find(|ssrc| transport.consumers.contains_key(ssrc))
        {
            return Err(CommandError::StreamInUse(format!("SSRC {taken}")));
        }
        transport.resume(&mut consumer, resumable)?;
        introduce(now, &mut consumer, producer);
        let reply = Reply::Consumer {
            producer_paused: producer.paused,
            scores: producer.scores(),
        };
        let key = self.consumers.insert(Route {
            consumer,
            producer: producer_key,
            transport: transport_key,
            extensions,
            cname,
            paused,
            next_report: Some(now),
            scheduled: Scheduled::default(),
        });
        transport
            .consumers
            .extend(ssrcs.into_iter().flatten().map(|ssrc| (ssrc, key)));
        self.routes[producer_key].push(key);
        out.index.consumers.insert(id, (out.router.1, key));
        self.follow_pause(now, key, out);
        Ok(reply)
    }

    /// Ends those whose streams a new consumer takes up: the end of their producer may be on its way
    /// here, behind the successor.
    fn end_predecessors(
        &mut self,
        transport: TransportKey,
        parameters: &RtpParameters,
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get(transport) else {
            return;
        };
        let encodings = parameters.encodings.iter();
        let ssrcs = encodings.flat_map(|one| [one.ssrc, one.rtx.map(|rtx| rtx.ssrc)]);
        let held = ssrcs
            .flatten()
            .filter(|ssrc| transport.is_resumable(*ssrc))
            .filter_map(|ssrc| transport.consumers.get(&ssrc).copied());
        let mut held: Vec<_> = held.collect();
        held.dedup();
        for key in held {
            self.close_consumer(key, CloseReason::Requested, out);
        }
    }

    /// Pauses or resumes a consumer for its client.
    pub(crate) fn set_consumer_paused(
        &mut self,
        now: Instant,
        key: ConsumerKey,
        paused: bool,
        out: &mut Outlet<'_>,
    ) {
        if let Some(route) = self.consumers.get_mut(key) {
            route.paused = paused;
        }
        self.follow_pause(now, key, out);
    }

    /// A consumer runs when its client wants it and its transport can carry it.
    fn follow_pause(&mut self, now: Instant, key: ConsumerKey, out: &mut Outlet<'_>) {
        let Some(route) = self.consumers.get_mut(key) else {
            return;
        };
        let connected = self
            .transports
            .get(route.transport)
            .is_some_and(WebRtcTransport::is_connected);
        match (route.paused || !connected, route.consumer.paused()) {
            (true, false) => route.consumer.pause(now),
            (false, true) => route.consumer.resume(now),
            _ => {}
        }
        self.settle(now, key, out);
    }

    /// Pauses or resumes a producer; its consumers are told.
    pub(crate) fn set_producer_paused(
        &mut self,
        now: Instant,
        key: ProducerKey,
        paused: bool,
        out: &mut Outlet<'_>,
    ) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if !producer.set_paused(paused) {
            return;
        }
        for consumer in self.routes[key].clone() {
            let Some(route) = self.consumers.get_mut(consumer) else {
                continue;
            };
            route.consumer.set_producer_paused(now, paused);
            let consumer_id = route.consumer.id();
            out.emit(EventKind::ConsumerProducerPaused {
                consumer: consumer_id,
                paused,
            });
            self.settle(now, consumer, out);
        }
    }

    /// Closes everything, consumers first, then producers, then transports.
    pub(crate) fn close(&mut self, now: Instant, out: &mut Outlet<'_>) {
        let reason = CloseReason::RouterClosed;
        for key in self.consumers.keys().collect::<Vec<_>>() {
            self.close_consumer(key, reason, out);
        }
        for key in self.producers.keys().collect::<Vec<_>>() {
            self.close_producer(key, reason, out);
        }
        for key in self.transports.keys().collect::<Vec<_>>() {
            self.close_transport(now, key, reason, out);
        }
        out.emit(EventKind::RouterClosed);
    }

    /// Closes a transport with its consumers and producers.
    pub(crate) fn close_transport(
        &mut self,
        now: Instant,
        key: TransportKey,
        reason: CloseReason,
        out: &mut Outlet<'_>,
    ) {
        for consumer in self.consumers_on(key) {
            self.close_consumer(consumer, CloseReason::TransportClosed, out);
        }
        let Some(transport) = self.transports.get_mut(key) else {
            return;
        };
        for producer in std::mem::take(&mut transport.producers) {
            self.close_producer(producer, CloseReason::TransportClosed, out);
        }
        let Some(mut transport) = self.transports.remove(key) else {
            return;
        };
        let ice = transport.ice_state();
        if reason != CloseReason::Internal {
            transport.close(now, out.egress);
        }
        out.tally.ended.count(reason, ice);
        out.tally.carried.add(&transport.carried());
        let (tuples, ufrags) = (transport.ice.tuples(), transport.ice.ufrags());
        out.server.remove((out.router.1, key), tuples, ufrags);
        out.index.transports.remove(&transport.id);
        let transport = transport.id;
        out.emit(EventKind::IceStateChange {
            transport,
            state: IceState::Closed,
        });
        out.emit(EventKind::DtlsStateChange {
            transport,
            state: DtlsState::Closed,
        });
        out.emit(EventKind::TransportClosed { transport, reason });
    }

    /// Closes a producer with its consumers.
    pub(crate) fn close_producer(
        &mut self,
        key: ProducerKey,
        reason: CloseReason,
        out: &mut Outlet<'_>,
    ) {
        for consumer in self.routes.remove(key).unwrap_or_default() {
            self.close_consumer(consumer, CloseReason::ProducerClosed, out);
        }
        let Some(producer) = self.producers.remove(key) else {
            return;
        };
        if let Some(transport) = self.transports.get_mut(producer.transport) {
            transport.remove_producer(key);
        }
        out.tally
            .produced
            .of(producer.kind)
            .add(&producer.produced());
        out.index.producers.remove(&producer.id);
        out.emit(EventKind::ProducerClosed {
            producer: producer.id,
            reason,
        });
    }

    /// Closes a consumer.
    pub(crate) fn close_consumer(
        &mut self,
        key: ConsumerKey,
        reason: CloseReason,
        out: &mut Outlet<'_>,
    ) {
        let Some(route) = self.consumers.remove(key) else {
            return;
        };
        if let Some(others) = self.routes.get_mut(route.producer) {
            others.retain(|other| *other != key);
        }
        let consumer = route.consumer.id();
        let sums = out.tally.consumed.of(route.consumer.kind());
        sums.add(&route.consumer.consumed());
        if let Some(transport) = self.transports.get_mut(route.transport) {
            transport.remove_consumer(key, route.consumer);
        }
        out.index.consumers.remove(&consumer);
        out.emit(EventKind::ConsumerClosed { consumer, reason });
    }
}

/// Tells a new consumer what is known of its producer's streams.
fn introduce(now: Instant, consumer: &mut Consumer, producer: &Producer) {
    consumer.set_largest_first(now, producer.is_largest_first());
    consumer.producer_streams_changed(now, &producer.stream_scores());
    for (encoding, report) in producer.sender_reports() {
        let (ntp, timestamp) = (report.ntp, report.rtp_timestamp);
        consumer.handle_producer_sender_report(report.at, encoding, ntp, timestamp);
    }
}

/// What is written into the header extensions of a consumer's packets.
fn send_extensions(options: &ConsumeOptions) -> SendExtensions {
    let parameters = &options.rtp_parameters;
    let negotiated = &parameters.header_extensions;
    let extensions = SendExtensions::new(parameters.mid.as_deref(), negotiated);
    if options.payload_types.is_empty() {
        return extensions;
    }
    extensions.only(negotiated)
}

/// A consumer's settings; it starts paused and is resumed once its transport is connected.
fn consumer_config(
    id: ConsumerId,
    options: ConsumeOptions,
    limits: &MediaLimits,
) -> Result<ConsumerConfig, CommandError> {
    let codec = options.rtp_parameters.codecs.first();
    let codec = codec.ok_or_else(|| CommandError::InvalidRtpParameters("no codec".into()))?;
    Ok(ConsumerConfig {
        id,
        codec: Codec::from_mime_type(&codec.mime_type, options.kind),
        clock_rate: codec.clock_rate,
        producer_paused: false,
        initial_sequence: 0,
        initial_timestamp: 0,
        retransmission_packets: limits.retransmission_packets,
        retransmission_age: limits.retransmission_age,
        options: ConsumeOptions {
            paused: true,
            ..options
        },
    })
}
