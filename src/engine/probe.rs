//! Tries the media sockets without media: binds them as workers do, and has each send itself
//! datagrams the way media travels. Starts no worker and tells nobody.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use mio::{Events, Poll, Token};

use super::{
    EngineError, WorkerPool, addresses, clock,
    datagrams::{Datagram, Inbound},
    socket::{MediaSocket, SocketPlan},
};
use crate::config::MediaConfig;

/// Datagrams each socket sends itself: enough to leave as one message.
const DATAGRAMS: usize = 4;

/// Bytes of each: a packet of video.
const LENGTH: usize = 1_100;

/// How long they may take; on one machine they take microseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long all sockets together may take, of which each has a little in any case.
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(2);
const LEAST_PATIENCE: Duration = Duration::from_millis(20);

/// What trying one socket showed.
#[derive(Debug)]
pub struct SocketProbe {
    /// Where it was to be.
    pub address: SocketAddr,
    /// The socket, or why there is none.
    pub outcome: Result<ProbedSocket, EngineError>,
}

/// A socket that could be made.
#[derive(Clone, Copy, Debug)]
pub struct ProbedSocket {
    /// Whether everything it sent itself arrived.
    pub hears_itself: bool,
    /// Whether datagrams to one destination leave as one message (segmentation offload).
    pub offload: bool,
    /// The size of the kernel's buffers, bytes.
    pub kernel_buffer: usize,
}

/// Tries every socket that the workers would have.
#[must_use]
pub fn probe(config: &MediaConfig) -> Vec<SocketProbe> {
    let ips = addresses::media_ips(config);
    let ports = (0..config.workers).map(|worker| port(config, worker));
    let sockets = ports.flat_map(|port| ips.iter().map(move |ip| SocketAddr::new(*ip, port)));
    let until = clock::now() + PATIENCE_WITH_ALL;
    let tried = sockets.map(|socket| {
        let left = until.saturating_duration_since(clock::now());
        probe_socket(config, socket, left.clamp(LEAST_PATIENCE, PATIENCE))
    });
    tried.collect()
}

/// Tries every address on a free port: beside workers that run.
#[must_use]
pub fn probe_addresses(config: &MediaConfig) -> Vec<SocketProbe> {
    let elsewhere = MediaConfig {
        port: 0,
        workers: 1,
        ..config.clone()
    };
    probe(&elsewhere)
}

/// How long what was found out beside running workers is taken for so.
const FRESH: Duration = Duration::from_secs(5);

/// When it was found out, and at how many addresses UDP does not work.
pub(super) type Deaf = tokio::sync::Mutex<Option<(Instant, usize)>>;

impl WorkerPool {
    /// At how many media addresses no datagram comes through, beside the workers that run. Tried once in
    /// five seconds, however many ask.
    pub async fn deaf_addresses(&self) -> usize {
        let mut last = self.inner.deaf.lock().await;
        if let Some((at, deaf)) = *last
            && clock::now().saturating_duration_since(at) < FRESH
        {
            return deaf;
        }
        let config = Arc::clone(&self.inner.config);
        let tried = tokio::task::spawn_blocking(move || probe_addresses(&config)).await;
        let hears = |probe: &SocketProbe| probe.outcome.as_ref().is_ok_and(|it| it.hears_itself);
        // It does not panic, and is given up only when the runtime ends.
        let deaf = tried
            .unwrap_or_default()
            .iter()
            .filter(|probe| !hears(probe))
            .count();
        *last = Some((clock::now(), deaf));
        deaf
    }
}

/// What clients would be told, as `address:port/udp`.
#[must_use]
pub fn told(config: &MediaConfig) -> Vec<String> {
    let ips = addresses::media_ips(config);
    let ports = (0..config.workers).map(|worker| port(config, worker));
    let sockets = ports.flat_map(|port| ips.iter().map(move |ip| (*ip, port)));
    let told = addresses::candidates(config.announced_address.as_deref(), sockets);
    told.iter().map(addresses::written).collect()
}

/// Why clients elsewhere may not reach what they are told, as plain sentences.
#[must_use]
pub fn address_warnings(config: &MediaConfig) -> Vec<String> {
    addresses::warnings(config, &addresses::media_ips(config))
}

/// Addresses that do not hear themselves, as plain sentences. For the moment before the workers
/// start: it needs the first one's ports.
#[must_use]
pub fn warnings(config: &MediaConfig) -> Vec<String> {
    let first = MediaConfig {
        workers: 1,
        ..config.clone()
    };
    let deaf = probe(&first).into_iter().filter(|probe| {
        // Without a socket the workers' own error is the better one.
        let outcome = probe.outcome.as_ref();
        outcome.is_ok_and(|socket| !socket.hears_itself)
    });
    deaf.map(|probe| {
        format!(
            "datagrams from {} to itself do not arrive: something on this machine drops UDP, and \
             media will not come through (miso doctor tells more)",
            probe.address.ip()
        )
    })
    .collect()
}

/// The port of a worker's sockets.
fn port(config: &MediaConfig, worker: usize) -> u16 {
    match config.port {
        0 => 0,
        // `validate` sees to it that they exist.
        first => first.saturating_add(u16::try_from(worker).unwrap_or(u16::MAX)),
    }
}

fn probe_socket(config: &MediaConfig, address: SocketAddr, patience: Duration) -> SocketProbe {
    let plan = SocketPlan {
        backend: config.udp,
        kernel_buffer: config.socket_buffer,
        outbox_bytes: config.outbox_bytes,
    };
    let outcome = MediaSocket::bind(address.ip(), address.port(), plan).map(|mut socket| {
        let hears_itself = hears_itself(&mut socket, patience).unwrap_or(false);
        ProbedSocket {
            hears_itself,
            offload: socket.offloads(),
            kernel_buffer: socket.kernel_buffer(),
        }
    });
    SocketProbe { address, outcome }
}

fn hears_itself(socket: &mut MediaSocket, patience: Duration) -> io::Result<bool> {
    let mut poll = Poll::new()?;
    socket.register(poll.registry(), Token(0))?;
    let local = socket.local();
    let remote = SocketAddr::new(reachable(local.ip()), local.port());
    // Not STUN, not DTLS, not RTP (RFC 7983 §7): should it go astray, nobody takes it for media.
    let contents = &[0xff; LENGTH][..];
    socket.send(&[Datagram { remote, contents }; DATAGRAMS]);
    let (mut inbound, mut ready) = (Inbound::new(), Events::with_capacity(1));
    let until = clock::now() + patience;
    let mut arrived = 0;
    loop {
        while socket.is_readable() {
            socket.receive(&mut inbound);
            while let Some((_, bytes)) = inbound.next() {
                arrived += usize::from(bytes == contents);
            }
        }
        let left = until.saturating_duration_since(clock::now());
        if arrived >= DATAGRAMS || left.is_zero() {
            return Ok(arrived >= DATAGRAMS);
        }
        poll.poll(&mut ready, Some(left))?;
        if !ready.is_empty() {
            socket.set_readable();
        }
    }
}

/// Where a socket at `ip` can be reached on this machine.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::config::UdpBackend;

    fn config(ips: &[&str], port: u16) -> MediaConfig {
        MediaConfig {
            ips: ips.iter().map(|ip| ip.parse().unwrap()).collect(),
            port,
            workers: 2,
            ..MediaConfig::default()
        }
    }

    #[test]
    fn sockets_hear_themselves_however_datagrams_travel() {
        for udp in [UdpBackend::Auto, UdpBackend::Batches, UdpBackend::Portable] {
            let config = MediaConfig {
                udp,
                ..config(&["127.0.0.1", "0.0.0.0"], 0)
            };
            let found = probe(&config);
            assert_eq!(found.len(), 4, "an address of every worker");
            for probe in found {
                let socket = probe.outcome.unwrap();
                assert!(socket.hears_itself, "{udp:?} {}", probe.address);
                assert!(socket.kernel_buffer > 0);
            }
            assert!(warnings(&config).is_empty());
        }
    }

    #[test]
    fn a_taken_port_and_a_foreign_address_are_told_apart() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut config = config(&["127.0.0.1"], port);
        config.workers = 1;
        let error = probe(&config).remove(0).outcome.unwrap_err();
        assert!(error.to_string().contains("is taken"), "{error}");
        // Beside whoever has it.
        assert!(probe_addresses(&config)[0].outcome.is_ok());
        config.ips = vec!["192.0.2.1".parse().unwrap()];
        let error = probe(&config).remove(0).outcome.unwrap_err();
        assert!(matches!(error, EngineError::ForeignAddress(_)), "{error}");
    }
}
