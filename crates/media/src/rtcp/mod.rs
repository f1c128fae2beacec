//! RTCP in and out.

pub(crate) mod builder;
pub(crate) mod compound;
pub(crate) mod feedback;
pub(crate) mod report;
pub(crate) mod transport_cc;

#[cfg(test)]
mod tests;

/// Packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611).
pub(crate) mod packet_type {
    /// Sender report.
    pub(crate) const SENDER_REPORT: u8 = 200;
    /// Receiver report.
    pub(crate) const RECEIVER_REPORT: u8 = 201;
    /// Source description.
    pub(crate) const SOURCE_DESCRIPTION: u8 = 202;
    /// Goodbye.
    pub(crate) const GOODBYE: u8 = 203;
    /// Transport-layer feedback.
    pub(crate) const TRANSPORT_FEEDBACK: u8 = 205;
    /// Payload-specific feedback.
    pub(crate) const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Feedback message types: the count field of a feedback packet's header.
pub(crate) mod feedback_type {
    /// Generic NACK (RFC 4585 §6.2.1).
    pub(crate) const NACK: u8 = 1;
    /// Transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
    pub(crate) const TRANSPORT_CC: u8 = 15;
    /// Picture loss indication (RFC 4585 §6.3.1).
    pub(crate) const PLI: u8 = 1;
    /// Full intra request (RFC 5104 §4.3.1).
    pub(crate) const FIR: u8 = 4;
    /// Application layer feedback (RFC 4585 §6.4): REMB.
    pub(crate) const APPLICATION: u8 = 15;
}
