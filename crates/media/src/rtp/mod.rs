//! RTP: packets, payload descriptors, and what travels between producer and consumer.

pub(crate) mod codecs;
pub(crate) mod outgoing;
pub(crate) mod packet;
pub(crate) mod rate_meter;

use codecs::PayloadInfo;

/// A media packet after its producer took it and before a consumer renames it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MediaPacket<'a> {
    /// Which of the producer's encodings, 0 the smallest.
    pub(crate) encoding: usize,
    /// Extended sequence number in the producer's stream (roll-over included).
    pub(crate) sequence: u64,
    /// RTP timestamp of the producer's stream.
    pub(crate) timestamp: u32,
    /// RTP marker bit.
    pub(crate) marker: bool,
    /// The router's payload type.
    pub(crate) payload_type: u8,
    /// What the payload says of itself.
    pub(crate) info: PayloadInfo,
    /// The payload, without padding.
    pub(crate) payload: &'a [u8],
}
