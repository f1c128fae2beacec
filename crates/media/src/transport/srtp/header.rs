//! The unencrypted parts of RTP and RTCP packets that protection needs; every length is checked.

use super::SrtpError;

/// Fixed RTP header, RFC 3550 §5.1.
const RTP_FIXED: usize = 12;
/// What SRTCP leaves in clear: the first header and the sender's SSRC (RFC 3711 §3.4).
pub(super) const RTCP_CLEAR: usize = 8;
/// Version 2 in the two high bits.
const VERSION: u8 = 2;

/// What protection needs to know of an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RtpHeader {
    /// Synchronisation source.
    pub(super) ssrc: u32,
    /// Sequence number.
    pub(super) sequence: u16,
    /// Bytes in clear: fixed header, CSRCs, header extension.
    pub(super) len: usize,
}

/// Reads an RTP header that must end within `packet`.
pub(super) fn rtp_header(packet: &[u8]) -> Result<RtpHeader, SrtpError> {
    let fixed = packet
        .first_chunk::<RTP_FIXED>()
        .ok_or(SrtpError::Malformed)?;
    if fixed[0] >> 6 != VERSION {
        return Err(SrtpError::Malformed);
    }
    let mut len = RTP_FIXED + 4 * usize::from(fixed[0] & 0x0f);
    if fixed[0] & 0x10 != 0 {
        let extension = packet.get(len..len + 4).ok_or(SrtpError::Malformed)?;
        len += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    if len > packet.len() {
        return Err(SrtpError::Malformed);
    }
    Ok(RtpHeader {
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        len,
    })
}

/// The SSRC of the first packet of a compound RTCP packet.
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    let clear = packet
        .first_chunk::<RTCP_CLEAR>()
        .ok_or(SrtpError::Malformed)?;
    if clear[0] >> 6 != VERSION {
        return Err(SrtpError::Malformed);
    }
    Ok(u32::from_be_bytes([clear[4], clear[5], clear[6], clear[7]]))
}
