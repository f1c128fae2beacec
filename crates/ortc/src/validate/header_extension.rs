//! One header extension, in capabilities or in parameters.

use super::codec::check_parameters;
use super::has_control_characters;
use super::limits::MAX_URI_LENGTH;
use crate::types::{RtpHeaderExtension, RtpHeaderExtensionParameters};

/// What is wrong with a header extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderExtensionError {
    /// It has no URI.
    #[error("uri is missing")]
    MissingUri,
    /// Its URI is longer than any known.
    #[error("uri is too long")]
    UriTooLong,
    /// It would end the line it stands in where it becomes SDP.
    #[error("uri has control characters")]
    ControlCharacter,
    /// Its identifier is 0, which is padding (RFC 8285 §4.2).
    #[error("id is 0")]
    ZeroId,
    /// Its parameters are too many, too long or of a wrong type.
    #[error("parameters are invalid")]
    InvalidParameters,
}

pub(super) fn check_header_extension(
    extension: &RtpHeaderExtension,
) -> Result<(), HeaderExtensionError> {
    check_identity(&extension.uri, extension.preferred_id)
}

pub(super) fn check_header_extension_parameters(
    extension: &RtpHeaderExtensionParameters,
) -> Result<(), HeaderExtensionError> {
    check_identity(&extension.uri, extension.id)?;
    check_parameters(&extension.parameters).map_err(|_| HeaderExtensionError::InvalidParameters)
}

fn check_identity(uri: &str, id: u8) -> Result<(), HeaderExtensionError> {
    match (uri.len(), id) {
        (0, _) => Err(HeaderExtensionError::MissingUri),
        (length, _) if length > MAX_URI_LENGTH => Err(HeaderExtensionError::UriTooLong),
        _ if has_control_characters(uri) => Err(HeaderExtensionError::ControlCharacter),
        (_, 0) => Err(HeaderExtensionError::ZeroId),
        _ => Ok(()),
    }
}
