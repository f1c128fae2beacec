//! What a router does when a timer of one of its entities is due, and what it does with the wishes
//! consumers and producers voice in between.

use std::time::{Duration, Instant};

use super::{ConsumerKey, Outlet, ProducerKey, Router, TimerKey, TransportKey};
use crate::{EventKind, router::router::Route, rtcp::builder};
use ortc::types::MediaKind;

/// Between two sender reports (mediasoup's figures): players align sound and picture by them.
const VIDEO_REPORT_INTERVAL: Duration = Duration::from_secs(1);
const AUDIO_REPORT_INTERVAL: Duration = Duration::from_secs(5);

impl Router {
    /// Runs one entity's timers. `deadline` tells a current entry from a stale one.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        (deadline, key): (Instant, TimerKey),
        ntp: u64,
        out: &mut Outlet<'_>,
    ) {
        match key {
            TimerKey::Transport(_, key) => self.transport_timeout(now, deadline, key, out),
            TimerKey::Producer(_, key) => self.producer_timeout(now, deadline, key, out),
            TimerKey::Consumer(_, key) => self.consumer_timeout(now, deadline, (key, ntp), out),
        }
    }

    fn transport_timeout(
        &mut self,
        now: Instant,
        deadline: Instant,
        key: TransportKey,
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get_mut(key) else {
            return;
        };
        if !transport.scheduled.fired(deadline) {
            return;
        }
        let change = transport.handle_timeout(now, out.egress);
        self.apply(now, key, change, out);
        if self.send_feedback(now, key, out) {
            self.report_scores_of(now, key, out);
        }
        self.wake_transport(key, out);
    }

    fn producer_timeout(
        &mut self,
        now: Instant,
        deadline: Instant,
        key: ProducerKey,
        out: &mut Outlet<'_>,
    ) {
        let Self {
            producers,
            transports,
            wanted,
            ..
        } = self;
        let Some(producer) = producers.get_mut(key) else {
            return;
        };
        if !producer.scheduled.fired(deadline) {
            return;
        }
        producer.handle_timeout(now, wanted);
        if let Some(transport) = transports.get_mut(producer.transport) {
            let sender = transport.feedback.rtcp_ssrc;
            transport.send_rtcp(now, out.egress, |rtcp| {
                for (ssrc, lost) in &wanted.nacks {
                    // What does not fit is asked for again at the next turn.
                    builder::nack(rtcp, sender, *ssrc, lost);
                }
                for ssrc in &wanted.key_frames {
                    builder::pli(rtcp, sender, *ssrc);
                }
            });
        }
        self.wake_producer(key, out);
    }

    fn consumer_timeout(
        &mut self,
        now: Instant,
        deadline: Instant,
        (key, ntp): (ConsumerKey, u64),
        out: &mut Outlet<'_>,
    ) {
        let Some(route) = self.consumers.get_mut(key) else {
            return;
        };
        if !route.scheduled.fired(deadline) {
            return;
        }
        route.consumer.handle_timeout(now);
        if route.consumer.is_replay_due(now) {
            self.replay(now, key, out);
        }
        let route = &self.consumers[key];
        if route.next_report.is_some_and(|at| at <= now) {
            self.send_report(now, key, ntp, out);
        }
        self.settle(now, key, out);
    }

    fn send_report(&mut self, now: Instant, key: ConsumerKey, ntp: u64, out: &mut Outlet<'_>) {
        let route = &mut self.consumers[key];
        let interval = match self.producers[route.producer].kind {
            MediaKind::Audio => AUDIO_REPORT_INTERVAL,
            MediaKind::Video => VIDEO_REPORT_INTERVAL,
        };
        route.next_report = Some(now + interval);
        let Some(report) = route.consumer.sender_report(now, ntp) else {
            return;
        };
        let Some(transport) = self.transports.get_mut(route.transport) else {
            return;
        };
        transport.send_rtcp(now, out.egress, |rtcp| {
            builder::sender_report(rtcp, report.ssrc, &report.info, &[]);
            builder::source_description(rtcp, report.ssrc, &route.cname);
        });
    }

    /// Carries out what a consumer wished for: key frames, news for its client, the next wake-up.
    pub(crate) fn settle(&mut self, now: Instant, key: ConsumerKey, out: &mut Outlet<'_>) {
        let Some(route) = self.consumers.get_mut(key) else {
            return;
        };
        if let Some(layers) = route.consumer.take_layers_change() {
            let consumer = route.consumer.id();
            out.emit(EventKind::ConsumerLayersChange { consumer, layers });
        }
        let kind = route.consumer.kind();
        if let Some(time) = route.consumer.take_first_media() {
            out.tally.first_media.of(kind).observe(time.as_secs_f64());
        }
        let producer = route.producer;
        let next = || route.consumer.take_key_frame_request();
        let wanted: Vec<usize> = std::iter::from_fn(next).collect();
        for encoding in wanted {
            if !self.replay_instead(now, key, encoding) {
                self.request_key_frame(now, producer, encoding, out);
            }
        }
        if let Some(route) = self.consumers.get_mut(key) {
            let deadline = route.deadline();
            out.wake_consumer(&mut route.scheduled, deadline, key);
        }
    }

    /// [`Self::settle`] for every consumer the last packet changed.
    pub(super) fn settle_changed(&mut self, now: Instant, out: &mut Outlet<'_>) {
        while let Some(key) = self.changed.pop() {
            self.settle(now, key, out);
        }
    }

    /// Asks a producer's client for a key frame, now or as soon as the debounce allows.
    pub(crate) fn request_key_frame(
        &mut self,
        now: Instant,
        key: ProducerKey,
        encoding: usize,
        out: &mut Outlet<'_>,
    ) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        let send = producer.request_key_frame(now, encoding);
        let ssrc = producer.ssrc(encoding).filter(|_| send);
        if let (Some(ssrc), Some(transport)) = (ssrc, self.transports.get_mut(producer.transport)) {
            let sender = transport.feedback.rtcp_ssrc;
            transport.send_rtcp(now, out.egress, |rtcp| builder::pli(rtcp, sender, ssrc));
        }
        self.wake_producer(key, out);
    }

    fn report_scores_of(&mut self, now: Instant, key: TransportKey, out: &mut Outlet<'_>) {
        let Some(transport) = self.transports.get(key) else {
            return;
        };
        for producer in transport.producers.clone() {
            self.report_scores(now, producer, out);
        }
    }

    /// Tells the consumers which of a producer's encodings is the largest, before they are sent what
    /// says so.
    pub(super) fn tell_order(
        &mut self,
        now: Instant,
        key: ProducerKey,
        largest_first: bool,
        out: &mut Outlet<'_>,
    ) {
        for consumer in self.routes[key].clone() {
            if let Some(route) = self.consumers.get_mut(consumer) {
                route.consumer.set_largest_first(now, largest_first);
            }
            self.settle(now, consumer, out);
        }
    }

    /// Tells the control side and the consumers when a producer's scores changed.
    pub(super) fn report_scores(&mut self, now: Instant, key: ProducerKey, out: &mut Outlet<'_>) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        let Some(scores) = producer.take_score_change() else {
            return;
        };
        let (id, streams) = (producer.id, producer.stream_scores());
        for consumer in self.routes[key].clone() {
            if let Some(route) = self.consumers.get_mut(consumer) {
                route.consumer.producer_streams_changed(now, &streams);
            }
            self.settle(now, consumer, out);
        }
        out.emit(EventKind::ProducerScore {
            producer: id,
            scores,
        });
    }

    pub(crate) fn wake_transport(&mut self, key: TransportKey, out: &mut Outlet<'_>) {
        if let Some(transport) = self.transports.get_mut(key) {
            let deadline = transport.poll_timeout();
            out.wake_transport(&mut transport.scheduled, deadline, key);
        }
    }

    pub(crate) fn wake_producer(&mut self, key: ProducerKey, out: &mut Outlet<'_>) {
        if let Some(producer) = self.producers.get_mut(key) {
            let deadline = producer.poll_timeout();
            out.wake_producer(&mut producer.scheduled, deadline, key);
        }
    }
}

impl Route {
    /// When the consumer wants to be woken, or a report is due.
    fn deadline(&self) -> Option<Instant> {
        self.consumer
            .poll_timeout()
            .into_iter()
            .chain(self.next_report)
            .min()
    }
}
