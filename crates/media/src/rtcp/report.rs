//! Report blocks of sender and receiver reports (RFC 3550 §6.4).

/// What one receiver says of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Lost since the start; 24 bits on the wire, negative when duplicates prevail.
    pub(crate) cumulative_lost: i32,
    /// Highest sequence number, with cycles in the upper half.
    pub(crate) highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub(crate) jitter: u32,
    /// The middle 32 bits of the last sender report's NTP timestamp; 0: none yet.
    pub(crate) last_sender_report: u32,
    /// Time since that report came, in 1/65536 s.
    pub(crate) delay_since_last_sender_report: u32,
}

impl ReportBlock {
    /// Bytes on the wire.
    pub(crate) const LEN: usize = 24;

    /// Share of packets lost since the last report.
    pub(crate) fn loss(&self) -> f64 {
        f64::from(self.fraction_lost) / 256.0
    }

    fn read(bytes: &[u8; Self::LEN]) -> Self {
        let word = |at| read_word(bytes, at);
        let [fraction_lost, lost @ ..] = word(4).to_be_bytes();
        let [high, middle, low] = lost;
        // Sign extension of 24 bits: through the upper three bytes of an i32.
        let cumulative_lost = i32::from_be_bytes([high, middle, low, 0]) >> 8;
        Self {
            ssrc: word(0),
            fraction_lost,
            cumulative_lost,
            highest_sequence: word(8),
            jitter: word(12),
            last_sender_report: word(16),
            delay_since_last_sender_report: word(20),
        }
    }

    /// Appends the block; the cumulative loss is clamped to 24 bits.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let lost = self.cumulative_lost.clamp(-0x80_0000, 0x7F_FFFF) as u32 & 0xFF_FFFF;
        let words = [
            self.ssrc,
            u32::from(self.fraction_lost) << 24 | lost,
            self.highest_sequence,
            self.jitter,
            self.last_sender_report,
            self.delay_since_last_sender_report,
        ];
        words
            .iter()
            .for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
    }
}

/// The report blocks of one packet, in wire order; at most 31.
#[derive(Clone, Debug)]
pub(crate) struct ReportBlocks<'a>(&'a [u8]);

impl<'a> ReportBlocks<'a> {
    /// The first `count` blocks of `bytes`, if they are there.
    pub(super) fn new(bytes: &'a [u8], count: u8) -> Option<Self> {
        bytes.get(..usize::from(count) * ReportBlock::LEN).map(Self)
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(ReportBlock::read(block))
    }
}

/// The sender's part of a sender report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    /// Wall-clock time, NTP format (32.32 bits).
    pub(crate) ntp: u64,
    /// The same moment in the stream's timestamps.
    pub(crate) rtp_timestamp: u32,
    /// Packets sent.
    pub(crate) packets: u32,
    /// Payload octets sent.
    pub(crate) octets: u32,
}

/// The big-endian word at `at`, which the caller has checked to be inside; 0 beyond.
pub(super) fn read_word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u32::from_be_bytes(*word))
}
