//! Refuses what no honest client sends and fills in what it may leave out; decides nothing else.
//!
//! Deserialising has already fixed the types of all members; here are the values, and bounds on
//! every list and every text, so that what is kept of a client's message is small.

mod capabilities;
mod codec;
mod header_extension;
pub mod limits;
mod parameters;
mod producer;
mod transport;

pub use capabilities::{RtpCapabilitiesError, validate_rtp_capabilities};
pub use codec::CodecError;
pub(crate) use codec::normalize_codec_capability;
pub use header_extension::HeaderExtensionError;
pub use parameters::{RtpParametersError, validate_rtp_parameters};
pub use producer::{ProducerRtpParametersError, validate_producer_rtp_parameters};
pub use transport::{
    DtlsParametersError, SctpStreamParametersError, validate_dtls_parameters,
    validate_sctp_stream_parameters,
};

/// Whether a text could end the line it stands in: what one client says of its media becomes lines
/// of SDP in the browsers of others.
fn has_control_characters(text: &str) -> bool {
    text.chars().any(char::is_control)
}
