//! Statistics, reports and retransmissions of one sent RTP stream; decides nothing about layers.

use std::time::{Duration, Instant};

use super::{
    report::SenderReportData,
    retransmission_buffer::Kept,
    retransmission_limit::RetransmissionLimit,
    sent_packets::{Found, SentPackets, Spacing},
    types::{RepairEnd, Retransmission, Rewrite, Rtx},
};
use crate::{
    rtcp::report::{ReportBlock, SenderInfo},
    rtp::MediaPacket,
};

/// Round-trip time assumed until a receiver report tells (libwebrtc assumes the same).
const DEFAULT_RTT: Duration = Duration::from_millis(100);

/// Longest time between two repairs of one packet, so that a wild report cannot forbid them.
const MAX_SPACING: Duration = Duration::from_millis(500);

/// Shortest; two requests of one feedback interval are one.
const MIN_SPACING: Duration = Duration::from_millis(10);

/// Repairs answered at one time at most.
const MAX_REPAIRS: usize = 1000;

/// How a stream is named and limited.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamConfig {
    pub(super) ssrc: u32,
    /// SSRC and payload type of the retransmission stream (RFC 4588).
    pub(super) rtx: Option<(u32, u8)>,
    pub(super) initial_rtx_sequence: u16,
    /// Whether the receiver sends NACKs (RFC 4585).
    pub(super) nack: bool,
    pub(super) packets: usize,
    pub(super) age: Duration,
}

/// The sending half of one RTP stream.
#[derive(Debug)]
pub(super) struct RtpStreamSend {
    ssrc: u32,
    rtx: Option<(u32, u8)>,
    rtx_sequence: u16,
    /// None: the receiver sends no NACK.
    sent: Option<SentPackets>,
    limit: RetransmissionLimit,
    packets: u64,
    bytes: u64,
    /// Packets and bytes sent under the same SSRC by others before.
    before: (u64, u64),
    retransmitted: u64,
    /// The two last sender reports: LSR value and when.
    sender_reports: [Option<(u32, Instant)>; 2],
    rtt: Option<Duration>,
    report: ReportBlock,
}

impl RtpStreamSend {
    pub(super) fn new(config: StreamConfig) -> Self {
        let record = || SentPackets::new(config.packets, config.age);
        Self {
            ssrc: config.ssrc,
            rtx: config.rtx,
            rtx_sequence: config.initial_rtx_sequence,
            sent: config.nack.then(record),
            limit: RetransmissionLimit::new(),
            packets: 0,
            bytes: 0,
            before: (0, 0),
            retransmitted: 0,
            sender_reports: [None; 2],
            rtt: None,
            report: ReportBlock::default(),
        }
    }

    /// Counts and remembers a packet that leaves.
    pub(super) fn note(&mut self, now: Instant, packet: &MediaPacket<'_>, rewrite: &Rewrite) {
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        if let Some(sent) = &mut self.sent {
            self.limit.earn(packet.payload.len());
            sent.insert(now, packet, rewrite);
        }
    }

    /// Picks the packets to send again: each at most 10 times and a round trip apart, all together
    /// at most a quarter of the media bitrate. Without a retransmission stream none is sent again:
    /// the same sequence number sealed over new header extensions would reuse a GCM nonce.
    /// `kept` finds what the producer keeps, by encoding and extended sequence number.
    pub(super) fn handle_nack<'k>(
        &mut self,
        now: Instant,
        lost: impl Iterator<Item = u16>,
        kept: impl Fn(usize, u64) -> Option<Kept<'k>>,
        out: &mut Vec<Retransmission>,
    ) {
        let spacing = self.spacing();
        let (Some(sent), Some((ssrc, payload_type))) = (&mut self.sent, self.rtx) else {
            return;
        };
        let most = out.len() + MAX_REPAIRS;
        for number in lost {
            let Some(found) = sent.find(now, number, spacing, self.ssrc, &kept) else {
                continue;
            };
            if out.len() >= most || !self.limit.spend(found.size) {
                return;
            }
            sent.mark_resent(now, &found);
            self.retransmitted += 1;
            let sequence_number = self.rtx_sequence;
            self.rtx_sequence = sequence_number.wrapping_add(1);
            let rtx = Rtx {
                ssrc,
                payload_type,
                sequence_number,
            };
            out.push(retransmission(&found, rtx));
        }
    }

    /// Takes a receiver report; a round-trip time is read only from a report that answers one of
    /// the last two sender reports.
    pub(super) fn handle_receiver_report(&mut self, now: Instant, report: &ReportBlock) {
        self.report = *report;
        let answered = self.sender_reports.iter().flatten();
        let Some((_, at)) = answered
            .copied()
            .find(|(lsr, _)| *lsr == report.last_sender_report)
        else {
            return;
        };
        let held = (u64::from(report.delay_since_last_sender_report) * 1_000_000) >> 16;
        let held = Duration::from_micros(held);
        let rtt = now.saturating_duration_since(at).saturating_sub(held);
        // As RFC 6298 smooths it.
        self.rtt = Some(self.rtt.map_or(rtt, |smooth| (smooth * 7 + rtt) / 8));
    }

    /// The sender information at `now`, where the stream's timestamp is `rtp_timestamp`.
    pub(super) fn sender_report(
        &mut self,
        now: Instant,
        ntp: u64,
        rtp_timestamp: u32,
    ) -> SenderReportData {
        self.sender_reports = [Some(((ntp >> 16) as u32, now)), self.sender_reports[0]];
        let (packets, octets) = self.sent();
        let (packets, octets) = (packets as u32, octets as u32);
        SenderReportData {
            ssrc: self.ssrc,
            info: SenderInfo {
                ntp,
                rtp_timestamp,
                packets,
                octets,
            },
        }
    }

    /// Goes on with a stream of which so many packets and bytes were sent.
    pub(super) fn go_on(&mut self, sent: (u64, u64)) {
        self.before = sent;
    }

    /// Goes on with a retransmission stream.
    pub(super) fn go_on_repairing(&mut self, end: RepairEnd) {
        self.rtx_sequence = end.next_sequence;
    }

    /// Packets and bytes sent under this SSRC.
    pub(super) fn sent(&self) -> (u64, u64) {
        (self.before.0 + self.packets, self.before.1 + self.bytes)
    }

    /// Where the retransmission stream stands.
    pub(super) fn repair_end(&self) -> Option<RepairEnd> {
        let next_sequence = self.rtx_sequence;
        self.rtx.map(|_| RepairEnd { next_sequence })
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub(super) fn rtx_ssrc(&self) -> Option<u32> {
        self.rtx.map(|(ssrc, _)| ssrc)
    }

    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn retransmitted(&self) -> u64 {
        self.retransmitted
    }

    pub(super) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    pub(super) fn report(&self) -> ReportBlock {
        self.report
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.sent.as_ref().map_or(0, SentPackets::heap)
    }

    /// A receiver asks again after one round trip of its own counting; a quarter of slack keeps
    /// jitter from refusing it.
    fn spacing(&self) -> Spacing {
        let most_of = |rtt: Duration| (rtt * 3 / 4).min(MAX_SPACING);
        Spacing {
            // Unknown, it might be nearly nothing.
            after_first: self.rtt.map_or(Duration::ZERO, most_of),
            after_repair: most_of(self.rtt.unwrap_or(DEFAULT_RTT)).max(MIN_SPACING),
        }
    }
}

fn retransmission(found: &Found, rtx: Rtx) -> Retransmission {
    Retransmission {
        encoding: found.encoding,
        sequence: found.sequence,
        rewrite: found.rewrite,
        rtx,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consumer::{RetransmissionBuffer, tests::start_of_time},
        rtp::codecs::PayloadInfo,
    };

    const PAYLOAD: [u8; 1000] = [0; 1000];

    /// A stream and what its producer keeps.
    struct Rig {
        stream: RtpStreamSend,
        kept: RetransmissionBuffer,
    }

    fn stream(rtx: bool) -> Rig {
        let config = StreamConfig {
            ssrc: 1,
            rtx: rtx.then_some((2, 97)),
            initial_rtx_sequence: 65_535,
            nack: true,
            packets: 1024,
            age: Duration::from_secs(2),
        };
        Rig {
            stream: RtpStreamSend::new(config),
            kept: RetransmissionBuffer::new(config.packets, config.age),
        }
    }

    fn send(rig: &mut Rig, now: Instant, sequence: u64) {
        let packet = MediaPacket {
            encoding: 0,
            sequence,
            timestamp: 0,
            marker: false,
            payload_type: 96,
            info: PayloadInfo::default(),
            payload: &PAYLOAD,
        };
        let rewrite = Rewrite {
            ssrc: 1,
            payload_type: 96,
            sequence_number: sequence as u16,
            timestamp: 0,
            marker: false,
            vp8: None,
        };
        rig.kept.insert(now, &packet, &PAYLOAD);
        rig.stream.note(now, &packet, &rewrite);
    }

    fn nack(rig: &mut Rig, now: Instant, lost: &[u16]) -> Vec<Retransmission> {
        let mut out = Vec::new();
        let Rig { stream, kept } = rig;
        let kept = |_, sequence| kept.get(now, sequence);
        stream.handle_nack(now, lost.iter().copied(), kept, &mut out);
        out
    }

    fn after(milliseconds: u64) -> Instant {
        start_of_time() + Duration::from_millis(milliseconds)
    }

    #[test]
    fn lost_packet_is_sent_again_with_its_own_rtx_numbers() {
        let mut rig = stream(true);
        (0..4).for_each(|sequence| send(&mut rig, after(0), sequence));
        let again = nack(&mut rig, after(10), &[1, 3, 77]);
        assert_eq!(
            again
                .iter()
                .map(|packet| packet.sequence)
                .collect::<Vec<_>>(),
            [1, 3]
        );
        let numbers = again.iter().map(|packet| packet.rtx.sequence_number);
        assert_eq!(numbers.collect::<Vec<_>>(), [65_535, 0]);
        assert_eq!(rig.stream.retransmitted(), 2);
    }

    #[test]
    fn without_rtx_nothing_is_sent_again() {
        let mut rig = stream(false);
        send(&mut rig, after(0), 5);
        assert_eq!(nack(&mut rig, after(1), &[5]), []);
    }

    #[test]
    fn lost_repair_can_be_asked_for_again_after_a_round_trip() {
        let mut rig = stream(true);
        send(&mut rig, after(0), 5);
        assert_eq!(nack(&mut rig, after(10), &[5, 5]).len(), 1);
        assert_eq!(nack(&mut rig, after(60), &[5]).len(), 0);
        assert_eq!(nack(&mut rig, after(110), &[5]).len(), 1);
    }

    #[test]
    fn one_packet_is_sent_again_ten_times_at_most() {
        let mut rig = stream(true);
        send(&mut rig, after(0), 5);
        let times: usize = (1..20)
            .map(|n| nack(&mut rig, after(n * 100), &[5]).len())
            .sum();
        assert_eq!(times, 10);
    }

    #[test]
    fn repairs_stay_within_a_quarter_of_the_media() {
        let mut rig = stream(true);
        let mut again = 0;
        for n in 0..5_000u64 {
            let now = after(n * 4);
            send(&mut rig, now, n);
            let recent: Vec<u16> = (n.saturating_sub(200)..=n).map(|n| n as u16).collect();
            again += nack(&mut rig, now, &recent).len();
        }
        let share = again * (PAYLOAD.len() + 12);
        assert!(share <= 5_000 * PAYLOAD.len() / 4 + 16 * 1024, "{again}");
        assert!(again > 1_000, "{again}");
    }

    #[test]
    fn old_packet_is_not_sent_again() {
        let mut rig = stream(true);
        send(&mut rig, after(0), 5);
        assert!(nack(&mut rig, after(2_001), &[5]).is_empty());
    }

    #[test]
    fn round_trip_is_what_the_report_did_not_hold_back() {
        let mut rig = stream(true);
        let data = rig.stream.sender_report(after(0), 0x1234_5678_9ABC_DEF0, 7);
        assert_eq!(
            (data.ssrc, data.info.rtp_timestamp, data.info.packets),
            (1, 7, 0)
        );
        let report = ReportBlock {
            last_sender_report: 0x5678_9ABC,
            delay_since_last_sender_report: 65_536 / 2,
            ..ReportBlock::default()
        };
        rig.stream.handle_receiver_report(after(580), &report);
        assert_eq!(rig.stream.rtt(), Some(Duration::from_millis(80)));
    }

    #[test]
    fn request_sooner_than_a_round_trip_after_the_packet_is_about_something_older() {
        let mut rig = stream(true);
        rig.stream.sender_report(after(0), 0x1234_5678_9ABC_DEF0, 7);
        let report = ReportBlock {
            last_sender_report: 0x5678_9ABC,
            ..ReportBlock::default()
        };
        rig.stream.handle_receiver_report(after(80), &report);
        send(&mut rig, after(100), 5);
        assert!(nack(&mut rig, after(140), &[5]).is_empty());
        assert_eq!(nack(&mut rig, after(180), &[5]).len(), 1);
    }

    #[test]
    fn report_that_answers_nothing_gives_no_round_trip() {
        let mut rig = stream(true);
        rig.stream.sender_report(after(0), 0x1234_5678_9ABC_DEF0, 7);
        for last_sender_report in [0, 1, u32::MAX] {
            let report = ReportBlock {
                last_sender_report,
                ..ReportBlock::default()
            };
            rig.stream.handle_receiver_report(after(100), &report);
        }
        assert_eq!(rig.stream.rtt(), None);
    }
}
