//! What the senders of one transport are told of the network: transport-cc where they number their
//! packets, REMB where they only stamp them, receiver reports always.

use std::time::{Duration, Instant};

use ortc::types::RtpParameters;

use crate::{
    bwe::{
        remb::{RembConfig, RembEstimator},
        transport_cc::TransportCcReceiver,
    },
    producer::extension_id,
    rtcp::builder,
    rtp::{outgoing::uri, packet::RtpPacket},
};

/// Between two receiver reports: mediasoup's figure for video, and often enough for audio.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Feedback state of one transport.
#[derive(Debug)]
pub(crate) struct SenderFeedback {
    /// The SSRC we sign RTCP with.
    pub(crate) rtcp_ssrc: u32,
    abs_send_time: Option<u8>,
    transport_cc: Option<u8>,
    receiver: TransportCcReceiver,
    /// The client numbers its packets, perhaps not all: it estimates by those, for all its streams.
    numbered: bool,
    /// From the first packet on while none was numbered: most clients only receive, or number theirs.
    remb: Option<Box<RembEstimator>>,
    remb_sent: Option<u64>,
    /// The last SSRC heard; transport-cc feedback must name one.
    media_ssrc: u32,
    next_report: Option<Instant>,
}

impl SenderFeedback {
    /// Nothing received yet.
    pub(crate) fn new(rtcp_ssrc: u32) -> Self {
        Self {
            rtcp_ssrc,
            abs_send_time: None,
            transport_cc: None,
            receiver: TransportCcReceiver::default(),
            numbered: false,
            remb: None,
            remb_sent: None,
            media_ssrc: 0,
            next_report: None,
        }
    }

    /// Learns a producer's header extensions.
    pub(crate) fn learn(&mut self, parameters: &RtpParameters) {
        self.abs_send_time = extension_id(parameters, uri::ABS_SEND_TIME).or(self.abs_send_time);
        self.transport_cc = extension_id(parameters, uri::TRANSPORT_CC).or(self.transport_cc);
    }

    /// An authentic packet of a producer's stream arrived.
    pub(crate) fn received(&mut self, now: Instant, packet: &RtpPacket<'_>) {
        self.media_ssrc = packet.ssrc();
        self.next_report.get_or_insert(now + REPORT_INTERVAL);
        let extension = |id: Option<u8>| id.and_then(|id| packet.extension(id));
        if let Some(&[high, low]) = extension(self.transport_cc) {
            self.numbered = true;
            // An estimate of the others alone would be told as one of all.
            (self.remb, self.remb_sent) = (None, None);
            self.receiver.receive(now, u16::from_be_bytes([high, low]));
        }
        if self.numbered {
            return;
        }
        let sent_at = match extension(self.abs_send_time) {
            Some(&[a, b, c]) => Some(u32::from_be_bytes([0, a, b, c])),
            _ => None,
        };
        let new = || Box::new(RembEstimator::new(RembConfig::default()));
        self.remb
            .get_or_insert_with(new)
            .receive(now, sent_at, packet.len());
    }

    /// The worst loss of the last report interval, in 1/256.
    pub(crate) fn lost(&mut self, now: Instant, fraction: u8) {
        if let Some(remb) = &mut self.remb {
            remb.handle_loss(now, fraction);
        }
    }

    /// Appends what is due. `ssrcs` are the media streams REMB speaks of.
    pub(crate) fn write_due(&mut self, now: Instant, ssrcs: &[u32], out: &mut Vec<u8>) {
        self.receiver
            .feedback(now, self.rtcp_ssrc, self.media_ssrc, out);
        if let Some(bitrate) = self.remb.as_mut().and_then(|remb| remb.due(now)) {
            self.remb_sent = Some(bitrate);
            builder::remb(out, self.rtcp_ssrc, bitrate, ssrcs);
        }
    }

    /// Whether receiver reports are due; if so the next ones are scheduled.
    pub(crate) fn take_report_due(&mut self, now: Instant) -> bool {
        let due = self.next_report.is_some_and(|at| at <= now);
        if due {
            self.next_report = Some(now + REPORT_INTERVAL);
        }
        due
    }

    /// When something is due next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [
            self.receiver.poll_timeout(),
            self.remb.as_ref().and_then(|remb| remb.poll_timeout()),
            self.next_report,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The estimate last told to the client, bits per second.
    pub(crate) fn remb_sent(&self) -> Option<u64> {
        self.remb_sent
    }
}
