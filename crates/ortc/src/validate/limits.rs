//! Bounds on what a client can send. Each leaves room above the largest honest value known.

/// Codecs in capabilities or parameters. Chromium offers about 45 with their RTX.
pub const MAX_CODECS: usize = 128;

/// Header extensions in capabilities or parameters. Chromium lists about 25 over both kinds.
pub const MAX_HEADER_EXTENSIONS: usize = 64;

/// Streams of one source. Browsers encode at most 3, or 4 with a screen; also bounds SSRC runs.
pub const MAX_ENCODINGS: usize = 8;

/// Feedback mechanisms of one codec. Chromium states 5.
pub const MAX_RTCP_FEEDBACK: usize = 16;

/// Parameters of one codec or header extension. Chromium states at most 6.
pub const MAX_PARAMETERS: usize = 32;

/// Bytes of the name or value of a codec parameter. H.265's `sprop-vps` and the like are longest.
pub const MAX_PARAMETER_LENGTH: usize = 1024;

/// Bytes of a codec's MIME type.
pub const MAX_MIME_TYPE_LENGTH: usize = 64;

/// Bytes of the name or parameter of a feedback mechanism.
pub const MAX_RTCP_FEEDBACK_LENGTH: usize = 64;

/// Bytes of a header extension's URI. The longest in use has 86.
pub const MAX_URI_LENGTH: usize = 256;

/// Bytes of a MID. The one-byte header-extension form holds 16; WHIP clients name sections freely.
pub const MAX_MID_LENGTH: usize = 64;

/// Bytes of a RID. The one-byte header-extension form holds 16; RFC 8851 sets no bound.
pub const MAX_RID_LENGTH: usize = 64;

/// Bytes of a CNAME: what one SDES item holds (RFC 3550 §6.5).
pub const MAX_CNAME_LENGTH: usize = 255;

/// Bytes of a MediaStream and track id: two of 64 and a space by RFC 8830 §2, and room.
pub const MAX_MSID_LENGTH: usize = 256;

/// Bytes of a scalability mode. The longest registered, `L3T3_KEY_SHIFT`, has 14.
pub const MAX_SCALABILITY_MODE_LENGTH: usize = 32;

/// Largest payload type: seven bits (RFC 3550 §5.1).
pub const MAX_PAYLOAD_TYPE: u8 = 127;

/// Certificate fingerprints. Firefox and Chromium state one, libraries up to 3.
pub const MAX_FINGERPRINTS: usize = 16;
