//! Splits compound RTCP (RFC 3550 §6.1, reduced size by RFC 5506) into what the router acts on.
//!
//! Borrows the datagram, allocates nothing; what a message means is not decided here.

use super::feedback::{NackedSequences, Ssrcs, remb_from_wire};
use super::report::{ReportBlocks, read_word};
use super::{feedback_type, packet_type};

/// Longest compound that is read, in bytes.
const MAX_LEN: usize = 1_500;
/// Most packets in a compound.
const MAX_BLOCKS: usize = 64;

/// One RTCP packet of a compound, whole: bandwidth estimation will read what nobody reads yet, and
/// the tests compare every field with another implementation.
#[allow(dead_code)]
#[derive(Clone, Debug)]
pub(crate) enum RtcpMessage<'a> {
    /// RFC 3550 §6.4.1.
    SenderReport {
        /// The stream it tells of.
        ssrc: u32,
        /// Wall-clock time, NTP format (32.32 bits).
        ntp: u64,
        /// The same moment in the stream's timestamps.
        rtp_timestamp: u32,
        /// Packets sent.
        packets: u32,
        /// Payload octets sent.
        octets: u32,
        /// What its sender says of streams it receives.
        reports: ReportBlocks<'a>,
    },
    /// RFC 3550 §6.4.2.
    ReceiverReport {
        /// Who reports.
        ssrc: u32,
        /// What it says of streams it receives.
        reports: ReportBlocks<'a>,
    },
    /// RFC 4585 §6.2.1: packets to send again.
    Nack {
        /// Of which stream.
        media_ssrc: u32,
        /// Which packets.
        lost: NackedSequences<'a>,
    },
    /// RFC 4585 §6.3.1: a key frame is wanted.
    Pli {
        /// Of which stream.
        media_ssrc: u32,
    },
    /// RFC 5104 §4.3.1: key frames are wanted.
    Fir {
        /// Of which streams.
        ssrcs: Ssrcs<'a>,
    },
    /// draft-alvestrand-rmcat-remb-03: bandwidth as the receiver sees it.
    Remb {
        /// Bits per second.
        bitrate: u64,
        /// Over which streams.
        ssrcs: Ssrcs<'a>,
    },
    /// Transport-wide congestion control feedback: the whole packet with its header.
    TransportCc(&'a [u8]),
    /// RFC 3550 §6.6: streams end.
    Bye {
        /// Which.
        ssrcs: Ssrcs<'a>,
    },
    /// A packet the router has no use for (SDES, XR, APP, …).
    Other,
    /// A packet shorter than its type needs, or with a count beyond its end.
    Malformed,
}

/// A compound whose framing has been checked; gives its packets in order.
#[derive(Clone, Debug)]
pub(crate) struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks every header and length before anything is acted on; `bytes` is decrypted.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        if bytes.len() > MAX_LEN {
            return Err(RtcpError::TooLong);
        }
        let (mut rest, mut blocks) = (bytes, 0);
        while !rest.is_empty() {
            let (block, next) = Block::split(rest).ok_or(RtcpError::BadFraming)?;
            // Padding is for the last packet only (RFC 3550 §6.4.1).
            if block.padded && !next.is_empty() {
                return Err(RtcpError::BadFraming);
            }
            blocks += 1;
            rest = next;
        }
        match blocks {
            0 => Err(RtcpError::BadFraming),
            1..=MAX_BLOCKS => Ok(Self { rest: bytes }),
            _ => Err(RtcpError::TooManyBlocks),
        }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = RtcpMessage<'a>;

    fn next(&mut self) -> Option<RtcpMessage<'a>> {
        let (block, rest) = Block::split(self.rest)?;
        self.rest = rest;
        Some(block.read().unwrap_or(RtcpMessage::Malformed))
    }
}

/// Why a datagram is not RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtcpError {
    /// Over 1,500 bytes.
    #[error("RTCP compound too long")]
    TooLong,
    /// Over 64 packets.
    #[error("too many packets in an RTCP compound")]
    TooManyBlocks,
    /// A version, length or padding is wrong.
    #[error("malformed RTCP header")]
    BadFraming,
}

/// One packet: its header's fields, the whole, and what stands behind the header.
struct Block<'a> {
    count: u8,
    kind: u8,
    padded: bool,
    whole: &'a [u8],
    body: &'a [u8],
}

impl<'a> Block<'a> {
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let [first, kind, length @ ..] = *bytes.first_chunk::<4>()?;
        let len = (usize::from(u16::from_be_bytes(length)) + 1) * 4;
        let (whole, rest) = bytes.split_at_checked(len)?;
        if first >> 6 != 2 {
            return None;
        }
        let padded = first & 0x20 != 0;
        let padding = if padded {
            usize::from(*whole.last()?)
        } else {
            0
        };
        if padded && (padding == 0 || padding % 4 != 0) && kind != packet_type::TRANSPORT_FEEDBACK {
            // Only transport-cc pads by single bytes, and some senders count none.
            return None;
        }
        let body = whole.get(4..len.checked_sub(padding)?)?;
        Some((
            Self {
                count: first & 0x1F,
                kind,
                padded,
                whole,
                body,
            },
            rest,
        ))
    }

    fn read(&self) -> Option<RtcpMessage<'a>> {
        use feedback_type as fmt;
        match (self.kind, self.count) {
            (packet_type::SENDER_REPORT, _) => self.sender_report(),
            (packet_type::RECEIVER_REPORT, count) => {
                let (ssrc, blocks) = split_word(self.body)?;
                Some(RtcpMessage::ReceiverReport {
                    ssrc,
                    reports: ReportBlocks::new(blocks, count)?,
                })
            }
            (packet_type::GOODBYE, count) => Some(RtcpMessage::Bye {
                ssrcs: Ssrcs::list(self.body, count)?,
            }),
            (packet_type::TRANSPORT_FEEDBACK, fmt::NACK) => {
                let (media_ssrc, pairs) = self.feedback()?;
                let whole_pairs = !pairs.is_empty() && pairs.len() % 4 == 0;
                whole_pairs.then(|| RtcpMessage::Nack {
                    media_ssrc,
                    lost: NackedSequences::new(pairs),
                })
            }
            (packet_type::TRANSPORT_FEEDBACK, fmt::TRANSPORT_CC) => {
                // Base, count, reference time and number, at least one chunk.
                let (_, body) = self.feedback()?;
                (body.len() >= 10).then_some(RtcpMessage::TransportCc(self.whole))
            }
            (packet_type::PAYLOAD_FEEDBACK, fmt::PLI) => self
                .feedback()
                .map(|(media_ssrc, _)| RtcpMessage::Pli { media_ssrc }),
            (packet_type::PAYLOAD_FEEDBACK, fmt::FIR) => {
                let (_, entries) = self.feedback()?;
                let whole_entries = !entries.is_empty() && entries.len() % 8 == 0;
                whole_entries.then(|| RtcpMessage::Fir {
                    ssrcs: Ssrcs::of_fir(entries),
                })
            }
            (packet_type::PAYLOAD_FEEDBACK, fmt::APPLICATION) => self.application(),
            _ => Some(RtcpMessage::Other),
        }
    }

    fn sender_report(&self) -> Option<RtcpMessage<'a>> {
        let (info, blocks) = self.body.split_at_checked(24)?;
        Some(RtcpMessage::SenderReport {
            ssrc: read_word(info, 0),
            ntp: u64::from(read_word(info, 4)) << 32 | u64::from(read_word(info, 8)),
            rtp_timestamp: read_word(info, 12),
            packets: read_word(info, 16),
            octets: read_word(info, 20),
            reports: ReportBlocks::new(blocks, self.count)?,
        })
    }

    /// REMB, or another application's message.
    fn application(&self) -> Option<RtcpMessage<'a>> {
        let (_, message) = self.feedback()?;
        let Some(remb) = message.strip_prefix(b"REMB") else {
            return Some(RtcpMessage::Other);
        };
        let ([count, high, middle, low], ssrcs) = remb.split_first_chunk::<4>()?;
        let mantissa = u32::from_be_bytes([0, high & 0x03, *middle, *low]);
        Some(RtcpMessage::Remb {
            bitrate: remb_from_wire(high >> 2, mantissa),
            ssrcs: Ssrcs::list(ssrcs, *count)?,
        })
    }

    /// The media SSRC of a feedback packet, and what follows it (RFC 4585 §6.1).
    fn feedback(&self) -> Option<(u32, &'a [u8])> {
        let (_sender_ssrc, rest) = split_word(self.body)?;
        split_word(rest)
    }
}

fn split_word(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*word), rest))
}
