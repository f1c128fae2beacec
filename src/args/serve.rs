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
    acme::AcmeArgs,
    auth::{AuthArgs, CapArgs},
    broadcast::BroadcastArgs,
    log::LogArgs,
    proxy::ProxyArgs,
    values,
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file; `miso config-sample` prints one with every key.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// Where pages and signalling are served.
    ///
    /// Every address, so that another device of the network reaches a new server; behind a reverse
    /// proxy on the same machine 127.0.0.1 is enough.
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:3000", value_parser = values::address)]
    listen: SocketAddr,

    /// auto: self-signed certificate, kept in certs/; off: plain HTTP; or two PEM files.
    ///
    /// Browsers give camera and microphone to encrypted pages only, so a new server has a
    /// certificate of its own, which they warn of. off is for a proxy that encrypts.
    #[arg(long, value_name = "auto|off|CERT.pem,KEY.pem", default_value = "auto", value_parser = values::tls)]
    tls: TlsMode,

    #[command(flatten)]
    acme: AcmeArgs,

    /// Origin whose pages may use the server, as https://app.example.org; repeatable. [default: any]
    ///
    /// Frontends are served from anywhere, and no cookie is trusted here. Listing yours keeps the
    /// pages of others from using the server through their visitors' browsers.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,

    /// Local address for media; repeatable. [default: every one but loopback]
    ///
    /// Clients try every address they are told and take the best; name those that are reachable
    /// where the machine has others, such as a container bridge's.
    #[arg(long, value_name = "IP", value_parser = values::ip)]
    media_ip: Vec<IpAddr>,

    /// What clients are told instead of the local addresses.
    ///
    /// Needed where clients reach the machine under another address than its own: behind NAT, in
    /// most clouds, in a container.
    #[arg(long, value_name = "HOST_OR_IP")]
    announced_address: Option<String>,

    /// UDP port of the first worker; the others count up.
    ///
    /// One port per worker is all a firewall has to open; these are outside the range kernels give
    /// to outgoing connections.
    #[arg(long, value_name = "PORT", default_value_t = 44400, value_parser = values::port)]
    media_port: u16,

    /// Media threads. [default: cores]
    ///
    /// A worker uses at most one core; more than there are cores share them and gain nothing.
    #[arg(long, value_name = "N", value_parser = values::count::<usize>)]
    workers: Option<usize>,

    #[command(flatten)]
    proxy: ProxyArgs,

    /// Sockets one address may open, 0 for no limit.
    ///
    /// A class room behind one address fits; one client cannot take the places of all.
    #[arg(long, value_name = "N", default_value_t = SignalingConfig::default().sockets_per_address, value_parser = values::count::<usize>)]
    sockets_per_address: usize,

    /// How datagrams travel: auto, batches (no segmentation offload), portable (one by one).
    ///
    /// auto takes what the kernel offers; the others are for networks behind a driver that mangles
    /// segments.
    #[arg(long, value_name = "auto|batches|portable", default_value = "auto", value_parser = values::udp)]
    udp: UdpBackend,

    /// Peers one room takes.
    ///
    /// Beyond it every join and every new producer is told to hundreds: not a call any more.
    #[arg(long, value_name = "N", default_value_t = RoomConfig::default().peers_per_room, value_parser = values::positive)]
    peers_per_room: usize,

    /// Seconds a peer whose connection was lost is kept for it to come back, 0 for not at all.
    ///
    /// A phone changes networks in seconds; media that nobody speaks on for longer is dead.
    #[arg(long, value_name = "SECONDS", default_value_t = RoomConfig::default().resume_grace.as_secs(), value_parser = values::seconds)]
    resume_grace: u64,

    /// Seconds a server that is asked to end waits for calls to end, taking no new rooms; asked
    /// again, it ends at once.
    ///
    /// Long enough for most calls to end by themselves, short enough for a deployment to wait for
    /// it.
    #[arg(long, value_name = "SECONDS", default_value_t = RoomConfig::default().drain_timeout.as_secs(), value_parser = values::seconds)]
    drain_timeout: u64,

    #[command(flatten)]
    broadcast: BroadcastArgs,

    #[command(flatten)]
    auth: AuthArgs,

    #[command(flatten)]
    caps: CapArgs,

    #[command(flatten)]
    log: LogArgs,

    /// Connections open at once, all clients together. [default: 16384]
    ///
    /// A descriptor each; the usual hard limit is 524,288, and media sockets are few.
    #[arg(long, value_name = "N", value_parser = values::count::<usize>)]
    max_connections: Option<usize>,

    /// Connections open at once from one address. [default: 256, or four for each of
    /// --sockets-per-address]
    ///
    /// As many as --sockets-per-address lets an address have before they are sockets, so that
    /// whoever has too many is told so in words.
    #[arg(long, value_name = "N", value_parser = values::count::<usize>)]
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
            authority: self.acme.authority(),
            origins: origins(self.allow_origin),
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
        let (log, log_config) = self.log.config();
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
            log,
            log_config,
            file: None,
            said: BTreeMap::new(),
        }
    }
}

/// Nobody named is everybody.
fn origins(allowed: Vec<String>) -> Origins {
    if allowed.is_empty() {
        Origins::Any
    } else {
        Origins::Listed(allowed)
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
