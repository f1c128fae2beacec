//! Reads numbers of a few bits from a bitstream's headers; knows no format.

/// The bits of a header, first to last. Every read beyond the end is none.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// Whether a 3 behind two zeros is no part of the stream (ITU-T H.264 §7.4.1, H.265 §7.4.2).
    escaped: bool,
    /// Zeros before `rest`.
    zeros: u8,
    current: u8,
    /// Bits of `current` not read yet.
    left: u8,
}

impl<'a> Bits<'a> {
    /// Bits as they are.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            escaped: false,
            zeros: 0,
            current: 0,
            left: 0,
        }
    }

    /// Bits of a NAL unit behind its header, in which certain bytes are escaped.
    pub(super) fn escaped(bytes: &'a [u8]) -> Self {
        Self {
            escaped: true,
            ..Self::new(bytes)
        }
    }

    /// One bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.current = self.next_byte()?;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1 == 1)
    }

    /// A number of at most 32 bits, the highest first.
    pub(super) fn number(&mut self, bits: u32) -> Option<u32> {
        (0..bits).try_fold(0u32, |number, _| {
            Some(number << 1 | u32::from(self.flag()?))
        })
    }

    /// Passes over bits.
    pub(super) fn skip(&mut self, bits: u32) -> Option<()> {
        (0..bits).try_for_each(|_| self.flag().map(|_| ()))
    }

    /// An Exp-Golomb number (ITU-T H.264 §9.1; AV1 calls it uvlc) of less than 32 bits.
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros == u32::BITS {
                return None;
            }
        }
        Some(((1u32 << zeros) - 1) + self.number(zeros)?)
    }

    /// A signed Exp-Golomb number (ITU-T H.264 §9.1.1).
    pub(super) fn signed_golomb(&mut self) -> Option<i64> {
        let code = i64::from(self.golomb()?);
        Some(if code & 1 == 1 {
            (code + 1) / 2
        } else {
            -(code / 2)
        })
    }

    fn next_byte(&mut self) -> Option<u8> {
        const ESCAPE: u8 = 3;
        let (mut byte, mut rest) = self.rest.split_first()?;
        if self.escaped && self.zeros >= 2 && *byte == ESCAPE {
            (byte, rest) = rest.split_first()?;
            self.zeros = 0;
        }
        self.rest = rest;
        self.zeros = if *byte == 0 {
            self.zeros.saturating_add(1)
        } else {
            0
        };
        Some(*byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_across_bytes_and_end_with_them() {
        let mut bits = Bits::new(&[0b1010_0101, 0x03]);
        assert_eq!((bits.flag(), bits.number(5)), (Some(true), Some(0b01001)));
        assert_eq!((bits.skip(2), bits.number(8)), (Some(()), Some(3)));
        assert_eq!((bits.flag(), bits.number(0)), (None, Some(0)));
    }

    #[test]
    fn golomb_numbers_are_those_of_the_standard() {
        // 1, 010, 011, 00100, 00101: 0 to 4; signed 0, 1, -1, 2, -2.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&bytes);
        assert_eq!([(); 5].map(|()| bits.golomb().unwrap()), [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&bytes);
        assert_eq!(
            [(); 5].map(|()| bits.signed_golomb().unwrap()),
            [0, 1, -1, 2, -2]
        );
        assert_eq!(Bits::new(&[0; 9]).golomb(), None);
        let largest = [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(Bits::new(&largest).golomb(), Some(u32::MAX - 1));
    }

    #[test]
    fn escapes_are_no_part_of_the_stream() {
        let bytes = [0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3];
        let read =
            |mut bits: Bits<'_>| -> Vec<u32> { std::iter::from_fn(|| bits.number(8)).collect() };
        assert_eq!(read(Bits::escaped(&bytes)), [0, 0, 1, 0, 0, 0, 0, 3]);
        assert_eq!(read(Bits::new(&bytes)).len(), 11);
    }
}
