//! What the command line makes of words.

use clap::Parser as _;
use miso::config::{Config, TlsMode, UdpBackend};

use super::*;

fn settings(words: &[&str]) -> Settings {
    let words = std::iter::once(&"miso").chain(words);
    match Cli::try_parse_from(words).unwrap().task() {
        Task::Serve(settings) => *settings,
        #[cfg(target_os = "linux")]
        Task::Bench(options) => panic!("not a server: {options:?}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bench_takes_its_own_options() {
    let words = [
        "miso",
        "bench",
        "--url",
        "http://127.0.0.1:1",
        "--rooms",
        "3",
    ];
    let Task::Bench(options) = Cli::try_parse_from(words).unwrap().task() else {
        panic!("it is asked for");
    };
    assert_eq!((options.rooms, options.subscribers), (3, 10));
    for wrong in [
        &["bench", "--listen", "127.0.0.1:1"][..],
        &["--rooms", "3"],
        &["--peers-per-room", "0"],
    ] {
        let words = std::iter::once(&"miso").chain(wrong);
        assert!(Cli::try_parse_from(words).is_err(), "{wrong:?}");
    }
}

#[test]
fn rooms_can_be_larger() {
    assert_eq!(settings(&[]).config.room.peers_per_room, 256);
    let larger = settings(&["--peers-per-room", "2000"]);
    assert_eq!(larger.config.room.peers_per_room, 2_000);
}

#[test]
fn nothing_said_is_the_documented_default() {
    for words in [&[][..], &["serve"]] {
        let Settings { config, log, .. } = settings(words);
        assert_eq!(config.listen.address.to_string(), "0.0.0.0:3000");
        assert!(matches!(config.listen.tls, TlsMode::Auto { .. }));
        assert_eq!((config.media.port, config.media.ips.len()), (44400, 0));
        assert_eq!(log, "info");
    }
}

#[test]
fn both_forms_take_every_option() {
    let options = [
        "--listen",
        "127.0.0.1:8080",
        "--tls",
        "c.pem,k.pem",
        "--media-ip",
        "10.0.0.1",
        "--media-ip",
        "::1",
        "--announced-address",
        "sfu.example.org",
        "--media-port",
        "5000",
        "--workers",
        "3",
        "--udp",
        "batches",
        "--log",
        "miso=debug,warn",
    ];
    let serve: Vec<_> = std::iter::once("serve").chain(options).collect();
    for words in [&options[..], &serve] {
        let Settings { config, log, .. } = settings(words);
        assert_eq!(config.listen.address.port(), 8080);
        let (cert, key) = ("c.pem".into(), "k.pem".into());
        assert_eq!(config.listen.tls, TlsMode::Files { cert, key });
        assert_eq!(config.media.ips.len(), 2);
        assert_eq!(
            config.media.announced_address.as_deref(),
            Some("sfu.example.org")
        );
        assert_eq!((config.media.port, config.media.workers), (5000, 3));
        assert_eq!(config.media.udp, UdpBackend::Batches);
        assert_eq!(log, "miso=debug,warn");
    }
}

#[test]
fn sockets_of_an_address_raise_what_they_stand_on() {
    for (words, sockets, sessions, connections) in [
        (&[][..], 64, 256, 256),
        (&["--sockets-per-address", "10"], 10, 256, 256),
        (&["--sockets-per-address", "1000"], 1000, 4000, 4000),
        (&["--sockets-per-address", "0"], 0, 0, 16_384),
    ] {
        let Config {
            listen, signaling, ..
        } = settings(words).config;
        assert_eq!(signaling.sockets_per_address, sockets);
        assert_eq!(signaling.sessions_per_address, sessions);
        assert_eq!(listen.max_connections_per_address, connections);
    }
}
