//! The log of the binary: what every line carries, what none does, and that nobody waits for its reader.

use serde_json::Value;

use crate::support::{load::call, process::Process};

const PUBLISH: &str = include_str!("../fixtures/sdp/obs-30.2-publish.sdp");
const SDP: &str = "content-type: application/sdp\r\n";
const TOKEN: &str = "operator-token-81b7c2f0";
const SECRET: &str = "signing-secret-5d0a9e44-0123456789abcdef";

/// Publishes a room's stream by WHIP and takes it back; the answer.
fn publish(server: &Process, headers: &str) -> String {
    let headers = format!("{SDP}{headers}");
    let answer = server.ask("POST", "/whip/studio", &headers, PUBLISH);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let location = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    let gone = server.ask("DELETE", location.unwrap(), &headers, "");
    assert!(gone.starts_with("HTTP/1.1 200"), "{gone}");
    answer
}

/// Says events as a page does that polls, and returns everything that was answered.
fn say(server: &Process, events: &[&str]) -> String {
    let path = "/socket.io/?EIO=4&transport=polling&dialect=native";
    let open = server.ask("GET", path, "", "");
    let sid = open.split("\"sid\":\"").nth(1).unwrap();
    let path = format!("{path}&sid={}", sid.split('"').next().unwrap());
    let post = |packet: &str| server.ask("POST", &path, "content-type: text/plain\r\n", packet);
    let mut heard = String::new();
    for packet in std::iter::once("40").chain(events.iter().copied()) {
        assert!(post(packet).starts_with("HTTP/1.1 200"));
        // The first poll may bring no more than a ping, and who speaks before the namespace has
        // let it in is closed.
        let wanted = match packet.strip_prefix("42") {
            Some(event) => format!("43{}[", event.split('[').next().unwrap()),
            None => "40{".into(),
        };
        loop {
            let polled = server.ask("GET", &path, "", "");
            assert!(polled.starts_with("HTTP/1.1 200"), "{polled}");
            heard += &polled;
            if polled.contains(&wanted) {
                break;
            }
        }
    }
    post("41");
    heard
}

fn json(log: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    log.lines().map(parse).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_about_a_peer_carry_room_peer_and_dialect() {
    let server = Process::start(&["--log-format", "json"], &[]);
    call(server.address).await;
    publish(&server, "");
    let lines = json(&server.stop());
    let said = |message: &str, dialect: &str| {
        let lines = lines.iter();
        let same = lines.filter(|it| it["message"] == message && it["dialect"] == dialect);
        same.count()
    };
    assert_eq!((said("joined", "native"), said("left", "native")), (4, 4));
    assert_eq!((said("joined", "whip"), said("left", "whip")), (1, 1));
    assert_eq!(said("publishes", "native"), 1);
    assert_eq!(said("publishes", "whip"), 2);
    for line in &lines {
        assert!(
            line["level"] == "INFO" && line["timestamp"].is_string(),
            "{line}"
        );
        let of_all = line["target"] == "miso::room::drain";
        if line["target"].as_str().unwrap().starts_with("miso::room") && !of_all {
            for carried in ["room", "peer", "dialect"] {
                assert!(!line[carried].as_str().unwrap_or("").is_empty(), "{line}");
            }
        }
    }
}

#[test]
fn nothing_secret_is_logged_at_any_level() {
    let words = [
        "--log",
        "trace",
        "--broadcast-token",
        TOKEN,
        "--jwt-secret",
        SECRET,
    ];
    let server = Process::start(&words, &[]);
    let heard = say(
        &server,
        &[
            r#"420["joinRoom",{"roomName":"den"}]"#,
            r#"421["createWebRtcTransport",{"consumer":false}]"#,
        ],
    );
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let answer = publish(&server, &bearer);
    let made = server.ask("POST", "/api/v1/broadcasts", &bearer, "{}");
    let log = server.stop();
    assert!(log.contains("joined") && log.contains("DEBUG"), "{log}");

    let quoted = |text: &str, name: &str| {
        let value = text.split(&format!("\"{name}\":\"")).nth(1);
        let value = value.unwrap_or_else(|| panic!("no {name} in {text}"));
        value.split('"').next().unwrap().to_owned()
    };
    let in_sdp = |text: &str, name: &str| {
        let lines = text.lines();
        let value = lines
            .map(str::trim)
            .find_map(|line| line.strip_prefix(name));
        value
            .unwrap_or_else(|| panic!("no {name} in {text}"))
            .to_owned()
    };
    for secret in [
        TOKEN.to_owned(),
        SECRET.to_owned(),
        quoted(&heard, "resumeToken"),
        quoted(&heard, "password"),
        in_sdp(&answer, "a=ice-pwd:"),
        in_sdp(PUBLISH, "a=ice-pwd:"),
        quoted(&made, "id"),
        quoted(&made, "viewId"),
        "PRIVATE KEY".into(),
        "master_secret".into(),
    ] {
        assert!(
            secret.len() > 7 && !log.contains(&secret),
            "{secret} is in the log"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_are_left_out_on_request() {
    for (words, shown) in [
        (&["--log", "trace"][..], true),
        (&["--log", "trace", "--log-redact"], false),
    ] {
        let server = Process::start(words, &[]);
        call(server.address).await;
        publish(&server, "");
        let log = server.stop();
        assert!(log.lines().count() > 20);
        assert_eq!(log.contains("127.0.0.1"), shown, "{words:?}");
    }
}

#[test]
fn the_filter_changes_while_the_server_runs() {
    let server = Process::start(&["--log", "warn"], &[]);
    publish(&server, "");
    let put = |body: &str| server.ask("PUT", "/api/v1/log", "", body);
    assert!(put(r#"{"filter":"miso=loud"}"#).starts_with("HTTP/1.1 400"));
    assert!(put(r#"{"level":"info"}"#).starts_with("HTTP/1.1 400"));
    assert!(
        server
            .ask("GET", "/api/v1/log", "", "")
            .ends_with(r#"{"filter":"warn"}"#)
    );
    assert!(put(r#"{"filter":"info"}"#).starts_with("HTTP/1.1 200"));
    publish(&server, "");
    let log = server.stop();
    assert_eq!(log.matches("joined").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stalls_stops_neither_media_nor_signalling() {
    let server = Process::start_unread(&[], &[]);
    // Each change is logged with the whole filter.
    let filter = format!("info,{}=info", "x".repeat(4000));
    let body = serde_json::json!({ "filter": filter }).to_string();
    for _ in 0..400 {
        let answer = server.ask("PUT", "/api/v1/log", "", &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let report = call(server.address).await;
    assert_eq!(report.rows[0].lost, 0);
    publish(&server, "");
    let metrics = server.ask("GET", "/metrics", "", "");
    let lost = metrics
        .split("\nmiso_log_lines_dropped_total ")
        .nth(1)
        .unwrap();
    let lost: u64 = lost.lines().next().unwrap().parse().unwrap();
    assert!(lost > 0, "{lost}");
    server.stop();
}
