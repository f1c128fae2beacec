//! RTP headers (RFC 3550, RFC 8285): written whole, and read as far as they are in clear, which is
//! all a receiver that only counts looks at.

/// Fixed part.
const FIXED: usize = 12;
/// Extension profile of one-byte elements.
const ONE_BYTE_PROFILE: [u8; 2] = [0xBE, 0xDE];

/// What can be read of a packet without its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Payload type and marker.
    pub(crate) marker: bool,
    /// Sequence number.
    pub(crate) sequence: u16,
    /// Timestamp.
    pub(crate) timestamp: u32,
    /// The stream.
    pub(crate) ssrc: u32,
    /// Whether the packet ends with padding.
    pub(crate) padded: bool,
    /// Transport-wide sequence number, when it has one.
    pub(crate) wide_sequence: Option<u16>,
    /// Bytes before the payload.
    pub(crate) length: usize,
}

impl Header {
    /// Reads a header; `wide_id` is the element of transport-wide sequence numbers, 0 for none.
    pub(crate) fn read(packet: &[u8], wide_id: u8) -> Option<Self> {
        let fixed = packet.first_chunk::<FIXED>()?;
        let mut length = FIXED + usize::from(fixed[0] & 0x0F) * 4;
        let mut wide_sequence = None;
        if fixed[0] & 0x10 != 0 {
            let extension = packet.get(length..length + 4)?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            let elements = packet.get(length + 4..length + 4 + words * 4)?;
            if wide_id != 0 && extension[..2] == ONE_BYTE_PROFILE {
                wide_sequence = element(elements, wide_id);
            }
            length += 4 + words * 4;
        }
        let word = |at: usize| {
            u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
        };
        (fixed[0] >> 6 == 2 && length <= packet.len()).then_some(Self {
            marker: fixed[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: word(4),
            ssrc: word(8),
            padded: fixed[0] & 0x20 != 0,
            wide_sequence,
            length,
        })
    }

    /// The payload of a decrypted packet, without padding.
    pub(crate) fn payload<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        let payload = packet.get(self.length..)?;
        if !self.padded {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        payload.get(..payload.len().checked_sub(padding)?)
    }
}

/// The two bytes of the element `id`.
fn element(mut elements: &[u8], id: u8) -> Option<u16> {
    loop {
        let first = *elements.first()?;
        if first == 0 {
            elements = &elements[1..];
            continue;
        }
        let length = usize::from(first & 0x0F) + 1;
        let value = elements.get(1..1 + length)?;
        if first >> 4 == id {
            return Some(u16::from_be_bytes([*value.first()?, *value.get(1)?]));
        }
        elements = &elements[1 + length..];
    }
}

/// Whether a datagram whose first byte says RTP or RTCP is RTCP (RFC 5761 §4).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    datagram
        .get(1)
        .is_some_and(|kind| (192..=223).contains(kind))
}

/// What a sender writes before a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    /// Payload type.
    pub(crate) payload_type: u8,
    /// Last packet of a picture.
    pub(crate) marker: bool,
    /// Sequence number.
    pub(crate) sequence: u16,
    /// Timestamp.
    pub(crate) timestamp: u32,
    /// The stream.
    pub(crate) ssrc: u32,
    /// Extension elements: id and value.
    pub(crate) elements: &'a [(u8, &'a [u8])],
}

impl Outgoing<'_> {
    /// Appends the header.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend([0x90, u8::from(self.marker) << 7 | self.payload_type]);
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.timestamp.to_be_bytes());
        out.extend(self.ssrc.to_be_bytes());
        out.extend(ONE_BYTE_PROFILE);
        let bytes: usize = self.elements.iter().map(|(_, value)| 1 + value.len()).sum();
        let words = bytes.div_ceil(4);
        out.extend((words as u16).to_be_bytes());
        let end = out.len() + words * 4;
        for (id, value) in self.elements {
            out.push(id << 4 | (value.len() - 1) as u8);
            out.extend_from_slice(value);
        }
        out.resize(end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut packet = Vec::new();
        let outgoing = Outgoing {
            payload_type: 96,
            marker: true,
            sequence: 0x1234,
            timestamp: 5,
            ssrc: 6,
            elements: &[(4, b"0"), (2, &[1, 2, 3]), (3, &[0xAB, 0xCD])],
        };
        outgoing.write(&mut packet);
        packet
    }

    #[test]
    fn what_was_written_is_read() {
        let mut packet = written();
        packet.extend([7; 10]);
        let header = Header::read(&packet, 3).unwrap();
        assert_eq!(
            (header.sequence, header.timestamp, header.ssrc),
            (0x1234, 5, 6)
        );
        assert!(header.marker && !header.padded);
        assert_eq!(header.wide_sequence, Some(0xABCD));
        assert_eq!(header.payload(&packet), Some(&[7; 10][..]));
        assert_eq!(Header::read(&packet, 5).unwrap().wide_sequence, None);
        assert_eq!(Header::read(&packet, 0).unwrap().wide_sequence, None);
    }

    #[test]
    fn padding_is_left_out() {
        let mut packet = written();
        packet[0] |= 0x20;
        packet.extend([7, 7, 0, 2]);
        let header = Header::read(&packet, 3).unwrap();
        assert_eq!(header.payload(&packet), Some(&[7, 7][..]));
        packet.pop();
        packet.push(9);
        assert_eq!(header.payload(&packet), None);
    }

    #[test]
    fn broken_headers_are_no_headers() {
        let packet = written();
        for length in 0..packet.len() {
            assert_eq!(Header::read(&packet[..length], 3), None, "{length}");
        }
        let mut other = packet;
        other[0] = 0x10;
        assert_eq!(Header::read(&other, 3), None);
    }

    #[test]
    fn rtcp_is_told_by_its_type() {
        assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x80, 206]));
        assert!(!is_rtcp(&[0x80, 96]) && !is_rtcp(&[0x80, 0xE0]) && !is_rtcp(&[0x80]));
    }
}
