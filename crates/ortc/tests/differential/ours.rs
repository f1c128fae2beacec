//! The same questions, answered by this crate; a refusal names the difference that would explain it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use ortc::types::{MediaKind, RtpCapabilities, RtpCodecCapability, RtpParameters};
use ortc::{
    CodecError, ConsumableRtpParametersError, ConsumerRtpParametersError,
    ConsumerRtpParametersOptions, HeaderExtensionError, ProducerRtpParametersError,
    RouterRtpCapabilitiesError, RtpCapabilitiesError, RtpMappingError, RtpParametersError,
    ScalabilityMode, SctpStreamParametersError,
};

/// `{ok}` or `{error, unsupported, row}`; `row` is null when mediasoup must refuse as well.
pub(crate) fn answer(question: &Value) -> Value {
    match question["ask"].as_str().unwrap() {
        "session" => session(question),
        "supported" => json!({"ok": ortc::supported_rtp_capabilities()}),
        "capabilities" => attempt(capabilities(&question["value"])),
        "parameters" => attempt(parameters(&question["value"])),
        "sctp" => attempt(sctp(&question["value"])),
        "scalabilityMode" => {
            let mode = ScalabilityMode::parse(question["value"].as_str().unwrap_or_default());
            json!({"ok": {
                "spatialLayers": mode.spatial_layers,
                "temporalLayers": mode.temporal_layers,
                "ksvc": mode.ksvc,
            }})
        }
        other => panic!("unknown question {other}"),
    }
}

/// A refusal of ours.
struct Refused {
    message: String,
    unsupported: bool,
    row: Option<&'static str>,
}

fn attempt<T: Serialize>(result: Result<T, Refused>) -> Value {
    match result {
        Ok(value) => json!({"ok": value}),
        Err(Refused {
            message,
            unsupported,
            row,
        }) => {
            json!({"error": message, "unsupported": unsupported, "row": row})
        }
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Refused> {
    T::deserialize(value).map_err(|error| Refused {
        message: error.to_string(),
        unsupported: false,
        row: Some("types"),
    })
}

fn capabilities(value: &Value) -> Result<RtpCapabilities, Refused> {
    let mut caps: RtpCapabilities = read(value)?;
    ortc::validate_rtp_capabilities(&mut caps)?;
    Ok(caps)
}

fn parameters(value: &Value) -> Result<RtpParameters, Refused> {
    let mut parameters: RtpParameters = read(value)?;
    ortc::validate_rtp_parameters(&mut parameters)?;
    Ok(parameters)
}

fn sctp(value: &Value) -> Result<ortc::types::SctpStreamParameters, Refused> {
    let mut parameters = read(value)?;
    ortc::validate_sctp_stream_parameters(&mut parameters)?;
    Ok(parameters)
}

fn session(question: &Value) -> Value {
    let router = read::<Vec<RtpCodecCapability>>(&question["mediaCodecs"])
        .and_then(|codecs| Ok(ortc::router_rtp_capabilities(&codecs)?));
    let router = match router {
        Ok(router) => router,
        Err(refused) => return attempt::<()>(Err(refused)),
    };
    let produced = produce(question, &router, &mut draws(question, 0, 1));
    let mut result = json!({"router": router});
    let consumable = match &produced {
        Ok((_, consumable)) => consumable.clone(),
        Err(_) => {
            result["produced"] = attempt(produced.map(|_| ()));
            return json!({"ok": result});
        }
    };
    result["produced"] = attempt(
        produced.map(|(mapping, consumable)| json!({"mapping": mapping, "consumable": consumable})),
    );
    let remote = &question["rtpCapabilities"];
    let enable_rtx = question["enableRtx"].as_bool().unwrap();
    let options = ConsumerRtpParametersOptions {
        pipe: question["pipe"].as_bool().unwrap(),
        enable_rtx,
    };
    result["canConsume"] =
        attempt(capabilities(remote).map(|remote| ortc::can_consume(&consumable, &remote)));
    result["consumed"] = attempt(capabilities(remote).and_then(|remote| {
        Ok(ortc::consumer_rtp_parameters(
            &consumable,
            &remote,
            options,
            &mut draws(question, 1, 3),
        )?)
    }));
    let piped =
        ortc::pipe_consumer_rtp_parameters(&consumable, enable_rtx, &mut draws(question, 3, 5));
    result["piped"] = attempt(Ok(piped));
    json!({"ok": result})
}

/// The draws of one stage; each has its own, so that one which refuses does not shift the next.
fn draws(question: &Value, from: usize, to: usize) -> impl FnMut() -> u32 {
    let mut draws = question["draws"].as_array().unwrap()[from..to].iter();
    move || draws.next().and_then(Value::as_u64).unwrap() as u32
}

fn produce(
    question: &Value,
    router: &RtpCapabilities,
    random: &mut impl FnMut() -> u32,
) -> Result<(ortc::types::RtpMapping, RtpParameters), Refused> {
    let kind: MediaKind = read(&question["kind"])?;
    let mut parameters: RtpParameters = read(&question["rtpParameters"])?;
    ortc::validate_producer_rtp_parameters(kind, &mut parameters)?;
    let mapping = ortc::producer_rtp_parameters_mapping(&parameters, router, random)?;
    let consumable = ortc::consumable_rtp_parameters(kind, &parameters, router, &mapping)?;
    Ok((mapping, consumable))
}

/// Which difference explains a refusal that mediasoup's `ortc` does not share.
trait Reason: ToString {
    fn row(&self) -> Option<&'static str>;

    fn unsupported(&self) -> bool {
        false
    }
}

impl<E: Reason> From<E> for Refused {
    fn from(error: E) -> Self {
        Self {
            message: error.to_string(),
            unsupported: error.unsupported(),
            row: error.row(),
        }
    }
}

impl Reason for CodecError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::ControlCharacter
            | Self::MimeTypeTooLong
            | Self::TooManyParameters
            | Self::ParameterTooLong
            | Self::TooManyRtcpFeedback
            | Self::RtcpFeedbackTooLong => Some("bounds"),
            Self::PayloadTypeOutOfRange(_) => Some("payload-types"),
            Self::InvalidMimeType
            | Self::InvalidParameter
            | Self::InvalidApt
            | Self::MissingRtcpFeedbackType => None,
        }
    }
}

impl Reason for HeaderExtensionError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::ControlCharacter | Self::UriTooLong => Some("bounds"),
            Self::ZeroId => Some("worker-checks"),
            Self::MissingUri | Self::InvalidParameters => None,
        }
    }
}

impl Reason for RtpCapabilitiesError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::TooManyCodecs | Self::TooManyHeaderExtensions => Some("bounds"),
            Self::InvalidCodec { source, .. } => source.row(),
            Self::InvalidHeaderExtension { source, .. } => source.row(),
        }
    }
}

impl Reason for RtpParametersError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::TooManyCodecs
            | Self::TooManyHeaderExtensions
            | Self::TooManyEncodings
            | Self::ControlCharacter(_)
            | Self::TooLong(_) => Some("bounds"),
            Self::InvalidCodec { source, .. } => source.row(),
            Self::InvalidHeaderExtension { source, .. } => source.row(),
            Self::DuplicateHeaderExtensionId(_) => Some("extension-ids"),
            Self::AnonymousEncoding(_) => Some("streams"),
            Self::NoMediaCodec
            | Self::DuplicatePayloadType(_)
            | Self::InvalidApt(_)
            | Self::InvalidCodecPayloadType(_)
            | Self::DuplicateSsrc(_)
            | Self::DuplicateRid
            | Self::SimulcastOfLayers => Some("worker-checks"),
        }
    }
}

impl Reason for ProducerRtpParametersError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(source) => source.row(),
            Self::WrongKind(_) => Some("kind"),
        }
    }
}

impl Reason for RouterRtpCapabilitiesError {
    fn row(&self) -> Option<&'static str> {
        match self {
            Self::TooManyCodecs => Some("bounds"),
            Self::InvalidCodec { source, .. } => source.row(),
            Self::UnsupportedCodec { .. }
            | Self::NoPayloadTypeLeft
            | Self::DuplicatePayloadType(_) => None,
        }
    }

    fn unsupported(&self) -> bool {
        matches!(self, Self::UnsupportedCodec { .. })
    }
}

impl Reason for RtpMappingError {
    fn row(&self) -> Option<&'static str> {
        None
    }

    fn unsupported(&self) -> bool {
        matches!(self, Self::UnsupportedCodec { .. } | Self::NoRtxInRouter(_))
    }
}

impl Reason for ConsumableRtpParametersError {
    fn row(&self) -> Option<&'static str> {
        None
    }
}

impl Reason for ConsumerRtpParametersError {
    fn row(&self) -> Option<&'static str> {
        None
    }

    fn unsupported(&self) -> bool {
        true
    }
}

impl Reason for SctpStreamParametersError {
    fn row(&self) -> Option<&'static str> {
        None
    }
}
