//! What goes into a consumer and what comes out; data only.

use std::time::Duration;

use ortc::types::RtpCodecParameters;

use super::renumber::Renumber;
use crate::{
    ConsumeOptions, ConsumerId,
    rtp::codecs::{Codec, Vp8Descriptor},
};

/// How to make a consumer.
#[derive(Clone, Debug)]
pub(crate) struct ConsumerConfig {
    /// Its name.
    pub(crate) id: ConsumerId,
    /// What the control side asked for.
    pub(crate) options: ConsumeOptions,
    /// Format of the media codec.
    pub(crate) codec: Codec,
    /// RTP clock rate in hertz.
    pub(crate) clock_rate: u32,
    /// Whether the producer is paused now.
    pub(crate) producer_paused: bool,
    /// First sequence number sent; random (RFC 3550 §5.1).
    pub(crate) initial_sequence: u16,
    /// First timestamp sent; random (RFC 3550 §5.1).
    pub(crate) initial_timestamp: u32,
    /// Packets that can be sent again at most.
    pub(crate) retransmission_packets: usize,
    /// Age after which a packet is not sent again.
    pub(crate) retransmission_age: Duration,
}

/// Where a media stream ended: what a later one under the same SSRC goes on from.
#[derive(Debug)]
pub(crate) struct MediaEnd {
    pub(super) numbers: Renumber,
    /// Packets and payload bytes, as sender reports count them.
    pub(super) sent: (u64, u64),
}

/// Where a retransmission stream ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RepairEnd {
    pub(super) next_sequence: u16,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    /// It is sent under these names.
    Send(Rewrite),
    /// It is not sent.
    Drop,
}

/// The header fields of an outgoing packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// The consumer's SSRC.
    pub(crate) ssrc: u32,
    /// The consumer's payload type.
    pub(crate) payload_type: u8,
    /// Outgoing sequence number.
    pub(crate) sequence_number: u16,
    /// Outgoing timestamp.
    pub(crate) timestamp: u32,
    /// Marker bit.
    pub(crate) marker: bool,
    /// Payload descriptor fields to replace.
    pub(crate) vp8: Option<Vp8Rewrite>,
}

/// New values for a VP8 payload descriptor, for `descriptor.rewrite(payload, picture_id, tl0)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vp8Rewrite {
    /// Where the fields are.
    pub(crate) descriptor: Vp8Descriptor,
    /// Picture id, in the width the field has; unused when there is none.
    pub(crate) picture_id: u16,
    /// TL0PICIDX; unused when there is none.
    pub(crate) tl0_picture_index: u8,
}

/// A packet to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retransmission {
    /// The producer's encoding it came from.
    pub(crate) encoding: usize,
    /// Extended sequence number in that encoding: the key into its retransmission buffer.
    pub(crate) sequence: u64,
    /// As it was sent first.
    pub(crate) rewrite: Rewrite,
    /// How to wrap it (RFC 4588).
    pub(crate) rtx: Rtx,
}

/// Header fields of a retransmission packet (RFC 4588 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rtx {
    /// SSRC of the retransmission stream.
    pub(crate) ssrc: u32,
    /// Payload type of the retransmission codec.
    pub(crate) payload_type: u8,
    /// Next sequence number of the retransmission stream.
    pub(crate) sequence_number: u16,
}

/// Whether a codec is retransmission (RFC 4588) of another.
pub(super) fn is_rtx(codec: &RtpCodecParameters) -> bool {
    let subtype = codec.mime_type.split_once('/').map(|(_, subtype)| subtype);
    subtype.is_some_and(|subtype| subtype.eq_ignore_ascii_case("rtx"))
}
