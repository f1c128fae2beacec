//! The command line. Turns words into [`Config`]; checks nothing that `Config` checks itself.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use miso::config::{
    BroadcastConfig, Config, IceServer, ListenConfig, MaxConsumers, MediaConfig, Origins,
    RoomConfig, SignalingConfig, TlsMode, UdpBackend, WhenFull,
};

/// WebRTC SFU in one binary: backend for mediasoup-client pages over Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "miso", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// Below the options of `miso bench`.
#[cfg(target_os = "linux")]
const BENCH_HELP: &str = "\
A server to be loaded with more than 64 peers from one address, or with rooms of more than 256, is
started with --sockets-per-address 0 --peers-per-room 2000.

  miso bench --insecure --subscribers 200
  miso bench --insecure --subscribers 200 --ramp 500:3500:250 --duration 5
  miso bench --insecure --rooms 50 --subscribers 20 --json result.json
  miso bench --insecure --audio-only --publishers 10 --subscribers 100
  miso bench --insecure --subscribers 200 --loss 2";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server; the same as no command at all.
    Serve(Box<ServeArgs>),
    /// Loads a server with peers that join as pages do, and tells what it costs.
    ///
    /// Publishers join first and send; subscribers join in order, each receiving every publisher of
    /// its room; after the warm-up everything is counted for the duration. Nothing is sent anywhere
    /// but to the server of --url and the media addresses it names.
    #[cfg(target_os = "linux")]
    #[command(after_help = BENCH_HELP)]
    Bench(Box<loadgen::Options>),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Configuration file: frontends' own words (docs/adding-a-dialect.md).
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// Where pages and signalling are served.
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:3000", value_parser = address)]
    listen: SocketAddr,

    /// auto: self-signed certificate, kept in certs/; off: plain HTTP; or two PEM files.
    #[arg(long, value_name = "auto|off|CERT.pem,KEY.pem", default_value = "auto", value_parser = tls)]
    tls: TlsMode,

    /// Origin whose pages may use the server, as https://app.example.org; repeatable. [default: any]
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,

    /// Local address for media; repeatable. [default: every one but loopback]
    #[arg(long, value_name = "IP")]
    media_ip: Vec<IpAddr>,

    /// What clients are told instead of the local addresses.
    #[arg(long, value_name = "HOST_OR_IP")]
    announced_address: Option<String>,

    /// UDP port of the first worker; the others count up.
    #[arg(long, value_name = "PORT", default_value_t = 44400)]
    media_port: u16,

    /// Media threads. [default: cores]
    #[arg(long, value_name = "N")]
    workers: Option<usize>,

    /// Sockets one address may open, 0 for no limit: behind a reverse proxy all clients share one.
    #[arg(long, value_name = "N", default_value_t = SignalingConfig::default().sockets_per_address)]
    sockets_per_address: usize,

    /// How datagrams travel: auto, batches (no segmentation offload), portable (one by one).
    #[arg(long, value_name = "auto|batches|portable", default_value = "auto", value_parser = udp)]
    udp: UdpBackend,

    /// Peers one room takes.
    #[arg(long, value_name = "N", default_value_t = RoomConfig::default().peers_per_room, value_parser = positive)]
    peers_per_room: usize,

    /// Seconds a peer whose connection was lost is kept for it to come back, 0 for not at all.
    #[arg(long, value_name = "SECONDS", default_value_t = RoomConfig::default().resume_grace.as_secs())]
    resume_grace: u64,

    #[command(flatten)]
    broadcast: BroadcastArgs,

    /// What is logged: error, warn, info, debug, trace, or directives as miso=debug,warn.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,

    /// Connections open at once, all clients together.
    #[arg(long, value_name = "N", hide = true)]
    max_connections: Option<usize>,

    /// Connections open at once from one address.
    #[arg(long, value_name = "N", hide = true)]
    max_connections_per_address: Option<usize>,
}

/// Publishing and watching by WHIP and WHEP.
#[derive(Debug, Args)]
struct BroadcastArgs {
    /// Who makes a broadcast id or publishes into a room by WHIP must show it. [default: anybody may]
    #[arg(
        long,
        value_name = "TOKEN",
        env = "MISO_BROADCAST_TOKEN",
        hide_env_values = true
    )]
    broadcast_token: Option<String>,

    /// The same may who shows a JSON Web Token signed with this (HS256), for audience miso, with
    /// publish true and the room, if it is for one only.
    #[arg(
        long,
        value_name = "SECRET",
        env = "MISO_JWT_SECRET",
        hide_env_values = true
    )]
    jwt_secret: Option<String>,

    /// Hours a broadcast id is good after it was last used.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = positive)]
    broadcast_expiry: usize,

    /// Peers of one room that may receive at once. [default: no limit]
    #[arg(long, value_name = "N", value_parser = positive)]
    max_consumers: Option<usize>,

    /// What becomes of one more: reject, or evict-oldest.
    #[arg(long, value_name = "reject|evict-oldest", default_value = "reject", value_parser = when_full)]
    when_full: WhenFull,

    /// Refuse viewers who come before the broadcaster, instead of letting them wait.
    #[arg(long)]
    refuse_early_viewers: bool,

    /// STUN or TURN server that WHIP and WHEP clients are told of; repeatable.
    #[arg(long, value_name = "URL[,USER,PASSWORD]")]
    ice_server: Vec<IceServer>,

    /// Megabytes kept of each WHIP publisher's newest group of pictures, so that viewers start at
    /// once; 0: none.
    #[arg(long, value_name = "MB", default_value_t = 16)]
    group_of_pictures: usize,
}

impl BroadcastArgs {
    fn max_consumers(&self) -> Option<MaxConsumers> {
        let when_full = self.when_full;
        let of = |count| MaxConsumers { count, when_full };
        self.max_consumers.map(of)
    }

    fn config(self) -> BroadcastConfig {
        let hours = u64::try_from(self.broadcast_expiry).unwrap_or(u64::MAX);
        BroadcastConfig {
            token: self.broadcast_token,
            jwt_secret: self.jwt_secret,
            expiry: Duration::from_secs(hours.saturating_mul(3600)),
            viewers_wait: !self.refuse_early_viewers,
            ice_servers: self.ice_server,
            group_of_pictures_bytes: self.group_of_pictures.saturating_mul(1 << 20),
            ..BroadcastConfig::default()
        }
    }
}

fn when_full(text: &str) -> Result<WhenFull, String> {
    match text {
        "reject" => Ok(WhenFull::Reject),
        "evict-oldest" => Ok(WhenFull::EvictOldest),
        _ => Err("expected reject or evict-oldest".into()),
    }
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Be a server.
    Serve(Box<Settings>),
    /// Load one.
    #[cfg(target_os = "linux")]
    Bench(Box<loadgen::Options>),
}

/// What the command line says of the server.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For the server.
    pub(crate) config: Config,
    /// For the log.
    pub(crate) log: String,
    /// Where more is written.
    pub(crate) file: Option<PathBuf>,
}

impl Cli {
    /// What was asked for, defaults filled in.
    pub(crate) fn task(self) -> Task {
        match self.command {
            None => Task::Serve(Box::new(self.serve.settings())),
            Some(Command::Serve(args)) => Task::Serve(Box::new(args.settings())),
            #[cfg(target_os = "linux")]
            Some(Command::Bench(options)) => Task::Bench(options),
        }
    }
}

impl ServeArgs {
    fn settings(self) -> Settings {
        let (listen, media) = (ListenConfig::default(), MediaConfig::default());
        let room = RoomConfig {
            peers_per_room: self.peers_per_room,
            resume_grace: Duration::from_secs(self.resume_grace),
            max_consumers: self.broadcast.max_consumers(),
            ..RoomConfig::default()
        };
        let signaling = signaling(self.sockets_per_address);
        let max_connections = self.max_connections.unwrap_or(listen.max_connections);
        let listen = ListenConfig {
            address: self.listen,
            tls: self.tls,
            origins: if self.allow_origin.is_empty() {
                Origins::Any
            } else {
                Origins::Listed(self.allow_origin)
            },
            max_connections,
            max_connections_per_address: self.max_connections_per_address.unwrap_or(
                match signaling.sessions_per_address {
                    0 => max_connections,
                    sessions => sessions,
                },
            ),
            ..listen
        };
        let media = MediaConfig {
            ips: self.media_ip,
            announced_address: self.announced_address,
            port: self.media_port,
            workers: self.workers.unwrap_or(media.workers),
            udp: self.udp,
            ..media
        };
        Settings {
            config: Config {
                listen,
                media,
                room,
                signaling,
                broadcast: self.broadcast.config(),
            },
            log: self.log,
            file: self.config,
        }
    }
}

fn positive(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a number of at least 1".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let expected = |_| "expected IP:PORT, as in 0.0.0.0:3000 or [::]:3000".into();
    text.parse().map_err(expected)
}

/// The lower limits, on connections before they are sockets and on TCP, are kept above.
fn signaling(sockets_per_address: usize) -> SignalingConfig {
    let default = SignalingConfig::default();
    let sessions_per_address = match sockets_per_address {
        0 => 0,
        // One may be closing and one polling while another opens.
        sockets => sockets.saturating_mul(4).max(default.sessions_per_address),
    };
    SignalingConfig {
        sockets_per_address,
        sessions_per_address,
        ..default
    }
}

fn tls(text: &str) -> Result<TlsMode, String> {
    match (text, text.split_once(',')) {
        ("auto", _) => Ok(ListenConfig::default().tls),
        ("off", _) => Ok(TlsMode::Off),
        (_, Some((cert, key))) if !cert.is_empty() && !key.is_empty() => Ok(TlsMode::Files {
            cert: PathBuf::from(cert),
            key: PathBuf::from(key),
        }),
        _ => Err("expected auto, off, or CERT.pem,KEY.pem".into()),
    }
}

fn udp(text: &str) -> Result<UdpBackend, String> {
    match text {
        "auto" => Ok(UdpBackend::Auto),
        "batches" => Ok(UdpBackend::Batches),
        "portable" => Ok(UdpBackend::Portable),
        _ => Err("expected auto, batches or portable".into()),
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn half_a_key_pair_is_refused() {
        for bad in ["on", "cert.pem", ",key.pem", "cert.pem,"] {
            assert!(tls(bad).is_err(), "{bad}");
        }
    }
}
