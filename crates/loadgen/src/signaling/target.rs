//! The server's URL, taken apart. Looks nothing up.

use std::{fmt, str::FromStr};

use tokio_tungstenite::tungstenite::http::Uri;

/// Where a server is: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// https rather than http.
    pub(crate) tls: bool,
    /// Name or address, without the brackets of IPv6.
    pub(crate) host: String,
    /// TCP port.
    pub(crate) port: u16,
}

impl Target {
    /// What a request names as its host.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected http://HOST:PORT or https://HOST:PORT".to_owned();
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(expected()),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(expected)?.trim_matches(['[', ']']);
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("the server is always at the root: leave out the path".to_owned());
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (text, tls, host, port, whole) in [
            (
                "https://127.0.0.1:3000",
                true,
                "127.0.0.1",
                3000,
                "https://127.0.0.1:3000",
            ),
            (
                "http://sfu.example.org/",
                false,
                "sfu.example.org",
                80,
                "http://sfu.example.org:80",
            ),
            ("https://[::1]", true, "::1", 443, "https://[::1]:443"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(
                (target.tls, target.host.as_str(), target.port),
                (tls, host, port)
            );
            assert_eq!(target.to_string(), whole);
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "127.0.0.1:3000",
            "ws://x",
            "http://",
            "http://x/room",
            "http://x/?a",
            "",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
