//! `miso doctor` and `miso health`, as their user meets them.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener, UdpSocket},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

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
    let output = run(&words);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert_eq!(report["verdict"], "fail");
    let checks = report["checks"].as_array().unwrap();
    let of = |name| checks.iter().find(|check| check["check"] == name).unwrap();
    let us = format!("(process {})", std::process::id());
    for name in ["tcp", "udp"] {
        assert_eq!(of(name)["verdict"], "fail", "{report}");
        if cfg!(target_os = "linux") {
            assert!(of(name)["says"].as_str().unwrap().contains(&us), "{report}");
        }
        assert!(of(name)["advice"].is_string());
    }
}

/// A network of its own, whose only interface is down: a socket can be had, and nothing comes through.
#[cfg(target_os = "linux")]
#[test]
fn an_address_that_nothing_comes_through_fails() {
    let isolated = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net"]).args(words);
        command.current_dir(std::env::temp_dir()).output()
    };
    if !isolated(&["true"]).is_ok_and(|output| output.status.success()) {
        eprintln!("this system gives no networks of one's own; nothing was tested");
        return;
    }
    let words = [env!("CARGO_BIN_EXE_miso"), "doctor", "--workers", "1"];
    let output = isolated(&[&words[..], &QUIET].concat()).unwrap();
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
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(run(&words).status.code(), Some(1), "{tls}");
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
