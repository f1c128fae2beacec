//! RTCP in and out of a router.

use std::time::Instant;

use super::{ConsumerKey, Outlet, Router, TransportKey};
use crate::{
    Tuple,
    consumer::Retransmission,
    rtcp::{
        builder,
        compound::{Compound, RtcpMessage},
        report::ReportBlocks,
    },
};

impl Router {
    /// A client's RTCP.
    pub(crate) fn handle_rtcp(
        &mut self,
        (from, path): (TransportKey, Tuple),
        now: Instant,
        bytes: &mut [u8],
        out: &mut Outlet<'_>,
    ) {
        let Some(transport) = self.transports.get_mut(from) else {
            return;
        };
        let Some(plain) = transport.receive_rtcp(now, path, bytes) else {
            return;
        };
        let Ok(compound) = Compound::parse(plain) else {
            return;
        };
        for message in compound {
            self.handle_rtcp_message(from, now, message, out);
        }
    }

    fn handle_rtcp_message(
        &mut self,
        from: TransportKey,
        now: Instant,
        message: RtcpMessage<'_>,
        out: &mut Outlet<'_>,
    ) {
        match message {
            RtcpMessage::SenderReport {
                ssrc,
                ntp,
                rtp_timestamp,
                reports,
                ..
            } => {
                self.handle_sender_report(from, now, ssrc, (ntp, rtp_timestamp));
                self.handle_report_blocks(from, now, reports, out);
            }
            RtcpMessage::ReceiverReport { reports, .. } => {
                self.handle_report_blocks(from, now, reports, out);
            }
            RtcpMessage::Nack { media_ssrc, lost } => {
                let Some(key) = self.consumer_of(from, media_ssrc) else {
                    return;
                };
                out.tally.asked.nack += 1;
                let mut again = Vec::new();
                let route = &mut self.consumers[key];
                let producer = &self.producers[route.producer];
                let kept = |encoding, sequence| producer.kept(now, encoding, sequence);
                route.consumer.handle_nack(now, lost, kept, &mut again);
                self.retransmit(now, key, &again, out);
            }
            RtcpMessage::Pli { media_ssrc } => {
                out.tally.asked.pli += 1;
                self.key_frame_wanted(from, now, media_ssrc, out);
            }
            RtcpMessage::Fir { ssrcs } => {
                for ssrc in ssrcs {
                    out.tally.asked.fir += 1;
                    self.key_frame_wanted(from, now, ssrc, out);
                }
            }
            RtcpMessage::Remb { bitrate, .. } => {
                if let Some(transport) = self.transports.get_mut(from) {
                    transport.remb_received(bitrate);
                }
            }
            // Bandwidth towards receivers is not estimated yet; the rest informs nobody here.
            _ => {}
        }
    }

    fn handle_sender_report(
        &mut self,
        from: TransportKey,
        now: Instant,
        ssrc: u32,
        (ntp, rtp_timestamp): (u64, u32),
    ) {
        let Some(transport) = self.transports.get(from) else {
            return;
        };
        for key in &transport.producers {
            let Some(encoding) = self.producers[*key].encoding_of(ssrc) else {
                continue;
            };
            self.producers[*key].handle_sender_report(now, encoding, (ntp, rtp_timestamp));
            for consumer in &self.routes[*key] {
                let consumer = &mut self.consumers[*consumer].consumer;
                consumer.handle_producer_sender_report(now, encoding, ntp, rtp_timestamp);
            }
        }
    }

    fn handle_report_blocks(
        &mut self,
        from: TransportKey,
        now: Instant,
        blocks: ReportBlocks<'_>,
        out: &mut Outlet<'_>,
    ) {
        for block in blocks {
            let Some(key) = self.consumer_of(from, block.ssrc) else {
                continue;
            };
            let consumer = &mut self.consumers[key].consumer;
            consumer.handle_receiver_report(now, &block);
            out.tally.loss_out.observe(block.loss());
            // A report that names none of ours says nothing of the way there and back.
            if let Some(time) = consumer.rtt().filter(|_| block.last_sender_report != 0) {
                out.tally.round_trip.observe(time.as_secs_f64());
            }
        }
    }

    fn key_frame_wanted(
        &mut self,
        from: TransportKey,
        now: Instant,
        ssrc: u32,
        out: &mut Outlet<'_>,
    ) {
        let Some(key) = self.consumer_of(from, ssrc) else {
            return;
        };
        self.consumers[key].consumer.request_key_frame(now);
        self.settle(now, key, out);
    }

    /// The consumer whose media stream this is, on this transport. What is said of its RTX stream
    /// must not be taken for the media's: its numbers and losses are others.
    fn consumer_of(&self, transport: TransportKey, ssrc: u32) -> Option<ConsumerKey> {
        let key = *self.transports.get(transport)?.consumers.get(&ssrc)?;
        (self.consumers.get(key)?.consumer.ssrc() == ssrc).then_some(key)
    }

    fn retransmit(
        &mut self,
        now: Instant,
        key: ConsumerKey,
        again: &[Retransmission],
        out: &mut Outlet<'_>,
    ) {
        let route = &self.consumers[key];
        let producer = &self.producers[route.producer];
        let Some(transport) = self.transports.get_mut(route.transport) else {
            return;
        };
        for retransmission in again {
            let kept = producer.kept(now, retransmission.encoding, retransmission.sequence);
            let Some(kept) = kept else { continue };
            let extensions = &route.extensions;
            transport.send_retransmission(now, kept.bytes, retransmission, extensions, out.egress);
        }
    }

    /// Sends a client what is due for the streams it sends: reports, transport-cc, REMB.
    /// Returns whether reports were due, which is when scores are made.
    pub(super) fn send_feedback(
        &mut self,
        now: Instant,
        key: TransportKey,
        out: &mut Outlet<'_>,
    ) -> bool {
        let Self {
            transports,
            producers,
            ..
        } = self;
        let Some(transport) = transports
            .get_mut(key)
            .filter(|transport| transport.is_connected())
        else {
            return false;
        };
        let (mut ssrcs, mut blocks) = (Vec::new(), Vec::new());
        let due = transport.feedback.take_report_due(now);
        for producer in &transport.producers {
            for stream in producers[*producer].streams() {
                ssrcs.push(stream.config().ssrc);
                let Some(block) = due.then(|| stream.receiver_report(now)).flatten() else {
                    continue;
                };
                let rate = f64::from(stream.config().clock_rate.max(1));
                out.tally.jitter.observe(f64::from(block.jitter) / rate);
                out.tally.loss_in.observe(block.loss());
                blocks.push(block);
            }
        }
        if let Some(worst) = blocks.iter().map(|block| block.fraction_lost).max() {
            transport.feedback.lost(now, worst);
        }
        let sender = transport.feedback.rtcp_ssrc;
        let mut rtcp = Vec::new();
        if !blocks.is_empty() {
            builder::receiver_report(&mut rtcp, sender, &blocks);
        }
        transport.feedback.write_due(now, &ssrcs, &mut rtcp);
        transport.send_rtcp(now, out.egress, |arena| arena.extend_from_slice(&rtcp));
        due
    }
}
