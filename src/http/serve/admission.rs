//! Caps on connections open at once, in all and per address; a place is held as long as the
//! connection, also when it has become a WebSocket.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::forwarded::is_proxy;
use crate::{
    config::{ListenConfig, Live},
    rates::household,
    telemetry::{metrics::count, names},
};

/// Counts connections.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: Live<ListenConfig>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    /// No connection yet.
    pub(super) fn new(limits: Live<ListenConfig>) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                open: Mutex::default(),
            }),
        }
    }

    /// A place for one connection from `ip`, if there is one.
    pub(super) fn admit(&self, ip: IpAddr) -> Option<Permit> {
        let address = household(ip);
        let limits = self.shared.limits.get();
        let mut open = self.shared.open();
        let here = open.by_address.get(&address).copied().unwrap_or(0);
        let crowded =
            here >= limits.max_connections_per_address && !is_proxy(ip, &limits.trusted_proxies);
        if open.in_all >= limits.max_connections || crowded {
            count(&names::REFUSALS, ["connections"]);
            tracing::debug!(from = %ip, in_all = open.in_all, here, "too many connections");
            return None;
        }
        open.in_all += 1;
        open.by_address.insert(address, here + 1);
        drop(open);
        let shared = Arc::clone(&self.shared);
        Some(Permit { shared, address })
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        // Nothing panics while it is held.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    shared: Arc<Shared>,
    address: IpAddr,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.shared.open();
        open.in_all -= 1;
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// A connection with its place.
#[derive(Debug)]
pub(super) struct Held<S> {
    stream: S,
    _permit: Permit,
}

impl<S> Held<S> {
    /// Ties the two together.
    pub(super) fn new(stream: S, permit: Permit) -> Self {
        let _permit = permit;
        Self { stream, _permit }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(in_all: usize, per_address: usize) -> Admission {
        Admission::new(Live::new(ListenConfig {
            max_connections: in_all,
            max_connections_per_address: per_address,
            ..ListenConfig::default()
        }))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let admission = admission(100, 2);
        let places: Vec<_> = (0..2).map(|_| admission.admit(ip("192.0.2.1"))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admission.admit(ip("192.0.2.1")).is_none());
        assert!(admission.admit(ip("::ffff:192.0.2.1")).is_none());
        assert!(admission.admit(ip("192.0.2.2")).is_some());
        drop(places);
        assert!(admission.admit(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn a_proxy_has_every_place_there_is() {
        let admission = Admission::new(Live::new(ListenConfig {
            max_connections: 3,
            max_connections_per_address: 1,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..ListenConfig::default()
        }));
        let places: Vec<_> = (0..3).map(|_| admission.admit(ip("10.0.0.9"))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admission.admit(ip("10.0.0.9")).is_none());
    }

    #[test]
    fn one_subscriber_is_a_whole_ipv6_prefix() {
        let admission = admission(100, 1);
        let _place = admission.admit(ip("2001:db8:0:1::1"));
        assert!(admission.admit(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(admission.admit(ip("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn there_is_a_cap_for_all_together() {
        let admission = admission(1, 64);
        let place = admission.admit(ip("192.0.2.1"));
        assert!(admission.admit(ip("192.0.2.2")).is_none());
        drop(place);
        assert!(admission.admit(ip("192.0.2.2")).is_some());
        assert!(admission.shared.open().by_address.is_empty());
    }
}
