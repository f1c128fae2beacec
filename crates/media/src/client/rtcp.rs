//! RTCP as a client writes and reads it: thin names over the engine's own packets; decides nothing.

use std::time::Instant;

use crate::bwe::transport_cc::TransportCcReceiver;
use crate::rtcp::builder;
use crate::rtcp::compound::{Compound, RtcpMessage};
use crate::rtcp::report::{ReportBlock, SenderInfo};

/// What a receiver says of one stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceptionReport {
    /// The stream.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the start.
    pub cumulative_lost: i32,
    /// Highest sequence number, with cycles in the upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's NTP timestamp; 0: none yet.
    pub last_sender_report: u32,
    /// Time since that report came, in 1/65536 s.
    pub delay_since_last_sender_report: u32,
}

/// What a sender says of its own stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderReport {
    /// The stream.
    pub ssrc: u32,
    /// Wall-clock time, NTP format (32.32 bits).
    pub ntp: u64,
    /// The same moment in the stream's timestamps.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload octets sent.
    pub octets: u32,
}

/// What a client acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A sender report: stream and NTP timestamp.
    SenderReport {
        /// The stream it tells of.
        ssrc: u32,
        /// Wall-clock time, NTP format.
        ntp: u64,
    },
    /// A picture loss indication or full intra request.
    KeyFrameRequest {
        /// The stream it asks of.
        ssrc: u32,
    },
    /// A generic NACK.
    Nack {
        /// The stream it asks of.
        ssrc: u32,
        /// How many packets.
        packets: usize,
    },
}

/// Appends a receiver report.
pub fn receiver_report(out: &mut Vec<u8>, ssrc: u32, reports: &[ReceptionReport]) {
    let block = |report: &ReceptionReport| ReportBlock {
        ssrc: report.ssrc,
        fraction_lost: report.fraction_lost,
        cumulative_lost: report.cumulative_lost,
        highest_sequence: report.highest_sequence,
        jitter: report.jitter,
        last_sender_report: report.last_sender_report,
        delay_since_last_sender_report: report.delay_since_last_sender_report,
    };
    let blocks: Vec<_> = reports.iter().map(block).collect();
    builder::receiver_report(out, ssrc, &blocks);
}

/// Appends a sender report and the canonical name that goes with it.
pub fn sender_report(out: &mut Vec<u8>, report: &SenderReport, cname: &str) {
    let info = SenderInfo {
        ntp: report.ntp,
        rtp_timestamp: report.rtp_timestamp,
        packets: report.packets,
        octets: report.octets,
    };
    builder::sender_report(out, report.ssrc, &info, &[]);
    builder::source_description(out, report.ssrc, cname);
}

/// Appends a generic NACK; returns those that did not fit, for a further compound.
pub fn nack<'l>(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    media_ssrc: u32,
    lost: &'l [u16],
) -> &'l [u16] {
    builder::nack(out, sender_ssrc, media_ssrc, lost)
}

/// Appends a picture loss indication.
pub fn pli(out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32) {
    builder::pli(out, sender_ssrc, media_ssrc);
}

/// Tells `act` what a decrypted compound asks or says; what is malformed says nothing.
pub fn read(compound: &[u8], mut act: impl FnMut(Incoming)) {
    let Ok(messages) = Compound::parse(compound) else {
        return;
    };
    for message in messages {
        match message {
            RtcpMessage::SenderReport { ssrc, ntp, .. } => {
                act(Incoming::SenderReport { ssrc, ntp });
            }
            RtcpMessage::Pli { media_ssrc } => act(Incoming::KeyFrameRequest { ssrc: media_ssrc }),
            RtcpMessage::Fir { ssrcs } => {
                ssrcs.for_each(|ssrc| act(Incoming::KeyFrameRequest { ssrc }));
            }
            RtcpMessage::Nack { media_ssrc, lost } => act(Incoming::Nack {
                ssrc: media_ssrc,
                packets: lost.count(),
            }),
            RtcpMessage::ReceiverReport { .. }
            | RtcpMessage::Remb { .. }
            | RtcpMessage::TransportCc(_)
            | RtcpMessage::Bye { .. }
            | RtcpMessage::Other
            | RtcpMessage::Malformed => {}
        }
    }
}

/// Transport-wide feedback on what a client receives: every 100 ms while packets come.
#[derive(Clone, Debug, Default)]
pub struct ArrivalFeedback(TransportCcReceiver);

impl ArrivalFeedback {
    /// A packet with this transport-wide sequence number came.
    pub fn receive(&mut self, now: Instant, wide_sequence: u16) {
        self.0.receive(now, wide_sequence);
    }

    /// Appends one feedback packet if one is due; `true`: there may be another.
    pub fn write(
        &mut self,
        now: Instant,
        sender_ssrc: u32,
        media_ssrc: u32,
        out: &mut Vec<u8>,
    ) -> bool {
        self.0.feedback(now, sender_ssrc, media_ssrc, out)
    }

    /// When [`Self::write`] is next needed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
}
