//! Stopping, and not starting: the binary as its user meets it.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener, UdpSocket},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tokio::io::AsyncWriteExt as _;

use crate::support::server::{config, start_server};

fn miso(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miso"));
    command.args(words).output().unwrap()
}

/// One line on standard error, and this exit code.
#[track_caller]
fn assert_refused(words: &[&str], code: i32, part: &str) {
    let output = miso(words);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(part), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn settings_that_cannot_be_used_end_with_2_and_one_line() {
    let quiet = ["--listen", "127.0.0.1:0", "--media-ip", "127.0.0.1"];
    let with = |more: &[&'static str]| [&quiet[..], more].concat();
    assert_refused(
        &with(&["--tls", "no/cert.pem,no/key.pem"]),
        2,
        "cannot read no/cert.pem",
    );
    assert_refused(&with(&["--tls", "off", "--workers", "0"]), 2, "--workers");
    assert_refused(
        &with(&["--tls", "off", "--announced-address", "a:1"]),
        2,
        "--announced-address",
    );
    assert_refused(&with(&["--log", "miso=loud"]), 2, "--log");
    // Addresses for documentation belong to no machine (RFC 5737).
    let foreign = ["--tls", "off", "--media-ip", "203.0.113.1"];
    assert_refused(&with(&foreign), 2, "choose another with --media-ip");
    let foreign = ["--tls", "off", "--listen", "203.0.113.1:3000"];
    assert_refused(&foreign, 2, "choose another with --listen");
}

#[test]
fn ports_that_are_taken_end_with_1_and_one_line() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let tcp = ["--listen", &address, "--tls", "off", "--media-port", "0"];
    assert_refused(&tcp, 1, "choose another with --listen");
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut udp = vec!["--listen", "127.0.0.1:0", "--tls", "off"];
    udp.extend(["--media-ip", "127.0.0.1", "--workers", "1"]);
    udp.extend(["--media-port", &port]);
    assert_refused(&udp, 1, "choose another with --media-port");
}

/// Starts the binary and waits for the line that says where to look.
fn start() -> (Child, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_miso"))
        .args(["serve", "--listen", "127.0.0.1:0", "--tls", "off"])
        .args(["--media-ip", "127.0.0.1", "--media-port", "0"])
        .args(["--workers", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    for line in output.lines() {
        said.push(line.unwrap());
        if said.last().unwrap().contains("warning") {
            break;
        }
    }
    (child, said)
}

#[test]
fn the_binary_says_where_it_is_and_what_will_not_work() {
    let (mut child, said) = start();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        said[0].starts_with("miso: open http://localhost:"),
        "{said:?}"
    );
    let candidates = said
        .iter()
        .filter(|line| line.contains("media at 127.0.0.1:"));
    assert_eq!(candidates.count(), 2, "{said:?}");
    assert!(said.last().unwrap().contains("loopback only"), "{said:?}");
}

#[test]
fn a_request_to_end_is_a_success() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let (mut child, _) = start();
        let signalled = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(signalled.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_does_not_hold_up_the_end() {
    let mut config = config();
    config.listen.drain_timeout = Duration::from_secs(3600);
    let server = start_server(config).await;
    let opened = server.get("/socket.io/?EIO=4&transport=polling", "").await;
    let session = opened.split(r#""sid":""#).nth(1).unwrap();
    let session = session.split('"').next().unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={session}");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut poll = server.connect().await;
    poll.write_all(request.as_bytes()).await.unwrap();
    // Accepted after the poll, so answered when that is waiting.
    server.get("/healthz", "").await;
    tokio::time::timeout(Duration::from_secs(20), server.stop())
        .await
        .expect("the server waits for a long poll");
}
