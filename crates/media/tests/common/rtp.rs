//! RTP packets for the simulated client: written and read on their own terms, never with the
//! engine's code.

/// An RTP packet in the clear (RFC 3550).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rtp {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// RFC 8285 elements in wire order.
    pub extensions: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
    /// Padding bytes, the count byte included.
    pub padding: u8,
}

impl Rtp {
    /// Bytes with header extensions in the one-byte form.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0x80, self.payload_type | (u8::from(self.marker) << 7)];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        if !self.extensions.is_empty() {
            bytes[0] |= 0x10;
            let mut elements = Vec::new();
            for (id, value) in &self.extensions {
                elements.push((id << 4) | (value.len() as u8 - 1));
                elements.extend(value);
            }
            elements.resize(elements.len().next_multiple_of(4), 0);
            bytes.extend(0xBEDE_u16.to_be_bytes());
            bytes.extend((elements.len() as u16 / 4).to_be_bytes());
            bytes.extend(elements);
        }
        bytes.extend(&self.payload);
        if self.padding > 0 {
            bytes[0] |= 0x20;
            bytes.resize(bytes.len() + usize::from(self.padding) - 1, 0);
            bytes.push(self.padding);
        }
        bytes
    }

    /// `None` when the bytes are not a well-formed packet.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.get(..12)?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut at = 12 + 4 * usize::from(fixed[0] & 0x0F);
        let mut extensions = Vec::new();
        if fixed[0] & 0x10 != 0 {
            let profile = be16(bytes, at)?;
            let length = 4 * usize::from(be16(bytes, at + 2)?);
            extensions = read_extensions(profile, bytes.get(at + 4..at + 4 + length)?)?;
            at += 4 + length;
        }
        let mut end = bytes.len();
        let padding = if fixed[0] & 0x20 != 0 {
            *bytes.last()?
        } else {
            0
        };
        end = end.checked_sub(usize::from(padding))?;
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7F,
            sequence: be16(fixed, 2)?,
            timestamp: be32(fixed, 4)?,
            ssrc: be32(fixed, 8)?,
            extensions,
            payload: bytes.get(at..end)?.to_vec(),
            padding,
        })
    }

    /// The value of one header extension.
    pub fn extension(&self, id: u8) -> Option<&[u8]> {
        let element = self.extensions.iter().find(|(each, _)| *each == id);
        element.map(|(_, value)| value.as_slice())
    }
}

/// Whether a decrypted or encrypted datagram of the RTP range is RTCP (RFC 5761 §4).
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.len() > 1 && (192..=223).contains(&bytes[1])
}

/// Turns 16-bit sequence numbers or 32-bit timestamps into ever-growing ones.
#[derive(Clone, Debug, Default)]
pub struct Unwrapper {
    newest: Option<u64>,
}

impl Unwrapper {
    /// A sequence number; starts one cycle up so that earlier ones stay positive.
    pub fn sequence(&mut self, value: u16) -> u64 {
        self.unwrap(u64::from(value), 16)
    }

    /// A timestamp.
    pub fn timestamp(&mut self, value: u32) -> u64 {
        self.unwrap(u64::from(value), 32)
    }

    fn unwrap(&mut self, value: u64, bits: u32) -> u64 {
        let cycle = 1u64 << bits;
        let Some(newest) = self.newest else {
            self.newest = Some(cycle + value);
            return cycle + value;
        };
        let forward = value.wrapping_sub(newest) & (cycle - 1);
        let full = if forward < cycle / 2 {
            newest + forward
        } else {
            newest + forward - cycle
        };
        self.newest = Some(newest.max(full));
        full
    }
}

fn read_extensions(profile: u16, mut data: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let wide = profile & 0xFFF0 == 0x1000;
    if !wide && profile != 0xBEDE {
        return None;
    }
    let mut elements = Vec::new();
    while let Some((&first, rest)) = data.split_first() {
        if first == 0 {
            data = rest;
            continue;
        }
        let (id, length, rest) = if wide {
            (first, usize::from(*rest.first()?), &rest[1..])
        } else {
            (first >> 4, usize::from(first & 0x0F) + 1, rest)
        };
        elements.push((id, rest.get(..length)?.to_vec()));
        data = &rest[length..];
    }
    Some(elements)
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
