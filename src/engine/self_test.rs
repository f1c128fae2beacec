//! Whether media can leave this machine at all: a datagram from every media address to itself. A
//! firewall that forbids UDP, or an address that is gone, shows here before a call does.

use std::{
    fmt, io,
    net::{IpAddr, UdpSocket},
    time::Duration,
};

use super::WorkerPool;

/// How long a datagram to this machine itself may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// A media address that datagrams do not leave from, or do not reach.
#[derive(Debug)]
pub struct Unreachable {
    /// The address.
    pub ip: IpAddr,
    /// What the system says.
    pub cause: io::Error,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ip, cause } = self;
        let late = matches!(
            cause.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        );
        if late {
            return write!(f, "a datagram from {ip} to itself does not arrive");
        }
        write!(f, "no datagram can be sent from {ip}: {cause}")
    }
}

impl WorkerPool {
    /// The media addresses at which UDP does not work. Takes half a second for each such address.
    pub async fn self_test(&self) -> Vec<Unreachable> {
        let ips = self.inner.ips.clone();
        let test = tokio::task::spawn_blocking(move || self_test(&ips));
        // It does not panic, and is only given up when the runtime ends.
        test.await.unwrap_or_default()
    }
}

/// Sends a datagram from each address to itself; those at which that fails.
#[must_use]
pub fn self_test(ips: &[IpAddr]) -> Vec<Unreachable> {
    let failure = |ip: &IpAddr| {
        let cause = round_trip(*ip).err()?;
        Some(Unreachable { ip: *ip, cause })
    };
    ips.iter().filter_map(failure).collect()
}

fn round_trip(ip: IpAddr) -> io::Result<()> {
    let socket = UdpSocket::bind((ip, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(socket.local_addr()?)?;
    socket.send(b"miso")?;
    socket.recv(&mut [0; 8])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_that_is_not_here_is_named() {
        let (here, elsewhere) = (Ipv4Addr::LOCALHOST, Ipv4Addr::new(203, 0, 113, 1));
        let failures = self_test(&[here.into(), elsewhere.into()]);
        let [failure] = &failures[..] else {
            panic!("one of two works: {failures:?}");
        };
        assert_eq!(failure.ip, IpAddr::from(elsewhere));
        assert!(failure.to_string().contains("203.0.113.1"), "{failure}");
    }
}
