//! `miso doctor` and `miso health`, as their user meets them.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener, UdpSocket},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::support::namespace;

fn miso(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miso"));
    // Where no certificate is, and none is left behind.
    command.args(words).current_dir(std::env::temp_dir());
    command
}

fn run(words: &[&str]) -> Output {
    miso(words).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Nothing on this machine is in the way of these.
const QUIET: [&str; 6] = [
    "--listen",
    "127.0.0.1:0",
    "--media-ip",
    "127.0.0.1",
    "--media-port",
    "0",
];

#[test]
fn a_machine_that_is_well_is_told_so_line_by_line() {
    let output = run(&[&["doctor", "--workers", "1"][..], &QUIET].concat());
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for check in [
        "warn  address", // Loopback only, and what to do about it.
        "ok    tcp",
        "ok    admin        inspection and metrics are at --listen",
        "ok    udp",
        "ok    cores",
        "ok    clock",
        "certificate",
        "buffers",
        "offload",
        "open-files",
        "--media-ip",
    ] {
        assert!(text.contains(check), "{check} is missing in\n{text}");
    }
}

#[test]
fn ports_that_are_taken_fail_and_whoever_has_them_is_named() {
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let media = udp.local_addr().unwrap().port().to_string();
    let listen = tcp.local_addr().unwrap().to_string();
    let settings = [
        "--listen",
        &listen,
        "--media-ip",
        "127.0.0.1",
        "--media-port",
        &media,
    ];
    let words = [&["doctor", "--json", "--workers", "1"][..], &settings].concat();
    let us = format!("(process {})", std::process::id());
    let report = || -> Value {
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let of = |report: &Value, name: &str, key: &str| {
        let mut checks = report["checks"].as_array().unwrap().iter();
        let check = checks.find(|check| check["check"] == name).unwrap();
        check[key].as_str().unwrap_or_default().to_owned()
    };
    let named = |report: &Value| {
        ["tcp", "udp"]
            .iter()
            .all(|name| of(report, name, "says").contains(&us))
    };
    let mut last = report();
    // A child that another test is starting has our sockets, too, for a moment.
    for _ in 0..PATIENCE {
        if named(&last) {
            break;
        }
        last = report();
    }
    assert!(named(&last) || !cfg!(target_os = "linux"), "{last}");
    assert_eq!(last["verdict"], "fail");
    for name in ["tcp", "udp"] {
        assert_eq!(of(&last, name, "verdict"), "fail", "{last}");
        assert!(!of(&last, name, "advice").is_empty(), "{last}");
    }
}

/// How often a port's owner is asked for until it is us alone.
const PATIENCE: usize = 20;

/// What the report says of one check, and its verdict.
fn check_of(words: &[&str], name: &str) -> (String, String) {
    let output = run(&[&["doctor", "--json", "--workers", "1"], &QUIET[2..], words].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {output:?}");
    });
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == name).unwrap();
    let word = |key: &str| check[key].as_str().unwrap().to_owned();
    (word("verdict"), word("says"))
}

#[test]
fn the_place_of_the_admin_surface_is_looked_at_as_the_other_is() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let there = taken.local_addr().unwrap().to_string();
    let everywhere = ["--listen", "0.0.0.0:0"];
    let at = |place: &'static str| [&everywhere[..], &["--admin-listen", place]].concat();
    let us = format!("(process {})", std::process::id());
    let words = [&everywhere[..], &["--admin-listen", &there]].concat();
    let is_named = || {
        let (verdict, says) = check_of(&words, "admin");
        assert!(verdict == "fail" && says.contains("is taken by"), "{says}");
        says.contains(&us)
    };
    assert!((0..PATIENCE).any(|_| is_named()) || !cfg!(target_os = "linux"));
    let (verdict, says) = check_of(&at("127.0.0.1:0"), "admin");
    assert!(
        verdict == "ok" && says.contains("for this machine only"),
        "{says}"
    );
    let (verdict, says) = check_of(&at("off"), "admin");
    assert!(verdict == "ok" && says.contains("turned off"), "{says}");
    let token = ["--token", "0123456789abcdef:admin"];
    let (verdict, says) = check_of(&[&at("0.0.0.0:0")[..], &token].concat(), "admin");
    assert!(verdict == "ok" && says.contains("an admin token"), "{says}");
    let plain = [&at("0.0.0.0:0")[..], &token, &["--tls", "off"]].concat();
    let (verdict, says) = check_of(&plain, "admin");
    assert!(
        verdict == "warn" && says.contains("without encryption"),
        "{says}"
    );
    // Without a token it is no setting at all.
    let output = run(&[&["doctor"][..], &at("0.0.0.0:0")].concat());
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("add --token SECRET:admin, or --jwt-secret"),
        "{said}"
    );
}

#[test]
fn a_taken_port_is_told_alike_of_both_listeners() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let there = taken.local_addr().unwrap().to_string();
    let begin = ["--workers", "1", "--tls", "off"];
    for (flag, words) in [
        ("--listen", vec!["--listen", &there]),
        (
            "--admin-listen",
            vec!["--listen", "127.0.0.1:0", "--admin-listen", &there],
        ),
    ] {
        let output = run(&[&begin[..], &QUIET[2..], &words].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = format!(
            "miso: {there} is taken by another program, which `miso doctor` names; choose another \
             with {flag}\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), line);
    }
    let words = [
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "192.0.2.1:9090",
        "--token",
    ];
    let words = [&words[..], &["0123456789abcdef:admin"]].concat();
    let output = run(&[&begin[..], &QUIET[2..], &words].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line =
        "miso: 192.0.2.1 is not an address of this machine; choose another with --admin-listen\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), line);
}

/// A network of its own, whose only interface is down: a socket can be had, and nothing comes through.
#[cfg(target_os = "linux")]
#[test]
fn an_address_that_nothing_comes_through_fails() {
    if !namespace::given() {
        return;
    }
    let words = [env!("CARGO_BIN_EXE_miso"), "doctor", "--workers", "1"];
    let words = [&words[..], &QUIET].concat();
    let output = namespace::isolated(&words).output().unwrap();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("fail  udp          datagrams from 127.0.0.1"),
        "{text}"
    );
    assert!(!text.contains("ok    udp"), "{text}");
}

#[test]
fn settings_that_cannot_be_used_are_refused_and_a_certificate_is_explained() {
    let output = run(&[&["doctor", "--workers", "0"][..], &QUIET].concat());
    assert_eq!(output.status.code(), Some(2));
    let words = ["doctor", "--tls", "no/cert.pem,no/key.pem"];
    let output = run(&[&words[..], &QUIET].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output);
    assert!(
        text.contains("fail  certificate  cannot read no/cert.pem"),
        "{text}"
    );
}

/// A server that runs, and where it listens.
fn start(tls: &str) -> (Child, String) {
    let words = [&["--workers", "1", "--tls", tls][..], &QUIET].concat();
    let mut child = miso(&words).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let open = lines.find(|line| line.contains("open http")).unwrap();
    let port = open.rsplit(':').next().unwrap().trim_end_matches('/');
    (child, format!("127.0.0.1:{port}"))
}

#[test]
fn a_server_that_runs_is_healthy_and_one_that_does_not_is_not() {
    let folder = std::env::temp_dir().join(format!("miso-health-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = certificate(&folder);
    for tls in ["off", &made] {
        let (mut child, listen) = start(tls);
        let words = ["health", "--listen", &listen, "--tls", tls];
        let output = answered(&words);
        assert_eq!(output.status.code(), Some(0), "{tls}: {output:?}");
        assert!(text(&output).contains(r#""status":"ok""#), "{output:?}");
        let other = if tls == "off" { "auto" } else { "off" };
        let output = run(&["health", "--listen", &listen, "--tls", other]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(output.status.code(), Some(1), "{tls}: {output:?}");
        assert!(said.contains("give health"), "{tls}: {output:?}");
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1), "{tls}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let hint =
            "nobody listens there; start miso, or give health what the server was started with";
        assert!(said.contains(hint), "{said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// What is said of a server once it has answered in time: on a busy machine `health` may have to ask
/// again, as whoever runs it does.
fn answered(words: &[&str]) -> Output {
    loop {
        let output = run(words);
        if !String::from_utf8_lossy(&output.stderr).contains("no answer in") {
            return output;
        }
    }
}

/// A certificate made by the server itself, as two files.
fn certificate(folder: &std::path::Path) -> String {
    let mode = miso::config::TlsMode::Auto {
        folder: folder.to_owned(),
    };
    miso::tls::Tls::new(&mode, &[]).unwrap();
    let file = |name| folder.join(name).display().to_string();
    format!("{},{}", file("miso-cert.pem"), file("miso-key.pem"))
}
