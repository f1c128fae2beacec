//! Payload members and answer members that several dialects share.

use ortc::types::{DtlsParameters, MediaKind, RtpCapabilities, RtpParameters};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    signaling::request::{ConsumerEntry, Id, Payload, Produce, ProducerEntry, Transport},
};

/// `{dtlsParameters}`.
pub(super) fn dtls(payload: &Payload) -> Result<DtlsParameters, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Dtls {
        dtls_parameters: DtlsParameters,
    }
    payload.parse::<Dtls>().map(|dtls| dtls.dtls_parameters)
}

/// `{rtpCapabilities}`.
pub(super) fn capabilities(payload: &Payload) -> Result<RtpCapabilities, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Capabilities {
        rtp_capabilities: RtpCapabilities,
    }
    let capabilities = payload.parse::<Capabilities>()?;
    Ok(capabilities.rtp_capabilities)
}

/// `{kind, rtpParameters, appData?, paused?}`, which every dialect's produce carries.
pub(super) fn produce(payload: &Payload, transport: Transport) -> Result<Produce, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Source {
        kind: MediaKind,
        rtp_parameters: RtpParameters,
        #[serde(default)]
        app_data: Option<Value>,
        #[serde(default)]
        paused: bool,
    }
    let source: Source = payload.parse()?;
    Ok(Produce {
        transport,
        kind: source.kind,
        rtp_parameters: source.rtp_parameters,
        display: source.app_data.as_ref().is_some_and(captures_display),
        app_data: source.app_data.map(|data| data.to_string()),
        paused: source.paused,
    })
}

/// Whether what a frontend says of a source means a shared screen.
pub(super) fn captures_display(said: &Value) -> bool {
    const MEMBERS: [&str; 5] = ["source", "mediaTag", "mode", "mediaType", "type"];
    const WORDS: [&str; 5] = [
        "screen",
        "display",
        "share_screen",
        "screenshare",
        "screen-share",
    ];
    let mut said = MEMBERS
        .iter()
        .filter_map(|member| said.get(member)?.as_str());
    said.any(|word| WORDS.contains(&word))
}

/// The id under the first of these members that is there.
pub(super) fn id_under(payload: &Payload, members: &[&str]) -> Option<Id> {
    let mut found = members
        .iter()
        .filter_map(|member| payload.first().get(member));
    found.find(|value| !value.is_null()).map(Id::of)
}

/// The id under the first of these members, which must be there.
pub(super) fn required_id(payload: &Payload, members: &[&str]) -> Result<Id, ApiError> {
    let missing = || ApiError::bad_request(format!("missing field `{}`", members[0]));
    id_under(payload, members).ok_or_else(missing)
}

/// The text under the first of these members that has one.
pub(super) fn text_under(payload: &Payload, members: &[&str]) -> Option<String> {
    let mut found = members
        .iter()
        .filter_map(|member| payload.first().get(member)?.as_str());
    found.find(|text| !text.is_empty()).map(str::to_owned)
}

/// The truth under a member.
pub(super) fn flag_under(payload: &Payload, member: &str) -> Option<bool> {
    payload.first().get(member)?.as_bool()
}

/// `{kind}`.
pub(super) fn kind(payload: &Payload) -> Option<MediaKind> {
    match payload.first().get("kind")?.as_str()? {
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_screens_are_known_by_the_words_of_every_family() {
        for said in [
            json!({"source": "screen"}),
            json!({"mediaTag": "display"}),
            json!({"mode": "share_screen"}),
        ] {
            assert!(captures_display(&said), "{said}");
        }
        for said in [
            json!({"source": "camera"}),
            json!({"mode": "stream"}),
            json!(null),
        ] {
            assert!(!captures_display(&said), "{said}");
        }
    }

    #[test]
    fn the_first_member_given_names_the_object() {
        let payload = Payload::new(vec![
            json!({"transportId": null, "transport_id": "no uuid"}),
        ]);
        let nothing = Id(uuid::Uuid::nil());
        assert_eq!(
            id_under(&payload, &["transportId", "transport_id"]),
            Some(nothing)
        );
        assert_eq!(id_under(&payload, &["other"]), None);
        assert!(required_id(&payload, &["other"]).is_err());
    }
}
