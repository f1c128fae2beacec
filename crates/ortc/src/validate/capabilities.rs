//! What a client says it receives.

use super::codec::{CodecError, normalize_codec_capability};
use super::header_extension::{HeaderExtensionError, check_header_extension};
use super::limits::{MAX_CODECS, MAX_HEADER_EXTENSIONS};
use crate::types::RtpCapabilities;

/// Why capabilities are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpCapabilitiesError {
    /// More codecs than any client has.
    #[error("too many codecs")]
    TooManyCodecs,
    /// More header extensions than any client has.
    #[error("too many header extensions")]
    TooManyHeaderExtensions,
    /// A codec is invalid.
    #[error("codec {index} is invalid: {source}")]
    InvalidCodec {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        source: CodecError,
    },
    /// A header extension is invalid.
    #[error("header extension {index} is invalid: {source}")]
    InvalidHeaderExtension {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        source: HeaderExtensionError,
    },
}

/// Checks capabilities and fills in what may be left out: each codec's kind is that of its MIME
/// type, and audio without channels has one.
///
/// # Errors
///
/// When something is malformed or beyond [`limits`](super::limits).
pub fn validate_rtp_capabilities(caps: &mut RtpCapabilities) -> Result<(), RtpCapabilitiesError> {
    if caps.codecs.len() > MAX_CODECS {
        return Err(RtpCapabilitiesError::TooManyCodecs);
    }
    if caps.header_extensions.len() > MAX_HEADER_EXTENSIONS {
        return Err(RtpCapabilitiesError::TooManyHeaderExtensions);
    }
    for (index, codec) in caps.codecs.iter_mut().enumerate() {
        normalize_codec_capability(codec)
            .map_err(|source| RtpCapabilitiesError::InvalidCodec { index, source })?;
    }
    for (index, extension) in caps.header_extensions.iter().enumerate() {
        check_header_extension(extension)
            .map_err(|source| RtpCapabilitiesError::InvalidHeaderExtension { index, source })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supported_rtp_capabilities;
    use crate::types::uri;

    fn refused(change: impl FnOnce(&mut RtpCapabilities)) -> RtpCapabilitiesError {
        let mut caps = supported_rtp_capabilities();
        change(&mut caps);
        validate_rtp_capabilities(&mut caps).unwrap_err()
    }

    #[test]
    fn nothing_at_all_is_valid() {
        let mut caps: RtpCapabilities = serde_json::from_str("{}").unwrap();
        validate_rtp_capabilities(&mut caps).unwrap();
        let mut caps: RtpCapabilities =
            serde_json::from_str(r#"{"codecs":null,"headerExtensions":null}"#).unwrap();
        validate_rtp_capabilities(&mut caps).unwrap();
    }

    #[test]
    fn lists_are_bounded() {
        let codec = supported_rtp_capabilities().codecs[0].clone();
        let error = refused(|caps| caps.codecs = vec![codec; MAX_CODECS + 1]);
        assert_eq!(error, RtpCapabilitiesError::TooManyCodecs);
        let extension = supported_rtp_capabilities().header_extensions[0].clone();
        let error =
            refused(|caps| caps.header_extensions = vec![extension; MAX_HEADER_EXTENSIONS + 1]);
        assert_eq!(error, RtpCapabilitiesError::TooManyHeaderExtensions);
    }

    #[test]
    fn errors_say_which_entry_is_wrong() {
        let error = refused(|caps| caps.codecs[3].mime_type.clear());
        assert_eq!(
            error.to_string(),
            "codec 3 is invalid: mime type is not audio/… or video/…"
        );
        let error = refused(|caps| caps.header_extensions[2].preferred_id = 0);
        assert_eq!(error.to_string(), "header extension 2 is invalid: id is 0");
        let error = refused(|caps| caps.header_extensions[0].uri.clear());
        assert_eq!(
            error.to_string(),
            "header extension 0 is invalid: uri is missing"
        );
        let error = refused(|caps| caps.header_extensions[0].uri = uri::MID.repeat(10));
        assert_eq!(
            error.to_string(),
            "header extension 0 is invalid: uri is too long"
        );
    }
}
