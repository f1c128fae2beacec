//! Tokens that are none, fifty of them, at all three doors: each is refused with a sentence, nothing
//! else happens. Made here, since most are signed and expire.

use std::net::Ipv4Addr;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use miso::config::{AdminListen, Config};
use serde_json::{Value, json};

use crate::support::{
    page::{page, section},
    server::{TestServer, ask_at, config, start_server},
};

const SECRET: &str = "a-secret-of-thirty-two-characters";
const OTHER: &str = "another-secret-of-thirty-two-chars";
const OWN: &str = "0123456789abcdef";
const OFFER: &str = include_str!("../fixtures/sdp/obs-30.2-publish.sdp");

const WRONG: &str = "the token is not one of this server's";
const EXPIRED: &str = "the token has expired";
const EARLY: &str = "the token is not good yet";
const ELSEWHERE: &str = "the token is for another audience";
const LONG: &str = "the token is too long";

/// Base64 as tokens have it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | u32::from(three.get(at).copied().unwrap_or(0))
        });
        for at in 0..=three.len() {
            let digit = bits >> (18 - 6 * at) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}

/// Everything one may do, and then what is changed; `null` takes a claim away.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "aud": "miso",
        "exp": get_current_timestamp() + 600,
        "join": true,
        "publish": true,
        "subscribe": true,
        "admin": true,
    });
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn signed_by(algorithm: Algorithm, secret: &str, changes: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), &claims(changes), &key).unwrap()
}

fn signed(changes: &Value) -> String {
    signed_by(Algorithm::HS256, SECRET, changes)
}

/// With a header of our own, signed as it should be.
fn headed(header: &Value) -> String {
    let good = signed(&json!({}));
    let body = good.split('.').nth(1).unwrap();
    let text = format!("{}.{body}", base64(header.to_string().as_bytes()));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = aws_lc_rs::hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", base64(signature.as_ref()))
}

fn key(name: &str) -> String {
    std::fs::read_to_string(format!("tests/fixtures/tokens/{name}")).unwrap()
}

/// What is no token of ours at all.
fn foreign() -> Vec<String> {
    let good = signed(&json!({}));
    let parts: Vec<_> = good.split('.').collect();
    let flipped = |at: usize| {
        let mut other: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
        let changed = if &other[at][5..6] == "A" { "B" } else { "A" };
        other[at].replace_range(5..6, changed);
        other.join(".")
    };
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
        format!("{}.{}.", base64(header.as_bytes()), parts[1])
    };
    let mut tokens: Vec<String> = [
        "x",
        "a.b.c",
        "...",
        "..",
        "Bearer",
        "null",
        "undefined",
        "{}",
    ]
    .map(str::to_owned)
    .into();
    tokens.extend([
        format!("{OWN}x"),
        OWN[..15].to_owned(),
        OWN.to_uppercase(),
        SECRET.to_owned(),
        parts[..2].join("."),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}.{}", parts[2]),
        format!("{}.{}.{}", parts[0], parts[2], parts[1]),
        flipped(0),
        flipped(1),
        flipped(2),
        unsigned("none"),
        unsigned("None"),
        unsigned("NONE"),
        unsigned("HS256"),
    ]);
    tokens.extend(signed_wrongly());
    tokens
}

/// Signed, but not so that it counts.
fn signed_wrongly() -> Vec<String> {
    let public = key("rs256.pub.pem");
    vec![
        signed_by(Algorithm::HS256, OTHER, &json!({})),
        signed_by(Algorithm::HS384, SECRET, &json!({})),
        signed_by(Algorithm::HS512, SECRET, &json!({})),
        // The key that verifies others' signatures, as if it were a secret.
        signed_by(Algorithm::HS256, &public, &json!({})),
        signed_by(Algorithm::HS256, public.trim(), &json!({})),
        // Good ones of keys this server does not have.
        key("es256.jwt").trim().to_owned(),
        key("eddsa.jwt").trim().to_owned(),
        headed(&json!({ "alg": "RS256", "typ": "JWT" })),
        headed(&json!({ "alg": "ES256", "typ": "JWT" })),
        headed(&json!({ "alg": "none", "typ": "JWT" })),
        headed(&json!({ "typ": "JWT" })),
        headed(&json!([])),
        // The key they name is not looked at; their own is not known.
        signed_naming("../../../../dev/null"),
        signed_naming("https://evil.example/key"),
    ]
}

fn signed_naming(kid: &str) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(kid.to_owned());
    header.jku = Some("https://evil.example/keys".into());
    let key = EncodingKey::from_secret(b"");
    encode(&header, &claims(&json!({})), &key).unwrap()
}

/// Each with what is said of it.
fn corpus() -> Vec<(String, &'static str)> {
    let now = get_current_timestamp();
    let mut corpus: Vec<_> = foreign().into_iter().map(|token| (token, WRONG)).collect();
    for (changes, why) in [
        (json!({ "exp": now - 60 }), EXPIRED),
        (json!({ "exp": 0 }), EXPIRED),
        (json!({ "exp": null }), WRONG),
        (json!({ "exp": "tomorrow" }), WRONG),
        (json!({ "nbf": now + 300 }), EARLY),
        (json!({ "aud": "other" }), ELSEWHERE),
        (json!({ "aud": ["a", "b"] }), ELSEWHERE),
        (json!({ "aud": null }), WRONG),
        (json!({ "publish": "yes" }), WRONG),
        (json!({ "publish": ["camera"] }), WRONG),
        (json!({ "admin": 1 }), WRONG),
        (json!({ "room": "a", "roomPrefix": "a" }), WRONG),
    ] {
        corpus.push((signed(&changes), why));
    }
    corpus.push(("x".repeat(4097), LONG));
    corpus
}

fn guarded() -> Config {
    let mut config = config();
    config.auth.required = true;
    config.auth.jwt_secret = Some(SECRET.into());
    config.auth.jwt_public_keys = vec!["tests/fixtures/tokens/rs256.pub.pem".into()];
    config.auth.tokens = vec![format!("{OWN}:join,publish,admin").into()];
    // Here it is one address that shows them all.
    config.rates = miso::config::RateConfig::unlimited();
    config
}

fn body(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

/// Refused over HTTP, and why.
async fn refused(server: &TestServer, method: &str, path: &str, token: &str) -> String {
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/sdp\r\n");
    let answer = server.ask(method, path, &headers, OFFER).await;
    assert!(
        answer.starts_with("HTTP/1.1 401 "),
        "{path} {token}: {answer}"
    );
    assert!(answer.contains("www-authenticate: Bearer"), "{answer}");
    let problem = body(&answer);
    assert_eq!(problem["code"], "unauthorized", "{answer}");
    assert!(!answer.contains(token) || token.len() < 20, "{answer}");
    problem["detail"].as_str().unwrap().to_owned()
}

/// What Socket.IO says to a handshake with this token: the packet by which it is refused or let in.
async fn handshake(server: &TestServer, auth: &Value) -> String {
    const POLL: &str = "/socket.io/?EIO=4&transport=polling";
    let opened = server.get(POLL, "").await;
    let opened = opened.split_once("\r\n\r\n").unwrap().1;
    let session: Value = serde_json::from_str(&opened[1..]).unwrap();
    let path = format!("{POLL}&sid={}", session["sid"].as_str().unwrap());
    let said = server.ask("POST", &path, "", &format!("40{auth}")).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    // The first answer may be a heartbeat.
    for _ in 0..3 {
        let heard = server.get(&path, "").await;
        let packets = heard.split_once("\r\n\r\n").unwrap().1;
        let mut packets = packets.split('\u{1e}');
        if let Some(packet) =
            packets.find(|packet| packet.starts_with("40") || packet.starts_with("44"))
        {
            return packet.to_owned();
        }
    }
    panic!("no answer to {auth}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_bad_tokens_are_refused_at_every_door() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 50);
    let server = start_server(guarded()).await;
    for (token, why) in &corpus {
        for (method, path) in [
            ("POST", "/whip/room"),
            ("POST", "/whep/room"),
            ("GET", "/api/v1/rooms"),
        ] {
            assert_eq!(refused(&server, method, path, token).await, *why, "{token}");
        }
        let packet = handshake(&server, &json!({ "token": token })).await;
        assert_eq!(packet, r#"44{"message":"unauthorized"}"#, "{token}");
    }
    // Nobody came in, and those who may are let in yet.
    let token = signed(&json!({}));
    let headers = format!("authorization: Bearer {token}\r\n");
    let state = body(&server.get("/debug/state", &headers).await);
    for kind in ["sockets", "rooms", "peers", "transports"] {
        assert_eq!(state[kind], 0, "{kind}: {state}");
    }
    let packet = handshake(&server, &json!({ "token": token })).await;
    assert!(packet.starts_with("40"), "{packet}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_refused_as_none() {
    let server = start_server(guarded()).await;
    for auth in [
        json!({}),
        json!({ "token": null }),
        json!({ "token": 5 }),
        json!({ "token": [OWN] }),
        json!({ "token": { "token": OWN } }),
    ] {
        let packet = handshake(&server, &auth).await;
        assert_eq!(packet, r#"44{"message":"unauthorized"}"#, "{auth}");
    }
    for (header, detail) in [
        ("", "a token is needed"),
        ("authorization: Basic x\r\n", "a token is needed"),
        ("authorization: Bearer\r\n", "a token is needed"),
        ("authorization: Bearer \r\n", "a token is needed"),
    ] {
        let answer = server.get("/api/v1/rooms", header).await;
        assert_eq!(body(&answer)["detail"], detail, "{answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_for_their_rooms_and_kinds() {
    let server = start_server(guarded()).await;
    let ask = async |token: String, path: &'static str| {
        let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/sdp\r\n");
        let answer = server.ask("POST", path, &headers, OFFER).await;
        answer[9..12].to_owned()
    };
    let room = |changes: Value| signed(&changes);
    assert_eq!(ask(room(json!({ "room": "a" })), "/whip/a").await, "201");
    assert_eq!(ask(room(json!({ "room": "a" })), "/whip/b").await, "403");
    assert_eq!(
        ask(room(json!({ "roomPrefix": "cl-" })), "/whip/cl-1").await,
        "201"
    );
    assert_eq!(
        ask(room(json!({ "publish": ["audio"] })), "/whip/a").await,
        "201"
    );
    assert_eq!(
        ask(room(json!({ "publish": ["screen"] })), "/whip/a").await,
        "403"
    );
    assert_eq!(
        ask(room(json!({ "subscribe": false })), "/whep/a").await,
        "403"
    );
    let headers = format!(
        "authorization: Bearer {}\r\n",
        signed(&json!({ "admin": false }))
    );
    let answer = server.get("/api/v1/rooms", &headers).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(body(&answer)["code"], "forbidden");
    server.stop().await;
}

/// The claims `protocol.md` shows, with times of today, signed.
fn written_down(now: u64) -> (Value, String) {
    let page = page();
    let tokens = section(&page, "## Tokens");
    let text = tokens.split("```json\n").nth(1).unwrap();
    let mut claims: Value = serde_json::from_str(text.split("```").next().unwrap()).unwrap();
    let ahead = |name: &str| claims[name].as_u64().unwrap();
    assert_eq!(ahead("exp") - ahead("nbf"), 3_600, "an hour: {claims}");
    claims["nbf"] = now.into();
    claims["exp"] = (now + 3_600).into();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    (claims, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_the_page_opens_what_it_says_and_nothing_else() {
    let (claims, token) = written_down(get_current_timestamp());
    assert_eq!(
        (&claims["room"], &claims["publish"]),
        (&json!("standup"), &json!(["audio", "screen"]))
    );
    let server = start_server(guarded()).await;
    let packet = handshake(&server, &json!({ "token": token })).await;
    assert!(packet.starts_with("40"), "{packet}");
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/sdp\r\n");
    for (method, path, status) in [
        // What is published is a camera's, of which the sound may be sent.
        ("POST", "/whip/standup", "201"),
        ("POST", "/whip/other", "403"),
        ("POST", "/whep/other", "403"),
        ("GET", "/api/v1/rooms", "403"),
    ] {
        let answer = server.ask(method, path, &headers, OFFER).await;
        assert_eq!(&answer[9..12], status, "{path}: {answer}");
    }
    let state = format!("authorization: Bearer {}\r\n", signed(&json!({})));
    let state = body(&server.get("/debug/state", &state).await);
    assert_eq!(state["producers"], 1, "the sound alone: {state}");
    // An hour and its tolerance later it opens nothing.
    let (_, late) = written_down(get_current_timestamp() - 3_640);
    let detail = refused(&server, "POST", "/whip/standup", &late).await;
    assert_eq!(detail, EXPIRED);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_tokens_of_an_address_are_looked_at_no_more() {
    let mut config = guarded();
    config.rates = miso::config::RateConfig::default();
    let server = start_server(config).await;
    let show = async |token: &str| {
        let headers = format!("authorization: Bearer {token}\r\n");
        server.get("/api/v1/rooms", &headers).await
    };
    let mut answer = show("wrong").await;
    for _ in 0..1_000 {
        if answer.starts_with("HTTP/1.1 429 ") {
            break;
        }
        answer = show("wrong").await;
    }
    assert_eq!(body(&answer)["code"], "limit-tokens", "{answer}");
    let retry = answer
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "));
    assert!(retry.unwrap().parse::<u64>().unwrap() >= 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_much_is_told_when_it_may_again() {
    let mut config = config();
    config.rates.requests.burst = 5;
    config.rates.requests.per_second = 1;
    let server = start_server(config).await;
    let mut answer = String::new();
    for _ in 0..1_000 {
        answer = server.get("/asyncapi.json", "").await;
        if answer.starts_with("HTTP/1.1 429 ") {
            break;
        }
    }
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("retry-after: "), "{answer}");
    assert_eq!(body(&answer)["code"], "limit-requests");
    // Whoever looks whether it is well is never refused.
    assert!(
        server
            .get("/healthz", "")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_surface_asks_who_comes_by_what_way() {
    let server = start_server(config()).await;
    for (headers, status) in [
        ("", "200"),
        ("x-forwarded-for: 192.0.2.1\r\n", "404"),
        ("forwarded: for=192.0.2.1\r\n", "404"),
        ("via: 1.1 proxy\r\n", "404"),
        ("origin: https://evil.example\r\n", "403"),
        ("origin: null\r\n", "403"),
        ("origin: http://x\r\n", "200"),
    ] {
        let answer = server.get("/api/v1/rooms", headers).await;
        assert_eq!(&answer[9..12], status, "{headers}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_surface_has_a_listener_of_its_own() {
    let mut config = guarded();
    config.auth.required = false;
    config.listen.admin = AdminListen::At((Ipv4Addr::LOCALHOST, 0).into());
    let server = start_server(config).await;
    let admin = server.admin.unwrap();
    let token = format!("authorization: Bearer {OWN}\r\n");
    for path in ["/api/v1/rooms", "/debug/state", "/metrics"] {
        let shown = ask_at(admin, "GET", path, &token, "").await;
        assert!(shown.starts_with("HTTP/1.1 200 "), "{path}: {shown}");
        let bare = ask_at(admin, "GET", path, "", "").await;
        assert!(bare.starts_with("HTTP/1.1 401 "), "{path}: {bare}");
    }
    // Nothing else is there.
    for (path, status) in [("/healthz", "200"), ("/asyncapi.json", "404")] {
        let answer = ask_at(admin, "GET", path, "", "").await;
        assert_eq!(&answer[9..12], status, "{path}");
    }
    server.stop().await;
}
