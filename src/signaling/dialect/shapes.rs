//! Payload members and answer members that several dialects share.

use ortc::types::{DtlsParameters, MediaKind, RtpCapabilities, RtpParameters};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::signaling::request::{ConsumerEntry, Id, ProducerEntry};

/// `{dtlsParameters}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dtls {
    pub(super) dtls_parameters: DtlsParameters,
}

/// What every dialect's produce carries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    pub(super) kind: MediaKind,
    pub(super) rtp_parameters: RtpParameters,
    #[serde(default)]
    pub(super) app_data: Option<Value>,
    #[serde(default)]
    pub(super) paused: bool,
}

/// `{rtpCapabilities}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capabilities {
    pub(super) rtp_capabilities: RtpCapabilities,
}

/// `{producerId}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProducerId {
    pub(super) producer_id: Id,
}

/// A type of ours as JSON.
pub(super) fn value(data: &impl serde::Serialize) -> Value {
    // Our types have string keys and finite numbers, so this cannot fail; null would be harmless.
    serde_json::to_value(data).unwrap_or(Value::Null)
}

/// JSON text, kept as text on its way through the room, as JSON again.
pub(super) fn app_data(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// `{producerId, peerId, kind, appData, paused}`.
pub(super) fn producer(entry: &ProducerEntry) -> Value {
    json!({
        "producerId": entry.producer,
        "peerId": entry.peer,
        "kind": value(&entry.kind),
        "appData": app_data(&entry.app_data),
        "paused": entry.paused,
    })
}

/// What mediasoup-client's `consume` takes, with everything older and newer clients read beside it.
pub(super) fn consumer(entry: &ConsumerEntry) -> Value {
    json!({
        "id": entry.id,
        "producerId": entry.producer.producer,
        "kind": value(&entry.producer.kind),
        "rtpParameters": value(&entry.rtp_parameters),
        "type": value(&entry.rtp_type),
        "producerPaused": entry.producer.paused,
        "serverConsumerId": entry.id,
    })
}

/// Puts `more`'s members into `object`.
pub(super) fn extend(mut object: Value, more: Value) -> Value {
    if let (Value::Object(into), Value::Object(from)) = (&mut object, more) {
        into.extend(from);
    }
    object
}
