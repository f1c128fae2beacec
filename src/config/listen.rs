//! Where the server listens for pages and signalling, and the bounds on its connections.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{AuthConfig, Authority, ConfigError, Network};

/// The listener for pages, REST and signalling.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// Address and TCP port.
    pub address: SocketAddr,
    /// Where the admin surface is served beside it.
    pub admin: AdminListen,
    /// How connections are encrypted.
    pub tls: TlsMode,
    /// Who gives out the certificate, in place of a self-signed one.
    pub authority: Option<Authority>,
    /// Pages of which origins may use the server from a browser.
    pub origins: Origins,
    /// Reverse proxies, which say in `X-Forwarded-For` who came to them.
    pub trusted_proxies: Vec<Network>,
    /// Connections open at once, all clients together.
    pub max_connections: usize,
    /// Connections open at once from one address (one /64 in IPv6).
    pub max_connections_per_address: usize,
    /// A request head that is not complete after so long closes its connection, and so does a
    /// connection idle for so long.
    pub header_timeout: Duration,
    /// A request body that is not complete after so long fails.
    pub body_timeout: Duration,
    /// A TLS handshake that is not complete after so long closes its connection.
    pub handshake_timeout: Duration,
    /// A connection that takes nothing of what is written to it for so long is closed.
    pub write_timeout: Duration,
    /// How long a stopping server waits for requests under way.
    pub drain_timeout: Duration,
}

/// Where the admin surface has a listener of its own. The main listener answers it, too: where no
/// token is asked for, to connections of the server's own machine alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdminListen {
    /// Port 9090 of loopback, unless the main listener is on loopback itself or the port is taken.
    #[default]
    Auto,
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

/// Origins of pages, as a browser names them: scheme, host and port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Every origin.
    #[default]
    Any,
    /// These.
    Listed(Vec<String>),
}

/// How connections are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// A self-signed certificate, kept in this folder.
    Auto {
        /// Holds `miso-cert.pem` and `miso-key.pem`.
        folder: PathBuf,
    },
    /// Plain HTTP. Browsers then offer camera and microphone on `localhost` only.
    Off,
    /// PEM files.
    Files {
        /// The certificate chain, leaf first.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::UNSPECIFIED, 3000).into(),
            admin: AdminListen::Auto,
            tls: TlsMode::Auto {
                folder: PathBuf::from("certs"),
            },
            authority: None,
            // Frontends are served from anywhere; cookies are taken from what pages of other
            // origins ask, so that none uses a token that somebody else's page put there.
            origins: Origins::Any,
            // Anybody can write a header.
            trusted_proxies: Vec::new(),
            // A descriptor each; the usual hard limit is 524,288 and media sockets are few.
            max_connections: 16_384,
            // Above the 64 sockets that signalling allows an address, so that whoever has too many
            // is told so by it; the rest is pages and requests of an office behind one address.
            max_connections_per_address: 256,
            header_timeout: Duration::from_secs(10),
            // 256 KiB, the largest message, on a 200 kb/s uplink.
            body_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            // Shorter than a heartbeat and its patience, so that whoever answers heartbeats unread
            // and reads nothing else is found out no later than whoever is gone.
            write_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

impl ListenConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.max_connections == 0 || self.max_connections_per_address == 0 {
            let text = "--max-connections and --max-connections-per-address must be at least 1";
            return Err(ConfigError(text.into()));
        }
        if let Some(authority) = &self.authority {
            if !matches!(self.tls, TlsMode::Auto { .. }) {
                let text = "--acme-domain and --tls contradict each other: leave out one";
                return Err(ConfigError(text.into()));
            }
            authority.validate()?;
        }
        match &self.origins {
            Origins::Any => Ok(()),
            Origins::Listed(origins) => origins.iter().try_for_each(|one| check_origin(one)),
        }
    }
}

impl ListenConfig {
    /// Where the admin surface is to be served, and whether it is an error if it cannot be.
    #[must_use]
    pub fn admin_address(&self) -> Option<(SocketAddr, bool)> {
        match self.admin {
            AdminListen::Auto if self.address.ip().is_loopback() => None,
            AdminListen::Auto => Some(((Ipv4Addr::LOCALHOST, 9090).into(), false)),
            AdminListen::Off => None,
            AdminListen::At(address) => Some((address, true)),
        }
    }

    /// Whether pages and signalling are there.
    fn is_ours(&self, address: SocketAddr) -> bool {
        let (ours, theirs) = (self.address.ip(), address.ip());
        let covered = ours == theirs || ours.is_unspecified() || theirs.is_unspecified();
        let alike = ours.is_ipv4() == theirs.is_ipv4();
        address.port() == self.address.port() && address.port() != 0 && covered && alike
    }

    /// It has a place of its own, which is never open to others without a token.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(super) fn check_admin(&self, auth: &AuthConfig) -> Result<(), ConfigError> {
        match self.admin {
            AdminListen::At(address) if self.is_ours(address) => Err(ConfigError(format!(
                "--admin-listen {address} and --listen {} are the same place: choose another port for \
                 one",
                self.address
            ))),
            AdminListen::At(address) if !address.ip().is_loopback() && !auth.has_admin() => {
                Err(ConfigError(format!(
                    "--admin-listen {address}: others can reach it; add --token SECRET:admin, or \
                     --jwt-secret"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// `https://host` or `https://host:port`, as browsers write it.
fn check_origin(origin: &str) -> Result<(), ConfigError> {
    let host = origin.split_once("://").map(|(_, host)| host);
    let whole = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*']));
    if whole {
        return Ok(());
    }
    Err(ConfigError(format!(
        "--allow-origin {origin}: write scheme and host, as in https://app.example.org, and the port if it is not the usual one"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admin_surface_is_never_open_to_others() {
        let at = |admin| ListenConfig {
            admin,
            ..ListenConfig::default()
        };
        let everywhere = AdminListen::At((Ipv4Addr::UNSPECIFIED, 9090).into());
        let (open, mut auth) = (AuthConfig::default(), AuthConfig::default());
        assert!(at(everywhere).check_admin(&open).is_err());
        assert_eq!(at(AdminListen::Auto).check_admin(&open), Ok(()));
        let here = AdminListen::At((Ipv4Addr::LOCALHOST, 9091).into());
        assert_eq!(at(here).check_admin(&open), Ok(()));
        for taken in ["127.0.0.1:3000", "0.0.0.0:3000"] {
            let taken = at(AdminListen::At(taken.parse().unwrap())).check_admin(&open);
            assert!(taken.unwrap_err().0.contains("the same place"));
        }
        auth.tokens.push("0123456789abcdef:join".into());
        assert!(at(everywhere).check_admin(&auth).is_err());
        auth.tokens.push("0123456789abcdef:admin".into());
        assert_eq!(at(everywhere).check_admin(&auth), Ok(()));
    }

    #[test]
    fn it_has_a_listener_of_its_own_where_the_main_one_is_for_others() {
        let mut config = ListenConfig::default();
        assert_eq!(
            config.admin_address(),
            Some(((Ipv4Addr::LOCALHOST, 9090).into(), false))
        );
        config.address = (Ipv4Addr::LOCALHOST, 3000).into();
        assert_eq!(config.admin_address(), None);
    }

    #[test]
    fn origins_are_written_as_browsers_do() {
        for good in ["https://a.example", "http://localhost:5173"] {
            assert_eq!(check_origin(good), Ok(()), "{good}");
        }
        for bad in [
            "a.example",
            "https://",
            "https://a.example/",
            "*",
            "https://*.a",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
