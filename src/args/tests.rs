//! What the command line makes of words.

use miso::config::{Config, TlsMode, UdpBackend};

use super::*;

fn task(words: &[&str]) -> Result<Task, Refusal> {
    let words = std::iter::once(&"miso").chain(words);
    let command = keys::adapt(Cli::command(), &keys::layered);
    Cli::from_arg_matches(&command.try_get_matches_from(words)?)?.task()
}

fn settings(words: &[&str]) -> Settings {
    match task(words).unwrap() {
        Task::Serve(settings) => *settings,
        other => panic!("not a server: {other:?}"),
    }
}

/// What the server is told by an environment and a file beside words.
fn layered(words: &[&str], environment: &[(&str, &str)]) -> Result<Settings, Refusal> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let words = std::iter::once(&"miso").chain(words).map(OsString::from);
    let sources = Sources {
        words: words.collect(),
        environment: environment.collect(),
    };
    match sources.task()? {
        Task::Serve(settings) | Task::CheckConfig(settings) => Ok(*settings),
        other => panic!("not a server: {other:?}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bench_takes_its_own_options() {
    let words = ["bench", "--url", "http://127.0.0.1:1", "--rooms", "3"];
    let Task::Bench(options) = task(&words).unwrap() else {
        panic!("it is asked for");
    };
    assert_eq!((options.rooms, options.subscribers), (3, 10));
    for wrong in [
        &["bench", "--listen", "127.0.0.1:1"][..],
        &["--rooms", "3"],
        &["--peers-per-room", "0"],
    ] {
        assert!(task(wrong).is_err(), "{wrong:?}");
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

/// A file of the test's own, gone afterwards.
struct TestFile(PathBuf);

impl TestFile {
    fn new(text: &str) -> Self {
        let name = format!("miso-config-{}.toml", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn flags_go_before_variables_and_variables_before_the_file() {
    let file = TestFile::new("workers = 2\nmedia-port = 5002\npeers-per-room = 20\ntls = \"off\"");
    let environment = [
        ("MISO_CONFIG", file.path()),
        ("MISO_WORKERS", "3"),
        ("MISO_MEDIA_PORT", "5003"),
    ];
    let Settings { config, .. } = layered(&["--workers", "4"], &environment).unwrap();
    assert_eq!(config.media.workers, 4);
    assert_eq!(config.media.port, 5003);
    assert_eq!(config.room.peers_per_room, 20);
    assert_eq!(config.listen.tls, TlsMode::Off);
}

#[test]
fn every_kind_of_key_is_taken_from_file_and_environment() {
    let file = TestFile::new(
        "refuse-early-viewers = true\nmedia-ip = [\"10.0.0.1\", \"::1\"]\nlog = \"warn\"\n",
    );
    let told = layered(&["--config", file.path()], &[]).unwrap();
    assert!(!told.config.broadcast.viewers_wait);
    assert_eq!(told.config.media.ips.len(), 2);
    assert_eq!(told.log, "warn");
    let environment = [
        ("MISO_MEDIA_IP", "10.0.0.1 10.0.0.2 10.0.0.3"),
        ("MISO_REFUSE_EARLY_VIEWERS", "yes"),
        ("MISO_LOG", ""),
    ];
    let told = layered(&["serve"], &environment).unwrap();
    assert!(!told.config.broadcast.viewers_wait);
    assert_eq!(told.config.media.ips.len(), 3);
    assert_eq!(told.log, "info", "an empty variable is none");
}

#[test]
fn a_switch_can_be_turned_off_again() {
    let file = TestFile::new("refuse-early-viewers = true");
    let words = ["--config", file.path(), "--refuse-early-viewers=false"];
    assert!(layered(&words, &[]).unwrap().config.broadcast.viewers_wait);
    let words = ["--refuse-early-viewers"];
    assert!(!layered(&words, &[]).unwrap().config.broadcast.viewers_wait);
}

#[test]
fn a_list_on_the_command_line_replaces_that_of_the_file() {
    let file = TestFile::new("media-ip = [\"10.0.0.1\", \"::1\"]");
    let words = ["--config", file.path(), "--media-ip", "10.0.0.9"];
    let told = layered(&words, &[]).unwrap();
    assert_eq!(told.config.media.ips.len(), 1);
}

#[track_caller]
fn assert_line(words: &[&str], environment: &[(&str, &str)], line: &str) {
    match layered(words, environment) {
        Err(Refusal::Setting(said)) => assert_eq!(said, line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_is_told_by_the_name_it_was_written_under() {
    assert_line(
        &[],
        &[("MISO_WORKERS", "many")],
        "MISO_WORKERS: expected a whole number, as in 64",
    );
    assert_line(
        &[],
        &[("MISO_MEDIA_PORT", "65535"), ("MISO_WORKERS", "3")],
        "MISO_MEDIA_PORT plus MISO_WORKERS runs past port 65535",
    );
    let file = TestFile::new("\nmedia-port = 65535");
    let words = ["--config", file.path(), "--workers", "3"];
    let line = format!(
        "{}:2: media-port plus --workers runs past port 65535",
        file.path()
    );
    assert_line(&words, &[], &line);
}

#[test]
fn secrets_are_in_no_message_and_no_log() {
    let secret = "0123456789abcdef-secret";
    let told = layered(&["--broadcast-token", secret], &[("MISO_TLS", "off")]).unwrap();
    assert!(!format!("{told:?}").contains(secret));
    let turn = ("MISO_ICE_SERVER", "turnip:a,user,pass-word");
    let Err(Refusal::Setting(line)) = layered(&[], &[turn]) else {
        panic!("it is no URL");
    };
    assert!(line.starts_with("MISO_ICE_SERVER: expected"), "{line}");
    assert!(!line.contains("pass-word"), "{line}");
}
