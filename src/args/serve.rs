//! Flags of the server: addresses, media, rooms, the log. Those of one concern with many of them stand
//! in a struct of their own beside this file.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use miso::config::{
    Config, ListenConfig, MediaConfig, Origins, RoomConfig, SignalingConfig, TlsMode, UdpBackend,
};

use super::{
    Settings,
    auth::{AuthArgs, CapArgs},
    broadcast::BroadcastArgs,
    proxy::ProxyArgs,
    values,
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file: frontends' own words (docs/adding-a-dialect.md).
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// Where pages and signalling are served.
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:3000", value_parser = values::address)]
    listen: SocketAddr,

    /// auto: self-signed certificate, kept in certs/; off: plain HTTP; or two PEM files.
    #[arg(long, value_name = "auto|off|CERT.pem,KEY.pem", default_value = "auto", value_parser = values::tls)]
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

    #[command(flatten)]
    proxy: ProxyArgs,

    /// Sockets one address may open, 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = SignalingConfig::default().sockets_per_address)]
    sockets_per_address: usize,

    /// How datagrams travel: auto, batches (no segmentation offload), portable (one by one).
    #[arg(long, value_name = "auto|batches|portable", default_value = "auto", value_parser = values::udp)]
    udp: UdpBackend,

    /// Peers one room takes.
    #[arg(long, value_name = "N", default_value_t = RoomConfig::default().peers_per_room, value_parser = values::positive)]
    peers_per_room: usize,

    /// Seconds a peer whose connection was lost is kept for it to come back, 0 for not at all.
    #[arg(long, value_name = "SECONDS", default_value_t = RoomConfig::default().resume_grace.as_secs())]
    resume_grace: u64,

    /// Seconds a server that is asked to end waits for calls to end, taking no new rooms; asked
    /// again, it ends at once.
    #[arg(long, value_name = "SECONDS", default_value_t = RoomConfig::default().drain_timeout.as_secs())]
    drain_timeout: u64,

    #[command(flatten)]
    broadcast: BroadcastArgs,

    #[command(flatten)]
    auth: AuthArgs,

    #[command(flatten)]
    caps: CapArgs,

    /// What is logged: error, warn, info, debug, trace, or directives as miso=debug,warn.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,

    /// Connections open at once, all clients together.
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,

    /// Connections open at once from one address.
    #[arg(long, value_name = "N")]
    max_connections_per_address: Option<usize>,
}

impl ServeArgs {
    /// What they say together.
    pub(super) fn settings(self) -> Settings {
        let (listen, media) = (ListenConfig::default(), MediaConfig::default());
        let room = RoomConfig {
            rooms: self.caps.max_rooms,
            peers: self.caps.max_peers,
            peers_per_room: self.peers_per_room,
            resume_grace: Duration::from_secs(self.resume_grace),
            drain_timeout: Duration::from_secs(self.drain_timeout),
            max_consumers: self.broadcast.max_consumers(),
            ..RoomConfig::default()
        };
        let signaling = SignalingConfig {
            sockets: self.caps.max_sockets,
            ..signaling(self.sockets_per_address)
        };
        let rates = self.caps.rates(self.sockets_per_address == 0);
        let (auth, admin) = self.auth.config();
        let max_connections = self.max_connections.unwrap_or(listen.max_connections);
        let listen = ListenConfig {
            address: self.listen,
            admin,
            tls: self.tls,
            origins: if self.allow_origin.is_empty() {
                Origins::Any
            } else {
                Origins::Listed(self.allow_origin)
            },
            trusted_proxies: self.proxy.trusted_proxy,
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
                auth,
                rates,
            },
            log: self.log,
            file: None,
            said: BTreeMap::new(),
        }
    }
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
