//! Who is behind a reverse proxy: the address that trusted proxies vouch for in `X-Forwarded-For`.
//! Believes nobody else, and reads no other header: a proxy passes on as it came what it does not
//! write itself, so that a second header would be the client's to write.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};

use crate::config::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Marks a request that a proxy passed on of whose client nothing is known: its address, loopback
/// maybe, is the proxy's, and gives nobody rights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relayed;

/// Whether connections from `ip` are a proxy's.
pub(super) fn is_proxy(ip: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(ip))
}

/// Who sent a request that came from `remote`: read from the right, where the nearest proxy writes,
/// the first address that is not a trusted proxy's. Its port is unknown, 0.
pub(super) fn client(remote: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    if !is_proxy(remote.ip(), trusted) {
        return remote;
    }
    let mut found = remote;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    for word in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
        // What no proxy of ours would write is the client's invention, and so is all before it.
        let Some(ip) = address(word) else {
            return found;
        };
        found = SocketAddr::new(ip, 0);
        if !is_proxy(ip, trusted) {
            return found;
        }
    }
    found
}

/// Whether a request that came from `remote`, and was found to be of `client`, is of somebody
/// unknown behind a proxy: one that is trusted and does not say for whom it asks, or one that is not.
pub(super) fn is_relayed(
    (remote, client): (SocketAddr, SocketAddr),
    headers: &HeaderMap,
    trusted: &[Network],
) -> bool {
    let passed_on = headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED);
    remote == client && (passed_on || is_proxy(remote.ip(), trusted))
}

/// An address, with or without a port.
fn address(word: &[u8]) -> Option<IpAddr> {
    let word = std::str::from_utf8(word).ok()?.trim();
    let ip: Option<IpAddr> = word.parse().ok();
    let ip = ip.or_else(|| word.parse().ok().map(|pair: SocketAddr| pair.ip()));
    ip.map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Who a request from `remote` comes from, with these header lines, where 127.0.0.1 and
    /// 10.0.0.0/8 are proxies.
    fn seen(remote: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let remote = SocketAddr::new(remote.parse().unwrap(), 5000);
        client(remote, &headers, &trusted).ip().to_string()
    }

    #[test]
    fn a_proxy_is_believed_about_who_came_to_it() {
        assert_eq!(seen("127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(seen("10.1.2.3", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::7]:1"]), "2001:db8::7");
        assert_eq!(
            seen("::ffff:127.0.0.1", &["::ffff:203.0.113.7"]),
            "203.0.113.7"
        );
    }

    #[test]
    fn nobody_else_is() {
        assert_eq!(seen("198.51.100.9", &["203.0.113.7"]), "198.51.100.9");
        assert_eq!(seen("198.51.100.9", &["127.0.0.1"]), "198.51.100.9");
    }

    #[test]
    fn what_a_client_wrote_before_the_proxies_counts_for_nothing() {
        assert_eq!(
            seen("127.0.0.1", &["127.0.0.1, 203.0.113.7"]),
            "203.0.113.7"
        );
        assert_eq!(
            seen("127.0.0.1", &["192.0.2.1", "203.0.113.7"]),
            "203.0.113.7"
        );
        // Through two of our proxies.
        assert_eq!(
            seen("127.0.0.1", &["192.0.2.1, 203.0.113.7, 10.0.0.5"]),
            "203.0.113.7"
        );
    }

    #[test]
    fn whoever_is_unknown_behind_a_proxy_is_marked() {
        let marked = |trusted: &[&str], line: Option<&str>| {
            let trusted: Vec<Network> = trusted.iter().map(|it| it.parse().unwrap()).collect();
            let mut headers = HeaderMap::new();
            headers.extend(line.map(|line| (FORWARDED_FOR, HeaderValue::from_str(line).unwrap())));
            let remote = SocketAddr::from(([127, 0, 0, 1], 5000));
            let client = client(remote, &headers, &trusted);
            is_relayed((remote, client), &headers, &trusted)
        };
        assert!(!marked(&[], None), "nobody between");
        assert!(
            marked(&[], Some("203.0.113.7")),
            "a proxy nobody told us of"
        );
        assert!(marked(&["127.0.0.1"], None), "a proxy that says nothing");
        assert!(marked(&["127.0.0.1"], Some("nonsense")));
        assert!(!marked(&["127.0.0.1"], Some("203.0.113.7")), "known");
    }

    #[test]
    fn nonsense_ends_the_chain_at_whoever_passed_it_on() {
        assert_eq!(seen("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(
            seen("127.0.0.1", &["203.0.113.7, _hidden, 10.0.0.5"]),
            "10.0.0.5"
        );
        assert_eq!(seen("127.0.0.1", &["", ","]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
    }
}
