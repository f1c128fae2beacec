//! Addresses and ports: what clients are told, and whether packets go through them.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _},
    path::Path,
};

use super::{
    Check,
    ports::{Protocol, holder},
};
use crate::{
    config::{MediaConfig, UdpBackend},
    engine::{
        EngineError,
        probe::{self, ProbedSocket, SocketProbe},
    },
};

/// A program that has our ports and is one of us.
const OURSELVES: &str = "miso";

/// Marks of containers, whose own addresses nobody outside reaches.
const CONTAINER: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];

/// What clients are told, and whether they can use it.
pub(super) fn addresses(media: &MediaConfig) -> Vec<Check> {
    let told = shortened(&probe::told(media));
    let mut checks: Vec<_> = probe::address_warnings(media)
        .into_iter()
        .map(|says| {
            let contained = CONTAINER.iter().any(|mark| Path::new(mark).exists());
            let advice = if contained {
                "--announced-address with an address of the host: this is a container"
            } else {
                "for clients elsewhere --announced-address with the public address, and a \
                 forwarded UDP port behind NAT; fine for a call on this network"
            };
            Check::warn("address", says, advice)
        })
        .collect();
    if checks.is_empty() {
        checks.push(Check::ok(
            "address",
            format!("clients send media to {told}"),
        ));
    }
    checks.extend(media.announced_address.as_deref().and_then(resolved));
    checks
}

/// The first few, and how many more.
fn shortened(told: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = told[..told.len().min(SHOWN)].join(", ");
    match told.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A name that is announced must lead somewhere.
fn resolved(announced: &str) -> Option<Check> {
    if announced.parse::<IpAddr>().is_ok() {
        return None;
    }
    let found = (announced, 0).to_socket_addrs().map(|found| {
        let ips: Vec<_> = found.map(|address| address.ip().to_string()).collect();
        ips.join(", ")
    });
    Some(match found {
        Ok(ips) => Check::ok("name", format!("{announced} is {ips}")),
        Err(error) => Check::fail(
            "name",
            format!("{announced}, which clients are told, is not found: {error}"),
            "--announced-address with the public IP address",
        ),
    })
}

/// The port of pages and signalling.
pub(super) fn tcp(address: SocketAddr) -> Check {
    listener("tcp", "--listen", address)
        .unwrap_or_else(|| Check::ok("tcp", format!("{address} is free for pages and signalling")))
}

/// What keeps a server from listening there, if anything does; a server that does already is told of,
/// too.
pub(super) fn listener(check: &'static str, flag: &str, address: SocketAddr) -> Option<Check> {
    let error = TcpListener::bind(address).err()?;
    Some(match error.kind() {
        io::ErrorKind::AddrInUse => taken(check, Protocol::Tcp, flag, address.port()),
        io::ErrorKind::PermissionDenied => {
            let advice = "AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or a port \
                          of 1024 or more";
            Check::fail(
                check,
                format!("{address} may not be used by this user"),
                advice,
            )
        }
        io::ErrorKind::AddrNotAvailable => Check::fail(
            check,
            format!("{} is not an address of this machine", address.ip()),
            format!("choose another with {flag}"),
        ),
        _ => Check::fail(
            check,
            format!("{address}: {error}"),
            format!("{flag} IP:PORT"),
        ),
    })
}

fn taken(check: &'static str, protocol: Protocol, flag: &str, port: u16) -> Check {
    let (kind, list) = match protocol {
        Protocol::Tcp => ("TCP", "ss -ltnp"),
        Protocol::Udp => ("UDP", "ss -lunp"),
    };
    let advice = format!("stop it, or choose another port with {flag}");
    match holder(protocol, port) {
        Some(holder) if holder.name == OURSELVES => {
            let process = holder.process;
            Check::ok(
                check,
                format!("{kind} {port} is a running miso's (process {process})"),
            )
        }
        Some(holder) => {
            let (name, process) = (holder.name, holder.process);
            let says = format!("{kind} {port} is taken by {name} (process {process})");
            Check::fail(check, says, advice)
        }
        None => Check::fail(
            check,
            format!("{kind} {port} is taken by another program"),
            format!("{list} shows which; {advice}"),
        ),
    }
}

/// The ports of media: whether they are to be had, and whether datagrams go through every address.
pub(super) fn udp(media: &MediaConfig) -> Vec<Check> {
    let mut probes = probe::probe(media);
    let mut checks = ports(&probes);
    if probes.iter().all(|probe| probe.outcome.is_err()) {
        // Beside a miso that runs.
        probes = probe::probe_addresses(media);
    }
    let open = |probe: &SocketProbe| {
        probe
            .outcome
            .as_ref()
            .ok()
            .map(|found| (probe.address, *found))
    };
    let sockets: Vec<(SocketAddr, ProbedSocket)> = probes.iter().filter_map(open).collect();
    for (address, _) in sockets.iter().filter(|(_, socket)| !socket.hears_itself) {
        let says = format!("datagrams from {address} to itself do not arrive");
        let advice = "look for what drops them: nft list ruleset, iptables -L -v, a security \
                      module, the container's network; --udp batches if a driver mangles segments";
        checks.push(Check::fail("udp", says, advice));
    }
    if let Some((_, first)) = sockets.first() {
        checks.push(offload(media.udp, first.offload));
        let got = sockets.iter().map(|(_, socket)| socket.kernel_buffer).min();
        checks.push(buffers(media.socket_buffer, got.unwrap_or(0)));
    }
    checks
}

fn ports(probes: &[SocketProbe]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    let mut free = Vec::new();
    for SocketProbe { address, outcome } in probes {
        let check = match outcome {
            Ok(socket) => {
                if socket.hears_itself {
                    free.push(address.to_string());
                }
                continue;
            }
            Err(EngineError::PortTaken { .. }) => {
                taken("udp", Protocol::Udp, "--media-port", address.port())
            }
            Err(error) => Check::fail("udp", error.to_string(), "--media-ip and --media-port"),
        };
        // One program has a port on every address.
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    if !free.is_empty() {
        let free = shortened(&free);
        let says = format!("datagrams come through {free}; the firewall must let them in");
        checks.push(Check::ok("udp", says));
    }
    checks
}

fn offload(backend: UdpBackend, found: bool) -> Check {
    match (backend, found) {
        (_, true) => Check::ok(
            "offload",
            "packets leave many at a time (UDP_SEGMENT, UDP_GRO)",
        ),
        (UdpBackend::Auto, false) => Check::warn(
            "offload",
            "this kernel sends packets one by one: each costs about twice as much",
            "Linux 5.0 or newer, where UDP_SEGMENT is not held back by the container's runtime",
        ),
        (UdpBackend::Batches | UdpBackend::Portable, false) => {
            Check::ok("offload", "not used, as --udp says")
        }
    }
}

fn buffers(wanted: usize, got: usize) -> Check {
    let (wanted_kib, got_kib) = (wanted / 1024, got / 1024);
    if got < wanted {
        let advice = format!(
            "sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}, and the same in \
             /etc/sysctl.d"
        );
        let says = format!(
            "{got_kib} KiB for each UDP socket instead of {wanted_kib} KiB: media is lost in bursts"
        );
        return Check::warn("buffers", says, advice);
    }
    Check::ok("buffers", format!("{got_kib} KiB for each UDP socket"))
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::doctor::Verdict;

    fn media(port: u16) -> MediaConfig {
        MediaConfig {
            ips: vec!["127.0.0.1".parse().unwrap()],
            port,
            workers: 1,
            ..MediaConfig::default()
        }
    }

    #[test]
    fn a_port_another_program_has_fails_and_names_it() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let found = udp(&media(port));
        assert_eq!(found[0].verdict, Verdict::Fail, "{found:?}");
        assert!(found[0].says.contains(&port.to_string()), "{found:?}");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let check = tcp(listener.local_addr().unwrap());
        assert_eq!(check.verdict, Verdict::Fail, "{check:?}");
    }

    #[test]
    fn free_ports_are_fine() {
        let found = udp(&media(0));
        assert!(
            found.iter().all(|check| check.verdict < Verdict::Fail),
            "{found:?}"
        );
        let names: Vec<_> = found.iter().map(|check| check.check).collect();
        assert_eq!(names, ["udp", "offload", "buffers"]);
    }

    #[test]
    fn loopback_only_is_warned_of_and_a_name_that_is_not_there_fails() {
        assert_eq!(addresses(&media(0))[0].verdict, Verdict::Warn);
        let config = MediaConfig {
            announced_address: Some("no-such-host.invalid".into()),
            ..media(0)
        };
        let found = addresses(&config);
        assert_eq!(found[1].verdict, Verdict::Fail, "{found:?}");
    }

    #[test]
    fn small_buffers_come_with_the_command_that_enlarges_them() {
        let small = buffers(4 << 20, 200 << 10);
        assert!(small.advice.unwrap().contains("net.core.rmem_max=4194304"));
        assert_eq!(buffers(4 << 20, 4 << 20).verdict, Verdict::Ok);
    }
}
