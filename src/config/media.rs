//! The media workers: addresses, ports, how many, and the bounds on what the network can do.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use ::media::MediaLimits;

use super::ConfigError;

/// Settings of the media workers.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Local addresses that carry media, one socket each per worker. Empty: every address of this
    /// machine but loopback, or 127.0.0.1 where there is none.
    pub ips: Vec<IpAddr>,
    /// What clients are told instead of the local addresses: an address or a host name.
    pub announced_address: Option<String>,
    /// UDP port of the first worker; the others count up. 0: any free port.
    pub port: u16,
    /// Worker threads.
    pub workers: usize,
    /// How datagrams travel.
    pub udp: UdpBackend,
    /// Asked-for size of each socket's kernel buffers, bytes; the kernel may give less.
    pub socket_buffer: usize,
    /// Bytes of datagrams kept per socket while the kernel takes no more.
    pub outbox_bytes: usize,
    /// A request to a worker fails after so long without a reply.
    pub request_timeout: Duration,
    /// Requests waiting for one worker; beyond it new ones fail at once.
    pub request_queue: usize,
    /// Events waiting for the reader of one router; beyond it scores and layer changes are dropped.
    pub event_queue: usize,
    /// Bounds inside the workers.
    pub limits: MediaLimits,
}

/// How datagrams travel between the kernel and a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UdpBackend {
    /// In the best way the system has: many to one destination as one message (segmentation
    /// offload), in batches, or one by one.
    #[default]
    Auto,
    /// In batches at best. For networks behind a driver that mangles segments.
    Batches,
    /// One system call per datagram, everywhere.
    Portable,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            ips: Vec::new(),
            announced_address: None,
            port: 44400,
            workers: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            udp: UdpBackend::Auto,
            // A worker that stalls 80 ms at 150,000 packets of 300 bytes a second.
            socket_buffer: 4 * 1024 * 1024,
            // 50 ms of a full 1 Gb/s link would be 6 MB; older media is not worth sending.
            outbox_bytes: 1024 * 1024,
            request_timeout: Duration::from_secs(5),
            request_queue: 8192,
            event_queue: 1024,
            limits: MediaLimits::default(),
        }
    }
}

impl MediaConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |text: &str| Err(ConfigError(text.to_owned()));
        if !(1..=1024).contains(&self.workers) {
            return fail("--workers must be between 1 and 1024");
        }
        if self.port != 0 && usize::from(self.port) + self.workers - 1 > usize::from(u16::MAX) {
            return fail("--media-port plus --workers runs past port 65535");
        }
        if self.ips.iter().any(IpAddr::is_unspecified) && self.announced_address.is_none() {
            return fail(
                "--media-ip 0.0.0.0 (or ::) needs --announced-address: clients must be told a real one",
            );
        }
        if self.ips.len() > 64 {
            return fail("at most 64 --media-ip");
        }
        match &self.announced_address {
            Some(address) => validate_announced(address),
            None => Ok(()),
        }
    }
}

/// An address or a host name, without a port: the port is the worker's.
fn validate_announced(address: &str) -> Result<(), ConfigError> {
    let is_ip = address.parse::<IpAddr>().is_ok();
    let host_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_host = !address.is_empty() && address.len() <= 253 && address.chars().all(host_char);
    if is_ip || is_host {
        return Ok(());
    }
    let reason = match address.parse::<SocketAddr>() {
        Ok(_) => "leave out the port",
        Err(_) => "it is neither an address nor a host name",
    };
    Err(ConfigError(format!(
        "--announced-address {address:?}: {reason}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(address: &str) -> Result<(), ConfigError> {
        MediaConfig {
            announced_address: Some(address.into()),
            ..MediaConfig::default()
        }
        .validate()
    }

    #[test]
    fn announced_address_is_an_address_or_a_host_name() {
        for good in ["203.0.113.7", "2001:db8::7", "sfu.example.org"] {
            assert_eq!(announced(good), Ok(()), "{good}");
        }
        for bad in ["", "203.0.113.7:44400", "a b", "http://x"] {
            assert!(announced(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_address_needs_a_name_for_clients() {
        let mut config = MediaConfig {
            ips: vec!["0.0.0.0".parse().unwrap()],
            ..MediaConfig::default()
        };
        assert!(config.validate().is_err());
        config.announced_address = Some("sfu.example.org".into());
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn ports_of_all_workers_exist() {
        let config = MediaConfig {
            port: 65535,
            workers: 2,
            ..MediaConfig::default()
        };
        assert!(config.validate().is_err());
    }
}
