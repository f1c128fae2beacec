//! The JSON objects of mediasoup and mediasoup-client, as plain data; no behaviour beyond parsing.

mod header_extension;
mod rtp_capabilities;
mod rtp_parameters;
mod transport;

pub use header_extension::{
    HeaderExtensionDirection, RtpHeaderExtension, RtpHeaderExtensionParameters,
};
pub use rtp_capabilities::{RtcpFeedback, RtpCapabilities, RtpCodecCapability};
pub use rtp_parameters::{
    CodecParameters, MediaKind, ParameterValue, RtcpParameters, RtpCodecParameters,
    RtpEncodingParameters, RtpMapping, RtpMappingCodec, RtpMappingEncoding, RtpParameters, RtpType,
    RtxEncoding,
};
pub use transport::{
    DtlsFingerprint, DtlsParameters, DtlsRole, IceCandidate, IceCandidateType, IceParameters,
    IceProtocol, IceTcpType,
};
