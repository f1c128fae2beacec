//! Payload formats, as far as a forwarder must understand them.

pub(crate) mod av1;
pub(crate) mod h264;
pub(crate) mod h265;
pub(crate) mod vp8;
pub(crate) mod vp9;

pub(crate) use vp8::Vp8Descriptor;

/// The payload formats that are looked into; everything else is forwarded blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Any audio: each packet stands alone.
    Audio,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
    /// AOM RTP specification.
    Av1,
}

/// What one packet's payload says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PayloadInfo {
    /// First packet of a key frame: decoding can start here.
    pub(crate) key_frame: bool,
    /// Temporal layer, where the payload tells.
    pub(crate) temporal_layer: Option<u8>,
    /// Spatial layer inside the stream (SVC), where the payload tells.
    pub(crate) spatial_layer: Option<u8>,
    /// Fields of the VP8 descriptor that must stay continuous.
    pub(crate) vp8: Option<Vp8Descriptor>,
}
