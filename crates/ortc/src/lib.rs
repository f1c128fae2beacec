//! ORTC negotiation as pure functions on plain serde data; no I/O, no clock, no randomness.
//!
//! The order in which a server calls them:
//!
//! 1. [`router_rtp_capabilities`] once per router, from [`default_media_codecs`] or a configured
//!    list; [`HeaderExtensionProfile::apply`] makes the copy that is handed to a client.
//! 2. `produce`: [`validate_producer_rtp_parameters`], [`rtp_type`],
//!    [`producer_rtp_parameters_mapping`], [`consumable_rtp_parameters`].
//! 3. `consume`: [`validate_rtp_capabilities`], [`can_consume`], [`consumer_rtp_parameters`] (or
//!    [`pipe_consumer_rtp_parameters`] between routers); then [`use_receiver_payload_types`] for a
//!    receiver whose numbers are fixed.
//!
//! Names and results are mediasoup's; `docs/ortc-differences.md` lists where they part, and
//! `tests/differential.rs` proves that list complete for the inputs it tries.
//!
//! Functions that name streams take `random: &mut impl FnMut() -> u32`, called once per run of
//! consecutive SSRCs; SSRC 0 is never given out, whatever it returns.
#![forbid(unsafe_code)]

mod consumer;
mod h264;
mod header_extensions;
mod matching;
mod pipe;
mod producer;
mod receiver;
mod router;
mod scalability_mode;
mod ssrc;
mod supported;
pub mod types;
pub mod validate;

pub use consumer::{
    ConsumerRtpParametersError, ConsumerRtpParametersOptions, can_consume, consumer_rtp_parameters,
};
pub use header_extensions::{HeaderExtensionProfile, router_header_extensions};
pub use pipe::pipe_consumer_rtp_parameters;
pub use producer::{
    ConsumableRtpParametersError, RtpMappingError, RtpTypeError, consumable_rtp_parameters,
    producer_rtp_parameters_mapping, rtp_type,
};
pub use receiver::{is_supported, use_receiver_payload_types};
pub use router::{RouterRtpCapabilitiesError, router_rtp_capabilities};
pub use scalability_mode::ScalabilityMode;
pub use supported::{default_media_codecs, h265_media_codec, supported_rtp_capabilities};
pub use validate::{
    CodecError, DtlsParametersError, HeaderExtensionError, ProducerRtpParametersError,
    RtpCapabilitiesError, RtpParametersError, SctpStreamParametersError, validate_dtls_parameters,
    validate_producer_rtp_parameters, validate_rtp_capabilities, validate_rtp_parameters,
    validate_sctp_stream_parameters,
};
