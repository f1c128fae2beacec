//! What WHIP and WHEP may do, and the bounds on broadcasts; plain data, nothing reads the
//! environment here.

use std::{fmt, time::Duration};

/// Publishing and watching over HTTP.
#[derive(Clone, Debug)]
pub struct BroadcastConfig {
    /// Broadcast ids on this server.
    pub broadcasts: usize,
    /// How long an id is good after it was made or last published under.
    pub expiry: Duration,
    /// Whether viewers who come before the broadcaster wait for it; else they are refused.
    pub viewers_wait: bool,
    /// STUN and TURN servers that clients are told of.
    pub ice_servers: Vec<IceServer>,
    /// Bytes kept of the newest group of pictures of each producer published by WHIP, whose encoders
    /// ignore key-frame requests; 0: nothing is kept.
    pub group_of_pictures_bytes: usize,
    /// The longest such group that is kept.
    pub group_of_pictures_time: Duration,
    /// Bytes of an offer or of a request of the REST API.
    pub body_bytes: usize,
}

impl Default for BroadcastConfig {
    fn default() -> Self {
        Self {
            // A few hundred bytes each.
            broadcasts: 10_000,
            // Tomorrow's show is on the same link.
            expiry: Duration::from_secs(24 * 60 * 60),
            viewers_wait: true,
            ice_servers: Vec::new(),
            // 20 s at 6 Mb/s, which is what encoders are set to for 1080p.
            group_of_pictures_bytes: 16 * 1024 * 1024,
            group_of_pictures_time: Duration::from_secs(20),
            // Chromium's offer with every codec and simulcast is 9 KB.
            body_bytes: 64 * 1024,
        }
    }
}

/// A STUN or TURN server.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:…` or `turn:…` (RFC 7064, RFC 7065).
    pub url: String,
    /// User name and password of a TURN server.
    pub credentials: Option<(String, String)>,
}

impl fmt::Debug for IceServer {
    /// Nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl std::str::FromStr for IceServer {
    type Err = String;

    /// `stun:host`, or `turn:host,user,password`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ',');
        let url = parts.next().unwrap_or_default();
        let scheme = ["stun:", "stuns:", "turn:", "turns:"];
        let plain = url
            .chars()
            .all(|c| c.is_ascii_graphic() && !"<>\"".contains(c));
        if !plain || !scheme.iter().any(|scheme| url.starts_with(scheme)) {
            return Err("expected stun:HOST or turn:HOST,USER,PASSWORD".into());
        }
        let credentials = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(user), Some(password)) => Some((user.to_owned(), password.to_owned())),
            (Some(_), None) => return Err("expected a password after the user name".into()),
        };
        Ok(Self {
            url: url.to_owned(),
            credentials,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_servers_are_written_as_urls() {
        let server: IceServer = "turn:a.example?transport=udp,user,pass,word"
            .parse()
            .unwrap();
        assert_eq!(server.url, "turn:a.example?transport=udp");
        let credentials = ("user".to_owned(), "pass,word".to_owned());
        assert_eq!(server.credentials, Some(credentials));
        for bad in ["a.example", "turn:a,user", "stun:<a>", ""] {
            assert!(bad.parse::<IceServer>().is_err(), "{bad}");
        }
    }
}
