//! WHIP, WHEP and broadcast ids over HTTP: every status code, and what stands in the answers. That
//! media flows is shown with encoders and players in `tests/broadcast` and with browsers.

use std::time::Duration;

use miso::config::{AuthConfig, BroadcastConfig, Config, IceServer, MaxConsumers, WhenFull};
use serde_json::{Value, json};

use crate::support::{
    page::{examples, page, table},
    server::{TestServer, config, start_server},
};

const SDP: &str = "content-type: application/sdp\r\n";
const FRAGMENT: &str = "content-type: application/trickle-ice-sdpfrag\r\n";
const PUBLISH: &str = include_str!("../fixtures/sdp/obs-30.2-publish.sdp");
const VIEW: &str = include_str!("../fixtures/sdp/chromium-view.sdp");
const TRICKLE: &str = "a=ice-ufrag:other\r\na=ice-pwd:otherotherotherotherother\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n";

fn broadcast(change: impl FnOnce(&mut BroadcastConfig)) -> Config {
    let mut config = config();
    change(&mut config.broadcast);
    config
}

fn guarded(change: impl FnOnce(&mut AuthConfig)) -> Config {
    let mut config = config();
    change(&mut config.auth);
    config
}

fn with_room_for(count: usize, when_full: WhenFull) -> Config {
    let mut config = config();
    config.room.max_consumers = Some(MaxConsumers { count, when_full });
    config
}

/// An answer of the server.
struct Answer(String);

impl Answer {
    fn status(&self) -> u16 {
        self.0[9..12].parse().unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        let mut lines = self.0.lines();
        let line = lines.find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap()
    }

    /// Fails unless it is this status, with a problem of the same if it is a failure.
    fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status(), status, "{}", self.0);
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json");
            assert_eq!(self.json()["status"], status);
            assert!(self.json()["detail"].is_string());
        }
        self
    }
}

async fn ask(server: &TestServer, line: &str, headers: &str, body: &str) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    Answer(server.ask(method, path, headers, body).await)
}

/// A fresh id as the server gives it.
async fn create(server: &TestServer, asked: Value) -> Value {
    let answer = ask(server, "POST /api/v1/broadcasts", "", &asked.to_string()).await;
    answer.is(201).json()
}

fn path(url: &Value) -> &str {
    url.as_str().unwrap().strip_prefix("http://x").unwrap()
}

async fn publish(server: &TestServer, id: &str) -> Answer {
    ask(server, &format!("POST /whip/{id}"), SDP, PUBLISH).await
}

async fn view(server: &TestServer, id: &str) -> Answer {
    ask(server, &format!("POST /whep/{id}"), SDP, VIEW).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_the_table_is_there() {
    let server = start_server(config()).await;
    for row in table(&page(), "## WHIP and WHEP")
        .iter()
        .filter(|row| row.len() == 3)
    {
        let (method, path) = row[0].trim_matches('`').split_once(' ').unwrap();
        let path = path.replace(":session", "none").replace(':', "x");
        let other = if method == "GET" { "PUT" } else { "GET" };
        let answer = ask(&server, &format!("{other} {path}"), "", "").await;
        // The page of broadcasters is at the address they publish to.
        let expected = if path.starts_with("/broadcast") {
            200
        } else {
            405
        };
        assert_eq!(answer.status(), expected, "{other} {path}");
        if expected == 405 {
            answer.is(405);
            let mut allowed = answer.header("allow").split(',');
            assert!(allowed.any(|one| one.trim() == method), "{path}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_answered_with_a_session() {
    let server = start_server(broadcast(|broadcast| {
        let server: IceServer = "turn:turn.example,user,pass".parse().unwrap();
        broadcast.ice_servers = vec![server];
    }))
    .await;
    let made = create(&server, json!({})).await;
    let by_query = format!("/broadcast?id={}", made["id"].as_str().unwrap());
    for address in [path(&made["whipUrl"]), &by_query, "/whip/room", "/whip"] {
        let answer = ask(&server, &format!("POST {address}"), SDP, PUBLISH).await;
        answer.is(201);
        assert_eq!(answer.header("content-type"), "application/sdp");
        assert!(answer.header("location").starts_with("/whip/sessions/"));
        assert!(answer.header("etag").starts_with('"'));
        assert!(
            answer
                .header("link")
                .contains("rel=\"ice-server\"; username=\"user\"")
        );
        assert!(answer.body().contains("a=candidate:"), "{}", answer.0);
        assert!(answer.body().contains("a=ice-lite"), "{}", answer.0);
    }
    let answer = ask(&server, "POST /whep/room", SDP, VIEW).await;
    answer.is(201);
    for extension in ["layer", "server-sent-events"] {
        let relation = format!("rel=\"urn:ietf:params:whep:ext:core:{extension}\"");
        assert!(answer.0.contains(&relation), "{}", answer.0);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_once_and_may_be_ended_twice() {
    let server = start_server(config()).await;
    for (door, offer) in [("whip", PUBLISH), ("whep", VIEW)] {
        let made = ask(&server, &format!("POST /{door}/room"), SDP, offer).await;
        let session = made.is(201).header("location");
        for _ in 0..2 {
            ask(&server, &format!("DELETE {session}"), "", "")
                .await
                .is(200);
        }
        ask(&server, &format!("PATCH {session}"), FRAGMENT, TRICKLE)
            .await
            .is(404);
        ask(&server, &format!("DELETE /{door}/sessions/none"), "", "")
            .await
            .is(404);
    }
    let rooms = ask(&server, "GET /api/v1/rooms", "", "").await;
    assert_eq!(rooms.json()["rooms"], json!([]), "nothing is left");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ice_is_trickled_and_restarted() {
    let server = start_server(config()).await;
    let made = publish(&server, "room").await;
    let patch = format!("PATCH {}", made.is(201).header("location"));
    let tag = made.header("etag");
    let own = PUBLISH
        .lines()
        .find(|line| line.starts_with("a=ice-ufrag:"))
        .unwrap();
    let trickle = TRICKLE.replace("a=ice-ufrag:other", own.trim());
    let matching = |tag: &str| format!("{FRAGMENT}if-match: {tag}\r\n");
    ask(&server, &patch, &matching(tag), &trickle).await.is(204);
    ask(&server, &patch, FRAGMENT, &trickle).await.is(428);
    ask(&server, &patch, &matching("\"stale\""), &trickle)
        .await
        .is(412);
    ask(&server, &patch, &matching(tag), TRICKLE).await.is(400);
    ask(&server, &patch, &matching(tag), "").await.is(400);
    ask(&server, &patch, SDP, &trickle).await.is(415);
    let restarted = ask(&server, &patch, &matching("*"), TRICKLE).await;
    restarted.is(200);
    assert_ne!(restarted.header("etag"), tag);
    assert_eq!(
        restarted.header("content-type"),
        "application/trickle-ice-sdpfrag"
    );
    let head = "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:";
    assert!(restarted.body().contains(head), "{}", restarted.0);
    let name = restarted.header("etag").trim_matches('"').to_owned();
    assert!(
        restarted
            .body()
            .contains(&format!("a=ice-ufrag:{name}\r\n"))
    );
    assert!(restarted.body().contains("a=candidate:"));
    ask(&server, &patch, &matching(tag), &trickle).await.is(412);
    ask(&server, &patch, &matching("*"), "a=ice-ufrag:x\r\n")
        .await
        .is(400);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_that_cannot_be_used_say_why() {
    let server = start_server(config()).await;
    let whip = "POST /whip/room";
    ask(&server, whip, SDP, "v=0").await.is(400);
    ask(&server, whip, SDP, &PUBLISH.replace("a=fingerprint", "a=x"))
        .await
        .is(400);
    // Keys in the offer (RFC 4568) are no certificate.
    let keys = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm";
    ask(
        &server,
        whip,
        SDP,
        &PUBLISH.replace("a=fingerprint", &format!("{keys}\r\na=x")),
    )
    .await
    .is(400);
    ask(&server, "POST /broadcast", SDP, PUBLISH).await.is(400);
    ask(&server, whip, "content-type: application/json\r\n", PUBLISH)
        .await
        .is(415);
    ask(&server, whip, "", PUBLISH).await.is(415);
    ask(&server, whip, SDP, &PUBLISH.repeat(100)).await.is(413);
    let unknown = PUBLISH.replace("H264/", "H261/").replace("opus/", "speex/");
    ask(&server, whip, SDP, &unknown).await.is(422);
    ask(&server, "POST /whep/room", SDP, PUBLISH).await.is(422);
    ask(
        &server,
        &format!("POST /whip/{}", "x".repeat(300)),
        SDP,
        PUBLISH,
    )
    .await
    .is(400);
    let rooms = ask(&server, "GET /api/v1/rooms", "", "").await;
    assert_eq!(rooms.json()["rooms"], json!([]), "nothing is left");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_opens_its_own_door_only() {
    let server = start_server(config()).await;
    let made = create(&server, json!({})).await;
    let (id, view_id) = (
        made["id"].as_str().unwrap(),
        made["viewId"].as_str().unwrap(),
    );
    publish(&server, view_id).await.is(403);
    view(&server, id).await.is(403);
    let (unknown, unseen) = (
        format!("b-{}", "0".repeat(32)),
        format!("v-{}", "0".repeat(32)),
    );
    publish(&server, &unknown).await.is(404);
    view(&server, &unseen).await.is(404);
    let bearer = |token: &str| format!("{SDP}authorization: Bearer {token}\r\n");
    ask(&server, "POST /whip", &bearer(id), PUBLISH)
        .await
        .is(201);
    ask(&server, "POST /whip", &bearer(&unknown), PUBLISH)
        .await
        .is(401);
    for wrong in [&unknown, view_id] {
        ask(&server, &format!("GET /api/v1/broadcasts/{wrong}"), "", "")
            .await
            .is(404);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_changed_by_whoever_made_it() {
    let server = start_server(config()).await;
    let made = create(&server, json!({})).await;
    let bearer = format!("authorization: Bearer {}\r\n", made["id"].as_str().unwrap());
    let answer = ask(&server, "POST /whip", &format!("{SDP}{bearer}"), PUBLISH).await;
    let end = format!("DELETE {}", answer.is(201).header("location"));
    ask(&server, &end, "", "").await.is(401);
    ask(&server, &end, "authorization: Bearer other\r\n", "")
        .await
        .is(403);
    ask(&server, &end, &bearer, "").await.is(200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_nobody_publishes_without_it() {
    const TOKEN: &str = "a-token-nobody-guesses";
    let server = start_server(guarded(|auth| auth.broadcast_token = Some(TOKEN.into()))).await;
    let bearer = |token: &str| format!("{SDP}authorization: Bearer {token}\r\n");
    for (line, body) in [
        ("POST /whip/room", PUBLISH),
        ("POST /api/v1/broadcasts", ""),
    ] {
        let refused = ask(&server, line, SDP, body).await;
        assert_eq!(refused.is(401).header("www-authenticate"), "Bearer");
        ask(&server, line, &bearer("wrong"), body).await.is(401);
    }
    ask(&server, "POST /whip/room", &bearer(TOKEN), PUBLISH)
        .await
        .is(201);
    let made = ask(&server, "POST /api/v1/broadcasts", &bearer(TOKEN), "").await;
    let id = made.is(201).json()["id"].as_str().unwrap().to_owned();
    // The id is a secret of its own.
    publish(&server, &id).await.is(201);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_web_token_opens_the_room_it_names() {
    const SECRET: &str = "a-secret-of-thirty-two-characters";
    let server = start_server(guarded(|auth| auth.jwt_secret = Some(SECRET.into()))).await;
    let claims = json!({
        "aud": "miso",
        "exp": jsonwebtoken::get_current_timestamp() + 60,
        "room": "studio",
        "publish": true,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let bearer = format!("{SDP}authorization: Bearer {token}\r\n");
    ask(&server, "POST /whip/studio", &bearer, PUBLISH)
        .await
        .is(201);
    ask(&server, "POST /whip/other", &bearer, PUBLISH)
        .await
        .is(403);
    ask(&server, "POST /api/v1/broadcasts", &bearer, "")
        .await
        .is(403);
    let asked = r#"{"room":"studio"}"#;
    ask(&server, "POST /api/v1/broadcasts", &bearer, asked)
        .await
        .is(201);
    ask(&server, "POST /whip/studio", SDP, PUBLISH)
        .await
        .is(401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn early_viewers_wait_unless_they_may_not() {
    let waiting = start_server(config()).await;
    let made = create(&waiting, json!({})).await;
    view(&waiting, made["viewId"].as_str().unwrap())
        .await
        .is(201);
    waiting.stop().await;

    let refusing = start_server(broadcast(|broadcast| broadcast.viewers_wait = false)).await;
    let made = create(&refusing, json!({ "room": "studio" })).await;
    let view_id = made["viewId"].as_str().unwrap();
    for early in [view_id, "studio"] {
        let refused = view(&refusing, early).await;
        assert_eq!(refused.is(409).header("retry-after"), "5");
    }
    publish(&refusing, made["id"].as_str().unwrap())
        .await
        .is(201);
    view(&refusing, view_id).await.is(201);
    view(&refusing, "studio").await.is(201);
    refusing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_room_refuses_or_gives_the_oldest_place_away() {
    let refusing = start_server(with_room_for(2, WhenFull::Reject)).await;
    for _ in 0..2 {
        view(&refusing, "room").await.is(201);
    }
    let refused = view(&refusing, "room").await;
    assert_eq!(refused.is(503).json()["code"], "limit-consumers");
    refusing.stop().await;

    let evicting = start_server(config()).await;
    let asked = json!({ "maxConsumers": 2, "whenFull": "evict-oldest" });
    let made = create(&evicting, asked).await;
    let view_id = made["viewId"].as_str().unwrap();
    let first = view(&evicting, view_id).await;
    let session = first.is(201).header("location").to_owned();
    let events = format!("{session}/events");
    let names = r#"["active", "viewercount", "nonsense"]"#;
    let kind = "content-type: application/json\r\n";
    let stream = ask(&evicting, &format!("POST {events}"), kind, names).await;
    let stream = stream.is(201).header("location").to_owned();
    for _ in 0..2 {
        view(&evicting, view_id).await.is(201);
    }
    // The stream ends by itself, with the reason.
    let told = evicting.get(&stream, "").await;
    assert!(
        told.contains("event: ended\ndata: {\"reason\":\"evicted\"}"),
        "{told}"
    );
    assert!(!told.contains("nonsense"));
    ask(&evicting, &format!("PATCH {session}"), FRAGMENT, TRICKLE)
        .await
        .is(404);
    let id = made["id"].as_str().unwrap();
    let status = ask(&evicting, &format!("GET /api/v1/broadcasts/{id}"), "", "").await;
    assert_eq!(status.is(200).json()["viewers"], 2);
    evicting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_answered_as_such() {
    let mut few = broadcast(|broadcast| broadcast.broadcasts = 1);
    few.signaling.sockets_per_address = 1;
    let server = start_server(few).await;
    let made = create(&server, json!({})).await;
    publish(&server, made["id"].as_str().unwrap()).await.is(201);
    let full = ask(&server, "POST /api/v1/broadcasts", "", "").await;
    assert_eq!(full.is(503).header("retry-after"), "5");
    let crowded = publish(&server, "room").await;
    assert_eq!(crowded.is(429).json()["code"], "limit-sockets");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_given_with_what_the_page_shows() {
    let server = start_server(config()).await;
    let given = create(&server, json!({})).await;
    let page = page();
    let shown = examples(&page, "Broadcast ids");
    let members = |value: &Value| {
        let kind = |value: &Value| value.is_string();
        let members = value.as_object().unwrap().iter();
        members
            .map(|(name, value)| (name.clone(), kind(value)))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(members(&given), members(&shown[0]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_ids_are_checked() {
    let server = start_server(config()).await;
    for wrong in [
        r#"{"rooom":"x"}"#,
        "{",
        r#"{"maxConsumers":0}"#,
        r#"{"room":""}"#,
        r#"{"room":"studio","maxConsumers":1}"#,
        r#"{"room":"v-00000000000000000000000000000000"}"#,
    ] {
        ask(&server, "POST /api/v1/broadcasts", "", wrong)
            .await
            .is(400);
    }
    let long = " ".repeat(100_000);
    ask(&server, "POST /api/v1/broadcasts", "", &long)
        .await
        .is(413);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_outlives_what_is_published_under_it() {
    let server = start_server(config()).await;
    let made = create(&server, json!({ "room": "studio" })).await;
    let id = made["id"].as_str().unwrap();
    let one = format!("/api/v1/broadcasts/{id}");
    publish(&server, id).await.is(201);
    ask(&server, &format!("POST {one}/stop"), "", "")
        .await
        .is(204);
    let status = ask(&server, &format!("GET {one}"), "", "")
        .await
        .is(200)
        .json();
    assert_eq!(
        (&status["state"], &status["room"]),
        (&json!("waiting"), &json!("studio"))
    );
    publish(&server, id).await.is(201);
    view(&server, made["viewId"].as_str().unwrap())
        .await
        .is(201);
    ask(&server, &format!("DELETE {one}"), "", "").await.is(204);
    let rooms = ask(&server, "GET /api/v1/rooms", "", "").await;
    assert_eq!(rooms.json()["rooms"], json!([]), "viewers are gone, too");
    publish(&server, id).await.is(404);
    view(&server, made["viewId"].as_str().unwrap())
        .await
        .is(404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_again_takes_over_and_a_bad_offer_does_not() {
    let server = start_server(config()).await;
    let made = create(&server, json!({ "room": "studio" })).await;
    let id = made["id"].as_str().unwrap();
    let first = publish(&server, id).await;
    let session = first.is(201).header("location").to_owned();
    let unknown = PUBLISH.replace("H264/", "H261/").replace("opus/", "speex/");
    ask(&server, &format!("POST /whip/{id}"), SDP, &unknown)
        .await
        .is(422);
    let peers = async || {
        let rooms = ask(&server, "GET /api/v1/rooms", "", "").await.json();
        rooms["rooms"][0]["peerCount"].as_u64().unwrap_or(0)
    };
    assert_eq!(peers().await, 1, "the first is there yet");
    publish(&server, id).await.is(201);
    assert_eq!(peers().await, 1, "the second is in its place");
    ask(&server, &format!("PATCH {session}"), FRAGMENT, TRICKLE)
        .await
        .is(404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_publish_and_watch() {
    let server = start_server(config()).await;
    let origin = "origin: https://a.example\r\n";
    let preflight = format!("{origin}access-control-request-method: POST\r\n");
    for (line, accepts) in [
        ("OPTIONS /whip/room", "application/sdp"),
        ("OPTIONS /whep/room", "application/sdp"),
    ] {
        for headers in [preflight.as_str(), ""] {
            let answer = ask(&server, line, headers, "").await;
            assert!(answer.status() < 300, "{}", answer.0);
            assert_eq!(answer.header("accept-post"), accepts);
        }
    }
    let answer = ask(
        &server,
        "POST /whip/room",
        &format!("{SDP}{origin}"),
        PUBLISH,
    )
    .await;
    assert_eq!(
        answer.is(201).header("access-control-allow-origin"),
        "https://a.example"
    );
    let exposed = answer.header("access-control-expose-headers").to_owned();
    for name in ["location", "link", "etag"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_not_used_expires() {
    let server = start_server(broadcast(|broadcast| broadcast.expiry = Duration::ZERO)).await;
    let made = create(&server, json!({})).await;
    publish(&server, made["id"].as_str().unwrap()).await.is(404);
    server.stop().await;
}
