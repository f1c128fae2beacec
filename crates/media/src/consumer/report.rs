//! What a consumer's sender report says, as data; no wire format.

use crate::rtcp::report::SenderInfo;

/// The sender report of one consumer's stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReportData {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Its sender information.
    pub(crate) info: SenderInfo,
}
