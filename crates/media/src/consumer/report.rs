//! What reception and sender reports say (RFC 3550 §6.4), as data; no wire format.

/// One block of a receiver report about a consumer's stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiverReport {
    /// Share of packets lost since the last report, of 256.
    pub(crate) fraction_lost: u8,
    /// Packets lost since the start; duplicates make it negative (24 bits, signed).
    pub(crate) total_lost: i32,
    /// Extended highest sequence number received.
    pub(crate) highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub(crate) jitter: u32,
    /// LSR: the middle 32 bits of the NTP timestamp of the last sender report received, or 0.
    pub(crate) last_sender_report: u32,
    /// DLSR: since that report, in 1/65,536 s.
    pub(crate) delay_since_last_sender_report: u32,
}

/// The sender information of a sender report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReportData {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Wall clock, 32.32 fixed point seconds since 1900.
    pub(crate) ntp: u64,
    /// The stream's timestamp at that moment.
    pub(crate) rtp_timestamp: u32,
    /// Packets sent; wraps.
    pub(crate) packets: u32,
    /// Payload bytes sent; wraps.
    pub(crate) octets: u32,
}
