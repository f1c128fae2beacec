//! The room's questions to `ortc`, in one place; nothing here waits or remembers.

use std::sync::{Arc, LazyLock};

use ortc::{
    ConsumerRtpParametersOptions, HeaderExtensionProfile,
    types::{
        DtlsParameters, MediaKind, RtpCapabilities, RtpHeaderExtension,
        RtpHeaderExtensionParameters, RtpMapping, RtpParameters, RtpType, RtxEncoding, uri,
    },
};

use super::RoomError;

/// What every router of this server can receive and how it numbers it.
static ROUTER: LazyLock<RtpCapabilities> = LazyLock::new(|| {
    let mut codecs = ortc::default_media_codecs();
    codecs.push(ortc::h265_media_codec());
    ortc::router_rtp_capabilities(&codecs)
        .expect("invariant: the default codecs are supported; a test holds it")
});
static FULL: LazyLock<Arc<RtpCapabilities>> =
    LazyLock::new(|| Arc::new(HeaderExtensionProfile::Full.apply(&ROUTER)));
static COMPAT: LazyLock<Arc<RtpCapabilities>> =
    LazyLock::new(|| Arc::new(HeaderExtensionProfile::Compat.apply(&ROUTER)));
static EXTENSIONS: LazyLock<Vec<RtpHeaderExtensionParameters>> =
    LazyLock::new(|| ortc::router_header_extensions(&ROUTER));

/// Which header extensions a client is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Those with which old clients still negotiate on current browsers.
    Compat,
    /// The same; and what is received carries no `mid`, since clients that old give their media
    /// sections numbers of their own.
    CompatWithoutMid,
    /// All of them.
    Full,
}

impl Profile {
    /// What a client of this profile is told the room can receive.
    #[must_use]
    pub fn rtp_capabilities(self) -> Arc<RtpCapabilities> {
        match self {
            Self::Full => FULL.clone(),
            Self::Compat | Self::CompatWithoutMid => COMPAT.clone(),
        }
    }

    /// Takes out of what a client says it can receive what it only believes to.
    pub(super) fn correct(self, caps: &mut RtpCapabilities) {
        if self == Self::CompatWithoutMid {
            let kept = |extension: &RtpHeaderExtension| extension.uri != uri::MID;
            caps.header_extensions.retain(kept);
        }
    }
}

/// Names a receiver's session description gave what it will receive, before there was anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The media section.
    pub mid: String,
    /// The stream.
    pub ssrc: u32,
    /// Its retransmissions.
    pub rtx_ssrc: u32,
}

impl Numbers {
    /// Fresh ones for a media section.
    #[must_use]
    pub fn new(mid: String) -> Self {
        // One after the other, and neither is 0.
        let ssrc = random().clamp(1, u32::MAX - 1);
        Self {
            mid,
            ssrc,
            rtx_ssrc: ssrc + 1,
        }
    }

    /// Gives a consumer these names and its receiver's payload types; returns the router's payload
    /// types with the receiver's.
    pub(super) fn apply(
        &self,
        parameters: &mut RtpParameters,
        caps: &RtpCapabilities,
    ) -> Vec<(u8, u8)> {
        let payload_types = ortc::use_receiver_payload_types(parameters, caps);
        parameters.mid = Some(self.mid.clone());
        for encoding in &mut parameters.encodings {
            encoding.ssrc = Some(self.ssrc);
            let rtx_ssrc = self.rtx_ssrc;
            encoding.rtx = encoding.rtx.map(|_| RtxEncoding { ssrc: rtx_ssrc });
        }
        payload_types
    }
}

/// Whether a router can take what a client wants to send.
#[must_use]
pub fn can_produce(kind: MediaKind, rtp_parameters: &RtpParameters) -> bool {
    producer(kind, rtp_parameters.clone()).is_ok()
}

/// A producer, negotiated.
pub(super) struct Negotiated {
    pub(super) rtp_parameters: RtpParameters,
    pub(super) mapping: RtpMapping,
    pub(super) consumable: RtpParameters,
    pub(super) rtp_type: RtpType,
}

/// Checks what a client wants to send and maps it onto the router's numbers.
pub(super) fn producer(
    kind: MediaKind,
    mut rtp_parameters: RtpParameters,
) -> Result<Negotiated, RoomError> {
    let invalid =
        |error: &dyn std::fmt::Display| RoomError::InvalidRtpParameters(error.to_string());
    ortc::validate_producer_rtp_parameters(kind, &mut rtp_parameters).map_err(|e| invalid(&e))?;
    let rtp_type = ortc::rtp_type(&rtp_parameters).map_err(|e| invalid(&e))?;
    let mapping = ortc::producer_rtp_parameters_mapping(&rtp_parameters, &ROUTER, &mut random)
        .map_err(|e| invalid(&e))?;
    let consumable = ortc::consumable_rtp_parameters(kind, &rtp_parameters, &ROUTER, &mapping)
        .map_err(|e| invalid(&e))?;
    Ok(Negotiated {
        rtp_parameters,
        mapping,
        consumable,
        rtp_type,
    })
}

/// The header extensions all consumers of a router share.
pub(super) fn router_header_extensions() -> Vec<RtpHeaderExtensionParameters> {
    EXTENSIONS.clone()
}

/// Checks what a client says it can receive.
pub(super) fn checked_capabilities(
    mut caps: RtpCapabilities,
) -> Result<RtpCapabilities, RoomError> {
    ortc::validate_rtp_capabilities(&mut caps)
        .map_err(|_| RoomError::BadRequest("invalid rtpCapabilities"))?;
    Ok(caps)
}

/// Checks a client's fingerprints.
pub(super) fn check_dtls(parameters: &DtlsParameters) -> Result<(), RoomError> {
    ortc::validate_dtls_parameters(parameters)
        .map_err(|error| RoomError::InvalidDtlsParameters(error.to_string()))
}

/// Whether these (checked) capabilities receive the producer.
pub(super) fn can_consume(consumable: &RtpParameters, caps: &RtpCapabilities) -> bool {
    ortc::can_consume(consumable, caps)
}

/// What a client receives of a producer; `mid` numbers its consumers on one transport.
pub(super) fn consumer(
    kind: MediaKind,
    consumable: &RtpParameters,
    caps: &RtpCapabilities,
    mid: u32,
) -> Result<RtpParameters, RoomError> {
    let options = ConsumerRtpParametersOptions {
        pipe: false,
        enable_rtx: kind == MediaKind::Video,
    };
    let parameters = ortc::consumer_rtp_parameters(consumable, caps, options, &mut random);
    let mut parameters = parameters.map_err(|_| RoomError::CannotConsume("no codec in common"))?;
    parameters.mid = Some(mid.to_string());
    Ok(parameters)
}

/// A canonical name for a client that gives none.
pub(super) fn random_cname() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// From the OS, through the UUID's random bits: SSRCs must not be guessable from one another.
fn random() -> u32 {
    let (high, ..) = uuid::Uuid::new_v4().as_fields();
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_codecs_are_supported() {
        assert!(!ROUTER.codecs.is_empty());
        assert!(COMPAT.header_extensions.len() < FULL.header_extensions.len());
    }

    #[test]
    fn only_clients_that_number_sections_themselves_go_without_mid() {
        let has_mid = |profile: Profile| {
            let mut caps = (**FULL).clone();
            profile.correct(&mut caps);
            caps.header_extensions.iter().any(|one| one.uri == uri::MID)
        };
        assert!(has_mid(Profile::Compat) && has_mid(Profile::Full));
        assert!(!has_mid(Profile::CompatWithoutMid));
    }
}
