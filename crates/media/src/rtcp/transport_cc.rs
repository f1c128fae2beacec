//! The wire form of transport-wide congestion control feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//!
//! Which packets are told of, and when, is decided in `bwe`.

use super::builder::{packet, put};
use super::{feedback_type, packet_type};

/// One feedback packet. Statuses are of consecutive packets from `base_sequence` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feedback<'a> {
    /// The reporter.
    pub(crate) sender_ssrc: u32,
    /// Any stream of the transport.
    pub(crate) media_ssrc: u32,
    /// Transport-wide number of the first packet.
    pub(crate) base_sequence: u16,
    /// Multiples of 64 ms; 24 bits.
    pub(crate) reference_time: u32,
    /// Counts feedback packets.
    pub(crate) number: u8,
    /// Per packet: `None` if missing, else ticks of 250 µs since the packet before (the first:
    /// since the reference time). At most 65,535.
    pub(crate) statuses: &'a [Option<i16>],
}

impl Feedback<'_> {
    /// Appends the packet.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let mut padding = 0;
        packet(
            out,
            packet_type::TRANSPORT_FEEDBACK,
            feedback_type::TRANSPORT_CC,
            |out| {
                put(out, self.sender_ssrc);
                put(out, self.media_ssrc);
                put(
                    out,
                    u32::from(self.base_sequence) << 16 | self.statuses.len() as u32 & 0xFFFF,
                );
                put(out, self.reference_time << 8 | u32::from(self.number));
                write_chunks(out, self.statuses);
                self.statuses
                    .iter()
                    .flatten()
                    .for_each(|delta| write_delta(out, *delta));
                padding = (out.len() - start).wrapping_neg() % 4;
            },
        );
        if padding > 0 {
            // Padding is announced, so that a reader does not take it for deltas.
            out[start] |= 0x20;
            let last = out.len() - 1;
            out[last] = padding as u8;
        }
    }
}

/// A packet status (§3.1.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Missing = 0,
    SmallDelta = 1,
    LargeDelta = 2,
}

impl Symbol {
    fn of(status: &Option<i16>) -> Self {
        match status {
            None => Self::Missing,
            Some(0..=255) => Self::SmallDelta,
            Some(_) => Self::LargeDelta,
        }
    }
}

/// Longest run a chunk can tell (13 bits, §3.1.3).
const MAX_RUN: usize = 0x1FFF;
/// Symbols in a vector chunk of one bit each (§3.1.4).
const ONE_BIT_SYMBOLS: usize = 14;
/// Symbols in a vector chunk of two bits each.
const TWO_BIT_SYMBOLS: usize = 7;

fn write_chunks(out: &mut Vec<u8>, statuses: &[Option<i16>]) {
    let mut rest = statuses;
    while !rest.is_empty() {
        let (chunk, taken) = next_chunk(rest);
        out.extend_from_slice(&chunk.to_be_bytes());
        rest = &rest[taken..];
    }
}

/// The chunk that tells most of the statuses ahead, and how many it tells.
fn next_chunk(statuses: &[Option<i16>]) -> (u16, usize) {
    let symbols = || statuses.iter().map(Symbol::of);
    let Some(first) = symbols().next() else {
        return (0, 0);
    };
    let run = symbols()
        .take(MAX_RUN)
        .take_while(|symbol| *symbol == first)
        .count();
    let narrow = symbols()
        .take(ONE_BIT_SYMBOLS)
        .all(|symbol| symbol != Symbol::LargeDelta);
    let in_vector = if narrow {
        ONE_BIT_SYMBOLS
    } else {
        TWO_BIT_SYMBOLS
    };
    if run >= in_vector {
        return ((first as u16) << 13 | run as u16, run);
    }
    // A status beyond the count is zero: missing, and not read.
    let bits = if narrow { 1 } else { 2 };
    let vector = symbols()
        .take(in_vector)
        .enumerate()
        .fold(0, |vector, (index, symbol)| {
            vector | (symbol as u16) << (14 - bits * (index + 1))
        });
    let kind = if narrow { 0x8000 } else { 0xC000 };
    (kind | vector, in_vector.min(statuses.len()))
}

/// One byte for a small delta, two for another (§3.1.5).
fn write_delta(out: &mut Vec<u8>, delta: i16) {
    match u8::try_from(delta) {
        Ok(small) => out.push(small),
        Err(_) => out.extend_from_slice(&delta.to_be_bytes()),
    }
}
