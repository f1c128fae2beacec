//! The JSON objects of mediasoup and mediasoup-client, as plain data; no negotiation here.

mod header_extension;
mod lenient;
mod mime;
mod rtp_capabilities;
mod rtp_parameters;
mod sctp;
mod transport;
#[cfg(feature = "schema")]
mod typescript;

pub use header_extension::{
    HeaderExtensionDirection, RtpHeaderExtension, RtpHeaderExtensionParameters, uri,
};
pub use mime::{MimeType, is_rtx};
pub use rtp_capabilities::{RtcpFeedback, RtpCapabilities, RtpCodecCapability};
pub use rtp_parameters::{
    CodecParameters, MediaKind, ParameterValue, RtcpParameters, RtpCodecParameters,
    RtpEncodingParameters, RtpMapping, RtpMappingCodec, RtpMappingEncoding, RtpParameters, RtpType,
    RtxEncoding,
};
pub use sctp::{NumSctpStreams, SctpCapabilities, SctpParameters, SctpStreamParameters};
pub use transport::{
    DtlsFingerprint, DtlsParameters, DtlsRole, IceCandidate, IceCandidateType, IceParameters,
    IceProtocol, IceTcpType,
};
