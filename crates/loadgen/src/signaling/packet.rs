//! Engine.IO 4 and Socket.IO 5 as text: one WebSocket message is one packet. Only what the server's
//! protocol uses; attachments and other namespaces are not read.

use serde_json::Value;

/// The namespace, as packets name it.
const NAMESPACE: &str = "/mediasoup,";
/// Answer to a heartbeat.
pub(super) const PONG: &str = "3";

/// What the server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// The Engine.IO session is open.
    Open,
    /// A heartbeat.
    Ping,
    /// The namespace is connected.
    Connected,
    /// The namespace is refused, for this reason.
    Refused(String),
    /// The server is done with us.
    Disconnected,
    /// A notification of this name.
    Event(&'a str),
    /// The acknowledgement of a request: the JSON array of its arguments.
    Ack(u64, &'a str),
    /// Anything else.
    Other,
}

/// Asks for the namespace.
pub(super) fn connect() -> String {
    format!("40{NAMESPACE}")
}

/// Leaves it.
pub(super) fn disconnect() -> String {
    format!("41{NAMESPACE}")
}

/// A request that is to be acknowledged under `id`.
pub(super) fn event(name: &str, payload: &Value, id: u64) -> String {
    let arguments = if payload.is_null() {
        serde_json::json!([name])
    } else {
        serde_json::json!([name, payload])
    };
    format!("42{NAMESPACE}{id}{arguments}")
}

/// Reads a packet.
pub(super) fn read(text: &str) -> Packet<'_> {
    match text.as_bytes().first() {
        Some(b'0') => Packet::Open,
        Some(b'1') => Packet::Disconnected,
        Some(b'2') => Packet::Ping,
        Some(b'4') => read_message(&text[1..]).unwrap_or(Packet::Other),
        _ => Packet::Other,
    }
}

fn read_message(message: &str) -> Option<Packet<'_>> {
    let (kind, rest) = message.split_at_checked(1)?;
    let body = rest.strip_prefix(NAMESPACE)?;
    Some(match kind {
        "0" => Packet::Connected,
        "1" => Packet::Disconnected,
        "2" => {
            let arguments = body.trim_start_matches(|c: char| c.is_ascii_digit());
            Packet::Event(arguments.strip_prefix("[\"")?.split_once('"')?.0)
        }
        "3" => {
            let (id, arguments) = body.split_at(body.find('[')?);
            Packet::Ack(id.parse().ok()?, arguments)
        }
        "4" => Packet::Refused(reason(body)),
        _ => Packet::Other,
    })
}

fn reason(body: &str) -> String {
    let object: Value = serde_json::from_str(body).unwrap_or_default();
    let message = object.get("message").and_then(Value::as_str);
    message.unwrap_or(body).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packets_are_read() {
        for (text, packet) in [
            (r#"0{"sid":"a","pingInterval":8000}"#, Packet::Open),
            ("2", Packet::Ping),
            (r#"40/mediasoup,{"sid":"b"}"#, Packet::Connected),
            ("41/mediasoup,", Packet::Disconnected),
            ("1", Packet::Disconnected),
            (
                r#"42/mediasoup,["new-peer",{"peerId":"x"}]"#,
                Packet::Event("new-peer"),
            ),
            (r#"42/mediasoup,7["asked"]"#, Packet::Event("asked")),
            (
                r#"43/mediasoup,12[{"left":true}]"#,
                Packet::Ack(12, r#"[{"left":true}]"#),
            ),
            (
                r#"44/mediasoup,{"message":"limit-sockets"}"#,
                Packet::Refused("limit-sockets".to_owned()),
            ),
            ("6", Packet::Other),
            ("", Packet::Other),
            ("4", Packet::Other),
            ("4é", Packet::Other),
            (r#"43/mediasoup,[1]"#, Packet::Other),
            (r#"42["other namespace"]"#, Packet::Other),
        ] {
            assert_eq!(read(text), packet, "{text}");
        }
    }

    #[test]
    fn requests_are_written() {
        assert_eq!(connect(), "40/mediasoup,");
        let payload = json!({"roomName": "a\"b"});
        let expected = r#"42/mediasoup,3["joinRoom",{"roomName":"a\"b"}]"#;
        assert_eq!(event("joinRoom", &payload, 3), expected);
        assert_eq!(
            event("leaveRoom", &Value::Null, 4),
            r#"42/mediasoup,4["leaveRoom"]"#
        );
    }
}
