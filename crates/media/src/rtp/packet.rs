//! A view on the bytes of an RTP packet (RFC 3550, RFC 8285); allocates nothing, changes nothing.

/// Length of the fixed RTP header (RFC 3550 §5.1).
const FIXED_HEADER: usize = 12;
/// Extension profile of one-byte elements (RFC 8285 §4.2).
const ONE_BYTE_PROFILE: u16 = 0xBEDE;
/// Extension profile of two-byte elements; the low four bits are free (RFC 8285 §4.3).
const TWO_BYTE_PROFILE: u16 = 0x1000;

/// An RTP packet whose every length has been checked against the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RtpPacket<'a> {
    bytes: &'a [u8],
    extension_profile: u16,
    extension: &'a [u8],
    payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// Checks version, CSRC list, header extension and padding; `bytes` is one decrypted datagram.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let fixed = bytes.get(..FIXED_HEADER).ok_or(RtpError::TooShort)?;
        if fixed[0] >> 6 != 2 {
            return Err(RtpError::BadVersion);
        }
        let csrc_len = usize::from(fixed[0] & 0x0F) * 4;
        let after_csrc = bytes
            .get(FIXED_HEADER + csrc_len..)
            .ok_or(RtpError::CsrcTooLong)?;
        let (extension_profile, extension, rest) = if fixed[0] & 0x10 == 0 {
            (0, &[][..], after_csrc)
        } else {
            split_extension(after_csrc).ok_or(RtpError::ExtensionTooLong)?
        };
        let padding = if fixed[0] & 0x20 == 0 {
            0
        } else {
            padding_count(rest).ok_or(RtpError::BadPadding)?
        };
        let payload = &rest[..rest.len() - usize::from(padding)];
        Ok(Self {
            bytes,
            extension_profile,
            extension,
            payload,
        })
    }

    /// The marker bit.
    pub(crate) fn marker(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }

    /// The payload type, 7 bits.
    pub(crate) fn payload_type(&self) -> u8 {
        self.bytes[1] & 0x7F
    }

    /// The sequence number.
    pub(crate) fn sequence_number(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// The timestamp, in units of the codec's clock.
    pub(crate) fn timestamp(&self) -> u32 {
        self.word(4)
    }

    /// The synchronisation source.
    pub(crate) fn ssrc(&self) -> u32 {
        self.word(8)
    }

    /// The payload, without padding.
    pub(crate) fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Bytes of the whole packet.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The header-extension elements in wire order; a malformed element ends the walk.
    pub(crate) fn extensions(&self) -> Extensions<'a> {
        let form = match self.extension_profile {
            ONE_BYTE_PROFILE => ExtensionForm::OneByte,
            profile if profile & 0xFFF0 == TWO_BYTE_PROFILE => ExtensionForm::TwoByte,
            _ => {
                return Extensions {
                    form: ExtensionForm::OneByte,
                    rest: &[],
                };
            }
        };
        Extensions {
            form,
            rest: self.extension,
        }
    }

    /// The value of the first element with this id.
    pub(crate) fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions()
            .find(|(found, _)| *found == id)
            .map(|(_, value)| value)
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = self.bytes;
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    }
}

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtpError {
    /// Under 12 bytes.
    #[error("shorter than an RTP header")]
    TooShort,
    /// Not version 2.
    #[error("RTP version is not 2")]
    BadVersion,
    /// The CSRC list passes the end.
    #[error("CSRC list longer than the packet")]
    CsrcTooLong,
    /// The header extension passes the end.
    #[error("header extension longer than the packet")]
    ExtensionTooLong,
    /// The padding count is zero or passes the payload's start.
    #[error("invalid padding count")]
    BadPadding,
}

/// Walks the elements of a header extension.
#[derive(Clone, Debug)]
pub(crate) struct Extensions<'a> {
    form: ExtensionForm,
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Zero bytes between elements are padding (RFC 8285 §4.1.1).
        let start = self.rest.iter().position(|byte| *byte != 0)?;
        let rest = &self.rest[start..];
        let (id, header, len) = match self.form {
            ExtensionForm::OneByte => (rest[0] >> 4, 1, usize::from(rest[0] & 0x0F) + 1),
            ExtensionForm::TwoByte => (rest[0], 2, usize::from(*rest.get(1).unwrap_or(&0))),
        };
        // Id 15 ends the one-byte form (RFC 8285 §4.2); id 0 with a length is malformed.
        let ends = matches!(self.form, ExtensionForm::OneByte) && matches!(id, 0 | 15);
        let value = if ends {
            None
        } else {
            rest.get(header..header + len)
        };
        self.rest = value.map_or(&[], |_| &rest[header + len..]);
        value.map(|value| (id, value))
    }
}

#[derive(Clone, Copy, Debug)]
enum ExtensionForm {
    OneByte,
    TwoByte,
}

/// Splits an RTX payload (RFC 4588 §4) into the original sequence number and payload; `None` for
/// less than two bytes.
pub(crate) fn parse_rtx(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (sequence, rest) = payload.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*sequence), rest))
}

fn split_extension(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<4>()?;
    let profile = u16::from_be_bytes([header[0], header[1]]);
    let len = usize::from(u16::from_be_bytes([header[2], header[3]])) * 4;
    let (extension, rest) = rest.split_at_checked(len)?;
    Some((profile, extension, rest))
}

fn padding_count(payload_and_padding: &[u8]) -> Option<u8> {
    let count = *payload_and_padding.last()?;
    (count != 0 && usize::from(count) <= payload_and_padding.len()).then_some(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Version 2, marker, payload type 96, sequence 0x0102, timestamp 0x03040506, SSRC 0x0708090A.
    fn packet(first: u8, tail: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 0xE0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        bytes.extend_from_slice(tail);
        bytes
    }

    fn elements(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let packet = RtpPacket::parse(bytes).unwrap();
        packet
            .extensions()
            .map(|(id, value)| (id, value.to_vec()))
            .collect()
    }

    #[test]
    fn plain_packet_shows_its_fields() {
        let bytes = packet(0x80, &[1, 2, 3]);
        let packet = RtpPacket::parse(&bytes).unwrap();
        assert!(packet.marker());
        assert_eq!(packet.payload_type(), 96);
        assert_eq!(packet.sequence_number(), 0x0102);
        assert_eq!(packet.timestamp(), 0x0304_0506);
        assert_eq!(packet.ssrc(), 0x0708_090A);
        assert_eq!(packet.payload(), [1, 2, 3]);
        assert_eq!(packet.len(), 15);
        assert_eq!(packet.extensions().count(), 0);
    }

    #[test]
    fn fifteen_csrcs_are_skipped_and_must_fit() {
        let mut tail = vec![0xAA; 60];
        tail.push(42);
        assert_eq!(
            RtpPacket::parse(&packet(0x8F, &tail)).unwrap().payload(),
            [42]
        );
        let short = packet(0x8F, &tail[..59]);
        assert_eq!(RtpPacket::parse(&short).unwrap_err(), RtpError::CsrcTooLong);
    }

    #[test]
    fn one_byte_elements_are_read_across_padding_until_id_fifteen() {
        let tail = [
            0xBE, 0xDE, 0, 3, 0x10, 7, 0, 0x22, 1, 2, 3, 0, 0xF0, 9, 0x30, 9, 99,
        ];
        let bytes = packet(0x90, &tail);
        assert_eq!(elements(&bytes), [(1, vec![7]), (2, vec![1, 2, 3])]);
        let packet = RtpPacket::parse(&bytes).unwrap();
        assert_eq!(packet.extension(2), Some(&[1, 2, 3][..]));
        assert_eq!(packet.extension(3), None);
        assert_eq!(packet.payload(), [99]);
    }

    #[test]
    fn two_byte_elements_may_be_empty_and_have_large_ids() {
        let tail = [0x10, 0x05, 0, 2, 200, 2, 5, 6, 0, 17, 0, 0];
        assert_eq!(
            elements(&packet(0x90, &tail)),
            [(200, vec![5, 6]), (17, vec![])]
        );
    }

    #[test]
    fn element_longer_than_the_extension_ends_the_walk() {
        assert_eq!(
            elements(&packet(0x90, &[0xBE, 0xDE, 0, 1, 0x1F, 1, 2, 3])),
            []
        );
        assert_eq!(
            elements(&packet(0x90, &[0x10, 0, 0, 1, 1, 1, 9, 7])),
            [(1, vec![9])]
        );
    }

    #[test]
    fn unknown_extension_profile_is_skipped() {
        let bytes = packet(0x90, &[0x12, 0x34, 0, 1, 0x10, 7, 0, 0, 5]);
        assert_eq!(elements(&bytes), []);
        assert_eq!(RtpPacket::parse(&bytes).unwrap().payload(), [5]);
    }

    #[test]
    fn extension_longer_than_the_packet_is_refused() {
        for tail in [
            &[0xBE, 0xDE, 0, 2, 1, 2, 3, 4][..],
            &[0xBE, 0xDE, 0xFF, 0xFF],
            &[0xBE],
        ] {
            let error = RtpPacket::parse(&packet(0x90, tail)).unwrap_err();
            assert_eq!(error, RtpError::ExtensionTooLong);
        }
    }

    #[test]
    fn padding_is_removed_and_may_be_everything() {
        let bytes = packet(0xA0, &[1, 0, 0, 3]);
        let parsed = RtpPacket::parse(&bytes).unwrap();
        assert_eq!(parsed.payload(), [1]);
        let bytes = packet(0xA0, &[0, 0, 3]);
        assert!(RtpPacket::parse(&bytes).unwrap().payload().is_empty());
    }

    #[test]
    fn padding_of_zero_or_beyond_the_payload_is_refused() {
        for tail in [&[1, 2, 0][..], &[1, 2, 4], &[255], &[]] {
            let error = RtpPacket::parse(&packet(0xA0, tail)).unwrap_err();
            assert_eq!(error, RtpError::BadPadding);
        }
        // The padding must not reach into the header extension.
        let bytes = packet(0xB0, &[0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0, 1, 3]);
        assert_eq!(RtpPacket::parse(&bytes).unwrap_err(), RtpError::BadPadding);
    }

    #[test]
    fn short_and_foreign_bytes_are_refused() {
        assert_eq!(
            RtpPacket::parse(&[0x80; 11]).unwrap_err(),
            RtpError::TooShort
        );
        assert_eq!(
            RtpPacket::parse(&packet(0x40, &[])).unwrap_err(),
            RtpError::BadVersion
        );
    }

    #[test]
    fn rtx_payload_needs_two_bytes() {
        assert_eq!(parse_rtx(&[1, 2, 3]), Some((0x0102, &[3][..])));
        assert_eq!(parse_rtx(&[1, 2]), Some((0x0102, &[][..])));
        assert_eq!(parse_rtx(&[1]), None);
        assert_eq!(parse_rtx(&[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_fail_without_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            flags in 0u8..64,
            one_byte in any::<bool>(),
        ) {
            if let Some(first) = bytes.first_mut() {
                *first = 0x80 | flags;
            }
            let profile = 12 + usize::from(flags & 0x0F) * 4;
            if let Some(at) = bytes.get_mut(profile..profile + 4) {
                at.copy_from_slice(if one_byte { &[0xBE, 0xDE, 0, 3] } else { &[0x10, 0, 0, 3] });
            }
            if let Ok(packet) = RtpPacket::parse(&bytes) {
                prop_assert!(packet.payload().len() + 12 <= packet.len());
                prop_assert!(packet.extensions().count() <= bytes.len());
                let _ = (packet.extension(1), parse_rtx(packet.payload()));
            }
        }
    }
}
