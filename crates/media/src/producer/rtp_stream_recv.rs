//! Statistics and reports of one received RTP stream.
//!
//! Takes packets of one encoding and its retransmissions; forwards nothing, sends nothing.

use std::time::Instant;

use super::nack_generator::NackGenerator;
use super::sequence_window::{Place, SequenceWindow};
use super::stream_quality::{Counters, Jitter, StreamScore};
use crate::rtcp::report::ReportBlock;
use crate::rtp::packet::RtpPacket;
use crate::rtp::rate_meter::RateMeter;

/// What a received stream is.
#[derive(Clone, Debug)]
pub(crate) struct RtpStreamRecvConfig {
    /// The media stream.
    pub(crate) ssrc: u32,
    /// Timestamp units a second.
    pub(crate) clock_rate: u32,
    /// Whether the sender answers NACK.
    pub(crate) use_nack: bool,
    /// Whether the sender answers PLI.
    pub(crate) use_pli: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamPacket {
    /// The newest of the stream.
    New {
        /// Its extended sequence number.
        sequence: u64,
    },
    /// Late or sent again, and not seen before.
    Recovered {
        /// Its extended sequence number.
        sequence: u64,
    },
    /// Seen before.
    Duplicate,
    /// Too far from the stream to be placed.
    TooOld,
    /// The newest, after the source started again; unrelated to what came before.
    Reset {
        /// Its extended sequence number, above all before it.
        sequence: u64,
    },
}

/// A sender report, and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedSenderReport {
    /// Arrival.
    pub(crate) at: Instant,
    /// The sender's wall-clock time, NTP format.
    pub(crate) ntp: u64,
    /// The same moment in the stream's timestamps.
    pub(crate) rtp_timestamp: u32,
}

/// One encoding's media stream and its retransmissions.
#[derive(Clone, Debug)]
pub(crate) struct RtpStreamRecv {
    config: RtpStreamRecvConfig,
    window: Option<SequenceWindow>,
    nack: NackGenerator,
    jitter: Jitter,
    score: StreamScore,
    rate: RateMeter,
    received: u64,
    recovered: u64,
    duplicates: u64,
    bytes: u64,
    sender_report: Option<ReceivedSenderReport>,
    reported: Counters,
}

impl RtpStreamRecv {
    /// A stream of which nothing came yet.
    pub(crate) fn new(config: RtpStreamRecvConfig) -> Self {
        Self {
            window: None,
            nack: NackGenerator::default(),
            jitter: Jitter::new(config.clock_rate),
            score: StreamScore::default(),
            rate: RateMeter::default(),
            received: 0,
            recovered: 0,
            duplicates: 0,
            bytes: 0,
            sender_report: None,
            reported: Counters::default(),
            config,
        }
    }

    /// Takes a packet of the media stream.
    pub(crate) fn receive(&mut self, now: Instant, packet: &RtpPacket<'_>) -> StreamPacket {
        let number = packet.sequence_number();
        let taken = match &mut self.window {
            Some(window) => {
                let place = window.place(number);
                self.take(now, place)
            }
            None => {
                let window = self.window.insert(SequenceWindow::new(number));
                StreamPacket::New {
                    sequence: window.highest(),
                }
            }
        };
        if matches!(taken, StreamPacket::New { .. } | StreamPacket::Reset { .. }) {
            self.jitter.arrived(now, packet.timestamp());
        }
        if self.count(now, taken, packet.payload().len()) {
            self.received += 1;
        }
        taken
    }

    /// Takes a packet that was unwrapped from the retransmission stream
    /// ([`crate::rtp::packet::parse_rtx`]).
    pub(crate) fn receive_retransmission(
        &mut self,
        now: Instant,
        original_sequence: u16,
        payload_len: usize,
    ) -> StreamPacket {
        // A retransmission alone does not begin a stream.
        let Some(window) = &mut self.window else {
            return StreamPacket::TooOld;
        };
        let place = window.place_retransmission(original_sequence);
        let taken = self.take(now, place);
        if self.count(now, taken, payload_len) {
            self.recovered += 1;
        }
        taken
    }

    /// Takes a sender report on the media stream.
    pub(crate) fn handle_sender_report(&mut self, now: Instant, ntp: u64, rtp_timestamp: u32) {
        self.sender_report = Some(ReceivedSenderReport {
            at: now,
            ntp,
            rtp_timestamp,
        });
    }

    /// What to tell the sender, `None` before the first packet. To be called about once a second:
    /// the score is brought up to date here too.
    pub(crate) fn receiver_report(&mut self, now: Instant) -> Option<ReportBlock> {
        let counters = self.counters();
        self.score.update(now, counters);
        let highest_sequence = self.window.as_ref()?.extended_highest();
        let interval = counters.since(&self.reported);
        self.reported = counters;
        let fraction = (interval.lost_by_network() << 8).checked_div(interval.expected);
        let report = self.sender_report;
        Some(ReportBlock {
            ssrc: self.config.ssrc,
            fraction_lost: fraction.unwrap_or(0).min(255) as u8,
            cumulative_lost: i32::try_from(counters.lost_by_network()).unwrap_or(i32::MAX),
            highest_sequence,
            jitter: self.jitter.value(),
            last_sender_report: report.map_or(0, |report| (report.ntp >> 16) as u32),
            delay_since_last_sender_report: report.map_or(0, |report| ntp_delay(report.at, now)),
        })
    }

    /// Appends the sequence numbers to ask for now, in ascending order.
    pub(crate) fn nacks(&mut self, now: Instant, out: &mut Vec<u16>) {
        self.nack.take_due(now, out);
    }

    /// When [`Self::nacks`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.nack.poll_timeout()
    }

    /// Whether packets were given up since the last call, so that only a key frame helps.
    pub(crate) fn take_key_frame_wanted(&mut self) -> bool {
        self.nack.take_key_frame_wanted() && self.config.use_pli
    }

    /// 0 (dead) to 10 (perfect), as of the last [`Self::receiver_report`]:
    /// 0 before the first packet and after 2 s of silence, 10 from the first packet on, then
    /// `10 · (1 − loss)⁴` over a second, at least 1; a packet lost and recovered is a quarter lost.
    pub(crate) fn score(&self) -> u8 {
        self.score.value()
    }

    /// Payload bits per second, retransmissions included.
    pub(crate) fn bitrate(&self, now: Instant) -> u64 {
        self.rate.rate(now)
    }

    /// Packets received, each once.
    pub(crate) fn packets(&self) -> u64 {
        self.received + self.recovered
    }

    /// Their payload bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets received a second time.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Packets that came by retransmission only.
    pub(crate) fn recovered(&self) -> u64 {
        self.recovered
    }

    /// Packets neither received nor recovered so far.
    pub(crate) fn lost(&self) -> i64 {
        let missing = self.counters().expected.saturating_sub(self.packets());
        i64::try_from(missing).unwrap_or(i64::MAX)
    }

    /// Packets asked for again, repetitions included.
    pub(crate) fn nacked(&self) -> u64 {
        self.nack.requested()
    }

    /// Interarrival jitter in timestamp units (RFC 3550 §6.4.1).
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter.value()
    }

    /// The last sender report, which ties the stream's timestamps to the sender's clock.
    pub(crate) fn sender_report(&self) -> Option<ReceivedSenderReport> {
        self.sender_report
    }

    /// What the stream is.
    pub(crate) fn config(&self) -> &RtpStreamRecvConfig {
        &self.config
    }

    fn take(&mut self, now: Instant, place: Place) -> StreamPacket {
        let use_nack = self.config.use_nack;
        match place {
            Place::Ahead { sequence, skipped } => {
                if use_nack {
                    let oldest = self.window.as_ref().map_or(0, SequenceWindow::oldest);
                    self.nack.forget_below(oldest);
                    self.nack.gap(now, skipped);
                }
                StreamPacket::New { sequence }
            }
            Place::Behind { sequence } => {
                self.nack.received(now, sequence);
                StreamPacket::Recovered { sequence }
            }
            Place::Duplicate => StreamPacket::Duplicate,
            Place::Stray => StreamPacket::TooOld,
            Place::Restart { sequence } => {
                self.nack.clear();
                if use_nack {
                    // The run's first packet was refused as a stray.
                    self.nack.gap(now, sequence - 1..sequence);
                }
                // The report tied the old run's timestamps to the clock.
                self.sender_report = None;
                StreamPacket::Reset { sequence }
            }
        }
    }

    /// Counts bytes and life signs; `true` for a packet that is to be forwarded.
    fn count(&mut self, now: Instant, taken: StreamPacket, payload_len: usize) -> bool {
        match taken {
            StreamPacket::New { .. }
            | StreamPacket::Recovered { .. }
            | StreamPacket::Reset { .. } => {
                self.score.arrived(now);
                self.rate.add(now, payload_len);
                self.bytes += payload_len as u64;
                true
            }
            StreamPacket::Duplicate => {
                self.duplicates += 1;
                false
            }
            StreamPacket::TooOld => false,
        }
    }

    fn counters(&self) -> Counters {
        Counters {
            expected: self.window.as_ref().map_or(0, SequenceWindow::expected),
            received: self.received,
            recovered: self.recovered,
        }
    }
}

/// Time from `at` to `now` in 1/65536 s.
fn ntp_delay(at: Instant, now: Instant) -> u32 {
    let micros = now.saturating_duration_since(at).as_micros();
    u32::try_from((micros << 16) / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct Bench {
        stream: RtpStreamRecv,
        now: Instant,
    }

    impl Bench {
        #[allow(clippy::disallowed_methods)]
        fn new(use_nack: bool) -> Self {
            let config = RtpStreamRecvConfig {
                ssrc: 0x1234,
                clock_rate: 90_000,
                use_nack,
                use_pli: true,
            };
            Self {
                stream: RtpStreamRecv::new(config),
                now: Instant::now(),
            }
        }

        /// Ten payload bytes, timestamps in step with numbers and time.
        fn receive(&mut self, number: u16) -> StreamPacket {
            let mut bytes = [0; 22];
            bytes[..2].copy_from_slice(&[0x80, 96]);
            bytes[2..4].copy_from_slice(&number.to_be_bytes());
            bytes[4..8].copy_from_slice(&(u32::from(number) * 90).to_be_bytes());
            self.now += MS;
            self.stream
                .receive(self.now, &RtpPacket::parse(&bytes).unwrap())
        }

        fn receive_all(&mut self, numbers: impl IntoIterator<Item = u16>) {
            for number in numbers {
                assert!(
                    matches!(self.receive(number), StreamPacket::New { .. }),
                    "{number}"
                );
            }
        }

        fn nacks(&mut self) -> Vec<u16> {
            let mut out = Vec::new();
            self.stream.nacks(self.now, &mut out);
            out
        }

        fn report(&mut self) -> ReportBlock {
            self.stream.receiver_report(self.now).unwrap()
        }
    }

    #[test]
    fn clean_stream_is_new_throughout_and_reports_no_loss() {
        let mut bench = Bench::new(true);
        assert_eq!(bench.stream.receiver_report(bench.now), None);
        assert_eq!(bench.stream.score(), 0);
        bench.receive_all(65_000..=65_535);
        bench.receive_all(0..500);
        let report = bench.report();
        assert_eq!(
            (report.ssrc, report.fraction_lost, report.cumulative_lost),
            (0x1234, 0, 0)
        );
        assert_eq!(report.highest_sequence, 0x1_0000 + 499);
        assert!(bench.nacks().is_empty());
        assert_eq!(
            (bench.stream.packets(), bench.stream.bytes()),
            (1_036, 10_360)
        );
        assert_eq!((bench.stream.lost(), bench.stream.score()), (0, 10));
    }

    #[test]
    fn lost_packet_is_asked_for_and_recovered_by_retransmission_once() {
        let mut bench = Bench::new(true);
        bench.receive_all([10, 12]);
        assert_eq!(bench.nacks(), [11]);
        let recovered = StreamPacket::Recovered { sequence: 0x1_000B };
        assert_eq!(
            bench.stream.receive_retransmission(bench.now, 11, 10),
            recovered
        );
        let again = bench.stream.receive_retransmission(bench.now, 11, 10);
        assert_eq!(again, StreamPacket::Duplicate);
        assert_eq!(bench.receive(11), StreamPacket::Duplicate);
        assert_eq!(bench.stream.poll_timeout(), None);
        assert_eq!((bench.stream.recovered(), bench.stream.lost()), (1, 0));
        assert_eq!((bench.stream.duplicates(), bench.stream.packets()), (2, 3));
        // The network lost it all the same.
        assert_eq!(bench.report().cumulative_lost, 1);
    }

    #[test]
    fn late_packet_is_recovered_and_not_lost() {
        let mut bench = Bench::new(true);
        bench.receive_all([10, 13]);
        assert_eq!(
            bench.receive(12),
            StreamPacket::Recovered { sequence: 0x1_000C }
        );
        assert_eq!(bench.nacks(), [11]);
        assert_eq!(
            bench.receive(11),
            StreamPacket::Recovered { sequence: 0x1_000B }
        );
        assert_eq!(bench.report().cumulative_lost, 0);
    }

    #[test]
    fn reports_tell_the_loss_of_their_interval() {
        let mut bench = Bench::new(false);
        bench.receive_all((0..100).filter(|number| number % 4 != 1));
        let report = bench.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (64, 25));
        bench.receive_all(100..200);
        let report = bench.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (0, 25));
        assert_eq!(bench.report().fraction_lost, 0, "nothing expected");
        assert!(bench.nacks().is_empty(), "not negotiated");
    }

    #[test]
    fn restart_of_the_source_is_told_and_its_first_packet_asked_for() {
        let mut bench = Bench::new(true);
        bench.receive_all([10, 11, 13]);
        assert_eq!(bench.receive(40_000), StreamPacket::TooOld);
        let reset = StreamPacket::Reset {
            sequence: 0x2_0000 + 40_001,
        };
        assert_eq!(bench.receive(40_001), reset);
        assert_eq!(bench.nacks(), [40_000]);
        bench.receive_all([40_002]);
        assert_eq!(bench.receive(14), StreamPacket::TooOld);
        assert_eq!(bench.report().cumulative_lost, 2, "12 and 40,000");
    }

    #[test]
    fn retransmission_before_any_packet_is_dropped() {
        let mut bench = Bench::new(true);
        let taken = bench.stream.receive_retransmission(bench.now, 10, 10);
        assert_eq!((taken, bench.stream.packets()), (StreamPacket::TooOld, 0));
    }

    #[test]
    fn hopeless_gap_wants_a_key_frame_instead_of_nacks() {
        let mut bench = Bench::new(true);
        bench.receive_all([0, 2_000]);
        assert!(bench.nacks().is_empty());
        assert!(bench.stream.take_key_frame_wanted());
        assert!(!bench.stream.take_key_frame_wanted());
        bench.receive_all([2_002]);
        assert_eq!(bench.nacks(), [2_001]);
    }

    #[test]
    fn packet_too_old_to_be_placed_is_not_asked_for() {
        let mut bench = Bench::new(true);
        bench.receive_all([0]);
        bench.receive_all(2..4_096);
        let mut out = Vec::new();
        bench.stream.nacks(bench.now, &mut out);
        assert_eq!(out, [1]);
        bench.receive_all(4_096..4_100);
        assert_eq!(bench.stream.poll_timeout(), None);
        assert!(bench.stream.take_key_frame_wanted());
        let late = bench.stream.receive_retransmission(bench.now, 1, 10);
        assert_eq!(late, StreamPacket::TooOld);
    }

    #[test]
    fn sender_report_is_echoed_with_its_age() {
        let mut bench = Bench::new(true);
        bench.receive_all([1]);
        assert_eq!(bench.report().last_sender_report, 0);
        bench
            .stream
            .handle_sender_report(bench.now, 0x1122_3344_5566_7788, 90);
        bench.now += 1_500 * MS;
        let report = bench.report();
        assert_eq!(report.last_sender_report, 0x3344_5566);
        assert_eq!(report.delay_since_last_sender_report, 0x1_8000);
        bench.now += Duration::from_secs(100_000);
        assert_eq!(bench.report().delay_since_last_sender_report, u32::MAX);
    }

    #[test]
    fn score_follows_loss_and_silence() {
        let mut bench = Bench::new(false);
        bench.receive_all(0..100);
        bench.report();
        bench.receive_all((100..1_100).filter(|number| number % 5 != 0));
        bench.now += 300 * MS;
        bench.report();
        assert_eq!(bench.stream.score(), 4, "a fifth lost");
        bench.receive_all(1_101..2_101);
        bench.report();
        assert_eq!(bench.stream.score(), 10);
        bench.now += 2_000 * MS;
        bench.report();
        assert_eq!(
            (bench.stream.score(), bench.stream.bitrate(bench.now)),
            (0, 0)
        );
        bench.receive_all([2_101]);
        assert_eq!(bench.stream.score(), 10);
    }

    #[test]
    fn bitrate_is_of_payload() {
        let mut bench = Bench::new(true);
        bench.receive_all(0..2_000);
        let bitrate = bench.stream.bitrate(bench.now);
        assert!((78_000..=82_000).contains(&bitrate), "{bitrate}");
    }

    #[test]
    fn lossy_stream_is_whole_after_retransmissions() {
        // 10 % loss of media and of retransmissions, 60 ms round trip, packets 5 ms apart.
        let mut bench = Bench::new(true);
        let mut seed = 0x9E37_79B9_7F4A_7C15u64;
        let mut lost = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.is_multiple_of(10)
        };
        let mut answers = std::collections::VecDeque::new();
        for number in 0..4_000u16 {
            if number == 0 || number > 3_800 || !lost() {
                bench.receive(number);
            }
            bench.now += 4 * MS;
            for asked in bench.nacks() {
                answers.push_back((bench.now + 60 * MS, asked, lost()));
            }
            while answers.front().is_some_and(|(at, ..)| *at <= bench.now) {
                let (_, asked, lost) = answers.pop_front().unwrap();
                if !lost {
                    bench.stream.receive_retransmission(bench.now, asked, 10);
                }
            }
        }
        assert_eq!((bench.stream.packets(), bench.stream.lost()), (4_000, 0));
        let excess = bench.stream.nacked() as f64 / bench.stream.recovered() as f64;
        assert!(excess < 1.2, "{excess} requests for each recovered packet");
        assert!(!bench.stream.take_key_frame_wanted());
    }
}
