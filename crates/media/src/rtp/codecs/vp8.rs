//! What a forwarder must know of a VP8 payload (RFC 7741 §4.2): key frame, temporal layer, picture ids.

/// Positions and values of the VP8 descriptor fields that are rewritten on a switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Descriptor {
    /// Picture id, when present.
    pub(crate) picture_id: Option<u16>,
    /// Whether the picture id takes 15 bits (else 7).
    pub(crate) wide_picture_id: bool,
    /// Offset of the picture id in the payload, when present.
    pub(crate) picture_id_at: u8,
    /// TL0PICIDX, when present.
    pub(crate) tl0_picture_index: Option<u8>,
    /// Offset of TL0PICIDX in the payload, when present.
    pub(crate) tl0_picture_index_at: u8,
    /// Layer sync bit (Y).
    pub(crate) layer_sync: bool,
}
