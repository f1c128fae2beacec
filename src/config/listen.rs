//! Where the server listens for pages and signalling, and the bounds on its connections.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::ConfigError;

/// The listener for pages, REST and signalling.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// Address and TCP port.
    pub address: SocketAddr,
    /// How connections are encrypted.
    pub tls: TlsMode,
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
            tls: TlsMode::Auto {
                folder: PathBuf::from("certs"),
            },
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
            return Err(ConfigError("connection limits must be at least 1".into()));
        }
        Ok(())
    }
}
