//! How the words of flags are read, and what is said of words that cannot be.

use std::{
    net::{IpAddr, SocketAddr},
    num::{IntErrorKind, ParseIntError},
    path::PathBuf,
    str::FromStr,
};

use miso::config::{AdminListen, ListenConfig, TlsMode, UdpBackend, WhenFull};

/// A whole number that fits; `expected` says what it counts, with an example.
fn whole<N: FromStr<Err = ParseIntError>>(text: &str, expected: &str) -> Result<N, String> {
    text.parse().map_err(|error: ParseIntError| {
        if *error.kind() == IntErrorKind::PosOverflow {
            format!("it is too large; expected {expected}")
        } else {
            format!("expected {expected}")
        }
    })
}

fn at_least_one(text: &str, expected: &str) -> Result<usize, String> {
    match whole(text, expected)? {
        0 => Err(format!("expected {expected}")),
        number => Ok(number),
    }
}

/// How many, none among them.
pub(super) fn count<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, String> {
    whole(text, "a whole number, as in 64")
}

pub(super) fn positive(text: &str) -> Result<usize, String> {
    at_least_one(text, "a whole number of at least 1, as in 64")
}

pub(super) fn seconds(text: &str) -> Result<u64, String> {
    whole(text, "whole seconds without a unit, as in 30")
}

pub(super) fn hours(text: &str) -> Result<usize, String> {
    at_least_one(text, "whole hours without a unit, at least 1, as in 24")
}

pub(super) fn megabytes(text: &str) -> Result<usize, String> {
    whole(text, "whole megabytes without a unit, as in 16")
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    whole(text, "a port up to 65535, as in 44400")
}

/// What clap takes for a switch, with a sentence for what it does not.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Ok(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}

pub(super) fn ip(text: &str) -> Result<IpAddr, String> {
    let expected = |_| "expected an IP address, as in 10.0.0.1 or 2001:db8::1".into();
    text.parse().map_err(expected)
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    listener(text, 3000)
}

pub(super) fn admin(text: &str) -> Result<AdminListen, String> {
    if text == "off" {
        return Ok(AdminListen::Off);
    }
    let address = listener(text, 9090).map_err(|text| format!("{text}; or off"))?;
    Ok(AdminListen::At(address))
}

/// Nothing is guessed: whether a port alone is everybody's or this machine's is the difference between
/// open and shut.
fn listener(text: &str, usual: u16) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        if let Ok(ip) = text.parse::<IpAddr>() {
            let whole = SocketAddr::new(ip, usual);
            return format!("the port is missing, as in {whole}");
        }
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        match (host, port.parse::<u16>()) {
            ("" | "*", Ok(port)) => format!(
                "expected IP:PORT: 0.0.0.0:{port} for everybody, 127.0.0.1:{port} for this machine only"
            ),
            ("localhost", Ok(port)) => {
                format!("expected IP:PORT, not a name: 127.0.0.1:{port} for this machine only")
            }
            _ => format!("expected IP:PORT, as in 0.0.0.0:{usual} or [::]:{usual}"),
        }
    })
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
    fn the_admin_listener_is_an_address_or_off() {
        assert_eq!(admin("off"), Ok(AdminListen::Off));
        let address = "127.0.0.1:0".parse().unwrap();
        assert_eq!(admin("127.0.0.1:0"), Ok(AdminListen::At(address)));
        assert!(admin("9090").is_err());
    }

    #[test]
    fn who_means_a_listener_is_told_how_it_is_written() {
        let both = "0.0.0.0:8080 for everybody, 127.0.0.1:8080 for this machine only";
        for (text, hint) in [
            ("8080", both),
            (":8080", both),
            ("*:8080", both),
            ("localhost:8080", "not a name: 127.0.0.1:8080 for this"),
            ("10.0.0.1", "the port is missing, as in 10.0.0.1:3000"),
            ("::1", "the port is missing, as in [::1]:3000"),
            ("sfu.example.org:80", "as in 0.0.0.0:3000 or [::]:3000"),
            ("0.0.0.0:99999", "as in 0.0.0.0:3000 or [::]:3000"),
            ("", "as in 0.0.0.0:3000 or [::]:3000"),
        ] {
            let said = address(text).unwrap_err();
            assert!(said.contains(hint), "{text}: {said}");
        }
    }

    #[test]
    fn half_a_key_pair_is_refused() {
        for bad in ["on", "cert.pem", ",key.pem", "cert.pem,"] {
            assert!(tls(bad).is_err(), "{bad}");
        }
    }
}
