//! The lists inside feedback packets: NACKed sequences, SSRCs, FIR entries; iterators, no copies.

/// The sequence numbers a generic NACK asks for (RFC 4585 §6.2.1), in wire order.
#[derive(Clone, Debug)]
pub(crate) struct NackedSequences<'a> {
    pairs: &'a [u8],
    packet_id: u16,
    /// Bits still to give: bit 0 is `packet_id` itself, bit n the packet n after it.
    mask: u32,
}

impl<'a> NackedSequences<'a> {
    /// `pairs`: whole 4-byte (PID, BLP) entries.
    pub(super) fn new(pairs: &'a [u8]) -> Self {
        Self {
            pairs,
            packet_id: 0,
            mask: 0,
        }
    }
}

impl Iterator for NackedSequences<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.mask == 0 {
            let ([high, low, mask @ ..], rest) = self.pairs.split_first_chunk::<4>()?;
            self.pairs = rest;
            self.packet_id = u16::from_be_bytes([*high, *low]);
            self.mask = u32::from(u16::from_be_bytes(*mask)) << 1 | 1;
        }
        let offset = self.mask.trailing_zeros();
        self.mask &= self.mask - 1;
        Some(self.packet_id.wrapping_add(offset as u16))
    }
}

/// A list of SSRCs, as in BYE and REMB.
#[derive(Clone, Debug)]
pub(crate) struct Ssrcs<'a> {
    bytes: &'a [u8],
    /// Bytes from one SSRC to the next: 4, or 8 in FIR entries.
    stride: usize,
}

impl<'a> Ssrcs<'a> {
    /// The first `count` words of `bytes`, if they are there.
    pub(super) fn list(bytes: &'a [u8], count: u8) -> Option<Self> {
        bytes
            .get(..usize::from(count) * 4)
            .map(|bytes| Self { bytes, stride: 4 })
    }

    /// The SSRCs of FIR entries (RFC 5104 §4.3.1.1).
    pub(super) fn of_fir(bytes: &'a [u8]) -> Self {
        Self { bytes, stride: 8 }
    }
}

impl Iterator for Ssrcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (entry, rest) = self.bytes.split_at_checked(self.stride)?;
        self.bytes = rest;
        entry.first_chunk().map(|word| u32::from_be_bytes(*word))
    }
}

/// Splits a bitrate into REMB's 6-bit exponent and 18-bit mantissa, rounding down
/// (draft-alvestrand-rmcat-remb-03 §2.2).
pub(super) fn remb_to_wire(bitrate: u64) -> (u8, u32) {
    let exponent = (u64::BITS - bitrate.leading_zeros()).saturating_sub(18);
    (exponent as u8, (bitrate >> exponent) as u32)
}

/// The bitrate of an exponent and a mantissa; what passes 64 bits is the largest.
pub(super) fn remb_from_wire(exponent: u8, mantissa: u32) -> u64 {
    let mantissa = u64::from(mantissa);
    if mantissa == 0 {
        return 0;
    }
    if u32::from(exponent) > mantissa.leading_zeros() {
        u64::MAX
    } else {
        mantissa << exponent
    }
}
