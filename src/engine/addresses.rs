//! Which local addresses carry media, and what clients are told of them. Opens no sockets.

use std::net::{IpAddr, Ipv4Addr};

use media::HostCandidate;

use crate::config::MediaConfig;

/// The configured addresses, or this machine's own.
pub(super) fn media_ips(config: &MediaConfig) -> Vec<IpAddr> {
    let mut ips = config.ips.clone();
    if ips.is_empty() {
        ips = machine_ips();
    }
    if ips.is_empty() {
        ips.push(Ipv4Addr::LOCALHOST.into());
    }
    dedup(ips)
}

/// This machine's addresses but loopback and IPv6 link-local (those need a zone, which a candidate
/// cannot carry); IPv4 first.
pub fn machine_ips() -> Vec<IpAddr> {
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else {
        return Vec::new();
    };
    let mut ips: Vec<IpAddr> = interfaces
        .filter_map(|interface| {
            let storage = interface.address?;
            let v4 = storage.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
            v4.or_else(|| storage.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
        })
        .filter(usable)
        .collect();
    ips.sort_by_key(IpAddr::is_ipv6);
    dedup(ips)
}

fn usable(ip: &IpAddr) -> bool {
    let link_local = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
    !ip.is_loopback() && !ip.is_unspecified() && !link_local
}

/// What clients are told of sockets at these addresses and ports.
pub(super) fn candidates(
    announced: Option<&str>,
    sockets: impl Iterator<Item = (IpAddr, u16)>,
) -> Vec<HostCandidate> {
    let mut found = Vec::new();
    for (ip, port) in sockets {
        let candidate = HostCandidate {
            address: announced.map_or_else(|| ip.to_string(), ToOwned::to_owned),
            port,
        };
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

/// A candidate for people, as `address:port/udp`.
pub(super) fn written(candidate: &HostCandidate) -> String {
    let HostCandidate { address, port } = candidate;
    if address.contains(':') {
        format!("[{address}]:{port}/udp")
    } else {
        format!("{address}:{port}/udp")
    }
}

/// Why clients elsewhere may not reach these addresses.
pub(super) fn warnings(config: &MediaConfig, ips: &[IpAddr]) -> Vec<String> {
    if config.announced_address.is_some() {
        return Vec::new();
    }
    if ips.iter().all(IpAddr::is_loopback) {
        return vec![
            "media is offered on loopback only: calls work on this machine alone (use --media-ip)"
                .into(),
        ];
    }
    let (public, private): (Vec<&IpAddr>, Vec<&IpAddr>) = ips.iter().partition(|ip| is_public(ip));
    // A public IPv6 address helps nobody who has IPv4 only.
    let v4_is_private =
        private.iter().any(|ip| ip.is_ipv4()) && !public.iter().any(|ip| ip.is_ipv4());
    if !public.is_empty() && !v4_is_private {
        return Vec::new();
    }
    let private: Vec<_> = private.iter().map(ToString::to_string).collect();
    vec![format!(
        "clients outside this network cannot reach {} (use --announced-address with the public \
         address)",
        private.join(", ")
    )]
}

/// Whether the whole internet can route to it, as far as the number tells.
fn is_public(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64; // RFC 6598
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !(v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local()),
    }
}

fn dedup(ips: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut seen = Vec::new();
    for ip in ips {
        if !seen.contains(&ip) {
            seen.push(ip);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_and_loopback_are_not_offered() {
        for bad in ["127.0.0.1", "::1", "fe80::1", "0.0.0.0"] {
            assert!(!usable(&bad.parse().unwrap()), "{bad}");
        }
        for good in ["192.168.1.2", "2001:db8::1"] {
            assert!(usable(&good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn one_announced_address_is_told_once_per_port() {
        let local = |last| (IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), 44400);
        let told = candidates(Some("203.0.113.7"), [local(1), local(2)].into_iter());
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].address, "203.0.113.7");
        assert_eq!(candidates(None, [local(1), local(2)].into_iter()).len(), 2);
    }

    #[test]
    fn unreachable_addresses_are_warned_of() {
        let warned = |ips: &[&str]| {
            let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
            warnings(&MediaConfig::default(), &ips).len()
        };
        assert_eq!(warned(&["127.0.0.1"]), 1);
        assert_eq!(warned(&["192.168.1.2", "fd00::1", "100.64.0.1"]), 1);
        assert_eq!(warned(&["192.168.1.2", "2001:db8::1"]), 1);
        assert_eq!(warned(&["192.168.1.2", "198.51.100.4"]), 0);
        assert_eq!(warned(&["198.51.100.4", "fd00::1"]), 0);
        let announced = MediaConfig {
            announced_address: Some("203.0.113.7".into()),
            ..MediaConfig::default()
        };
        assert!(warnings(&announced, &["127.0.0.1".parse().unwrap()]).is_empty());
    }

    #[test]
    fn there_is_always_an_address() {
        assert!(!media_ips(&MediaConfig::default()).is_empty());
    }
}
