//! How the words of flags are read, and what is said of words that cannot be.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use miso::config::{ListenConfig, TlsMode, UdpBackend, WhenFull};

pub(super) fn positive(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a number of at least 1".to_owned())
}

pub(super) fn ip(text: &str) -> Result<IpAddr, String> {
    let expected = |_| "expected an IP address, as in 10.0.0.1 or 2001:db8::1".into();
    text.parse().map_err(expected)
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let expected = |_| "expected IP:PORT, as in 0.0.0.0:3000 or [::]:3000".into();
    text.parse().map_err(expected)
}

pub(super) fn tls(text: &str) -> Result<TlsMode, String> {
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

pub(super) fn udp(text: &str) -> Result<UdpBackend, String> {
    match text {
        "auto" => Ok(UdpBackend::Auto),
        "batches" => Ok(UdpBackend::Batches),
        "portable" => Ok(UdpBackend::Portable),
        _ => Err("expected auto, batches or portable".into()),
    }
}

pub(super) fn when_full(text: &str) -> Result<WhenFull, String> {
    match text {
        "reject" => Ok(WhenFull::Reject),
        "evict-oldest" => Ok(WhenFull::EvictOldest),
        _ => Err("expected reject or evict-oldest".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_key_pair_is_refused() {
        for bad in ["on", "cert.pem", ",key.pem", "cert.pem,"] {
            assert!(tls(bad).is_err(), "{bad}");
        }
    }
}
