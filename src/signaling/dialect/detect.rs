//! Which dialect a socket speaks: where it connects may tell, else what it says first.

use super::{
    ALL, Dialect, NATIVE, a_final, a_mid, b, c, call, d, e, geni, h, native, union, world,
};
use crate::signaling::request::Payload;

/// Where the frontends of dialect D′ look for Socket.IO.
pub const PRIME_PATH: &str = "/server";

/// A socket on namespace `/` of which nothing is known yet: it is answered in the canonical protocol.
/// What the commonest family of old frontends asks by the same names is read as that family says it,
/// which takes the canonical payloads, too. Whatever it asks, it is not in a room, since every event
/// that enters one tells; only what every frontend survives is told to it.
const UNKNOWN: Dialect = Dialect {
    name: union::UNKNOWN,
    events: c::DIALECT.events,
    also: native::DIALECT.events,
    notify: union::notify_unknown,
    public: true,
    provisional: true,
    ..native::DIALECT
};

/// The same on a namespace.
const UNKNOWN_BUT_CONNECTED: Dialect = Dialect {
    notify: union::notify_undecided,
    public: false,
    ..UNKNOWN
};

/// How a socket begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// What it speaks as far as is known.
    pub dialect: &'static Dialect,
    /// Whether nothing it says may change that.
    pub pinned: bool,
}

/// What a connection tells before the first event.
#[must_use]
pub(super) fn start(path: &str, namespace: &str) -> Start {
    let pinned = |dialect| Start {
        dialect,
        pinned: true,
    };
    if path.starts_with(PRIME_PATH) {
        return pinned(&d::PRIME);
    }
    match namespace {
        "/video-broadcast" | "/video-conference" => pinned(&d::DIALECT),
        "/call" => pinned(&call::DIALECT),
        "/media" => pinned(&c::MEDIA),
        "/world" => pinned(&world::DIALECT),
        "/" => Start {
            dialect: &UNKNOWN,
            pinned: false,
        },
        _ => Start {
            dialect: &UNKNOWN_BUT_CONNECTED,
            pinned: false,
        },
    }
}

/// An event of a socket that is in no room.
#[derive(Clone, Copy, Debug)]
pub struct Hello<'a> {
    /// Where the socket is.
    pub namespace: &'a str,
    /// What it says.
    pub event: &'a str,
    /// With which arguments.
    pub payload: &'a Payload,
    /// Whether it waits for an acknowledgement.
    pub acknowledged: bool,
    /// What it speaks as far as is known.
    pub speaks: &'static Dialect,
}

impl Hello<'_> {
    /// Whether it said before that it speaks the canonical protocol, and says a word of it again.
    fn goes_on_canonically(&self) -> bool {
        self.speaks.name == NATIVE.name && NATIVE.event(self.event).is_some()
    }
}

/// The dialect an event gives away, if it does.
#[must_use]
pub(super) fn detect(hello: &Hello<'_>) -> Option<&'static Dialect> {
    if hello.goes_on_canonically() {
        return None;
    }
    let has = |member| hello.payload.has(member);
    Some(match hello.event {
        // No other family has one: it comes from an answer of ours, or says that there was none.
        "joinRoom" if has("resumeToken") => NATIVE,
        "joinRoom" if has("param") && !has("roomName") && !has("roomId") => &geni::DIALECT,
        "joinRoom" if has("displayName") => &c::WITH_NAMES,
        "joinRoom" if has("roomId") => &c::BY_ID,
        "joinRoom" | "join-conference" | "create-conference" => &c::DIALECT,
        "join-room" if hello.acknowledged || has("peerId") => &a_final::DIALECT,
        "join-room" | "create-router" => &a_mid::DIALECT,
        "createRoom" if has("room_id") => &h::DIALECT,
        "join" => &h::DIALECT,
        "createRoom" | "getRtpCapabilities" => &b::DIALECT,
        "prepare_room" => &d::DIALECT,
        _ if !hello.speaks.provisional => return None,
        _ => return guess(hello),
    })
}

/// What an event tells that several families say, each at another time.
fn guess(hello: &Hello<'_>) -> Option<&'static Dialect> {
    let sender = hello.payload.has("sender");
    Some(match hello.event {
        "getRouterRtpCapabilities" if hello.namespace != "/" => &b::B2,
        "getRouterRtpCapabilities" => &d::DIALECT,
        "message" => &e::DIALECT,
        "createTransport" if sender => &b::B2,
        _ if sender => &b::DIALECT,
        "getPeers" if hello.payload.has("after") => NATIVE,
        event if is_canonical_alone(event) => NATIVE,
        _ => return None,
    })
}

/// Whether nobody but the canonical protocol has an event of this name. A bare word (`leaveRoom`) is
/// too little to tell by: whoever tidies up before it begins may say it in any dialect.
fn is_canonical_alone(event: &str) -> bool {
    let mut asks = native::ASKS.iter();
    let mut others = ALL.iter().filter(|dialect| dialect.name != NATIVE.name);
    asks.any(|ask| ask.name == event && ask.payload.is_some())
        && others.all(|dialect| dialect.events.iter().all(|other| other.name != event))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn heard(namespace: &str, event: &str, payload: Value, acknowledged: bool) -> &'static str {
        let payload = Payload::new(vec![payload]);
        let hello = Hello {
            namespace,
            event,
            payload: &payload,
            acknowledged,
            speaks: &UNKNOWN,
        };
        detect(&hello).map_or("nothing", |dialect| dialect.name)
    }

    #[test]
    fn first_events_give_the_dialect_away() {
        let named = |event, payload| heard("/", event, payload, true);
        assert_eq!(named("joinRoom", json!({"roomName": "x"})), "c");
        assert_eq!(named("joinRoom", json!({"roomId": "x"})), "c-room-id");
        let with_name = json!({"roomName": "x", "displayName": "y"});
        assert_eq!(named("joinRoom", with_name), "c-names");
        let geni = json!({"username": "x", "param": "y", "create": true});
        assert_eq!(named("joinRoom", geni), "geni");
        assert_eq!(named("createRoom", json!(null)), "b");
        assert_eq!(named("createRoom", json!({"room_id": "x"})), "h");
        assert_eq!(
            named("createWebRtcTransport", json!({"sender": false})),
            "b"
        );
        assert_eq!(
            named("createWebRtcTransport", json!({"consumer": false})),
            "nothing"
        );
        assert_eq!(named("message", json!({"type": "rtpCapabilities"})), "e");
    }

    #[test]
    fn an_acknowledgement_or_a_namespace_makes_the_difference() {
        let room = || json!({"roomId": "x"});
        assert_eq!(heard("/", "join-room", room(), true), "a-final");
        assert_eq!(heard("/", "join-room", room(), false), "a-mid");
        let caps = "getRouterRtpCapabilities";
        assert_eq!(heard("/", caps, json!({}), true), "d");
        assert_eq!(heard("/mediasoup", caps, json!(null), true), "b2");
    }

    fn heard_from(speaks: &'static Dialect, event: &str) -> Option<&'static str> {
        let payload = Payload::new(vec![json!({})]);
        let hello = Hello {
            namespace: "/",
            event,
            payload: &payload,
            acknowledged: true,
            speaks,
        };
        detect(&hello).map(|dialect| dialect.name)
    }

    #[test]
    fn what_several_families_say_changes_nothing_that_is_known() {
        for event in ["getRouterRtpCapabilities", "message", "restart-ice"] {
            assert!(heard_from(&UNKNOWN, event).is_some(), "{event}");
            assert_eq!(heard_from(&c::DIALECT, event), None, "{event}");
        }
        assert_eq!(heard_from(&c::DIALECT, "join"), Some("h"));
    }

    #[test]
    fn words_of_the_canonical_protocol_alone_are_its_own() {
        let named = |event, payload| heard("/mediasoup", event, payload, true);
        assert_eq!(
            named("restart-ice", json!({"transportId": "x"})),
            NATIVE.name
        );
        assert_eq!(named("getPeers", json!({"after": 0})), NATIVE.name);
        assert_eq!(named("getPeers", json!(null)), "nothing");
        let token = json!({"roomName": "x", "resumeToken": null});
        assert_eq!(named("joinRoom", token), NATIVE.name);
        for nobodys in ["leaveRoom", "getProducers", "consume", "no-such-event"] {
            assert_eq!(named(nobodys, json!(null)), "nothing", "{nobodys}");
        }
    }

    #[test]
    fn who_began_canonically_goes_on_until_it_says_what_only_another_family_does() {
        for event in ["joinRoom", "getPeers", "consume", "no-such-event"] {
            assert_eq!(heard_from(NATIVE, event), None, "{event}");
        }
        assert_eq!(heard_from(NATIVE, "join-room"), Some("a-final"));
        assert_eq!(heard_from(NATIVE, "createRoom"), Some("b"));
    }

    #[test]
    fn path_and_namespace_pin() {
        let begins = |path, namespace| {
            let start = start(path, namespace);
            (start.dialect.name, start.pinned)
        };
        let path = "/socket.io/";
        assert_eq!(begins(path, "/"), ("unknown", false));
        assert_eq!(begins(path, "/mediasoup"), ("unknown", false));
        assert_eq!(begins(path, "/video-broadcast"), ("d", true));
        assert_eq!(begins(path, "/call"), ("call", true));
        assert_eq!(begins(path, "/media"), ("media", true));
        assert_eq!(begins("/server/", "/"), ("d-prime", true));
    }
}
