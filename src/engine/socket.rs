//! One UDP socket of a worker: binding, the choice between runs, batches and single datagrams, the
//! outbox, counters. Knows nothing of what the datagrams mean.

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket as StdSocket},
};

use mio::{Interest, Registry, Token, net::UdpSocket};
use nix::sys::socket::{getsockopt, setsockopt, sockopt};

#[cfg(target_os = "linux")]
use super::udp;
use super::{
    EngineError,
    datagrams::{Datagram, Inbound},
    means::{Means, send_some},
    outbox::{Outbox, SendCounts},
    udp_portable,
};
use crate::config::UdpBackend;

/// Errors in a row after which a socket is left alone until it is ready again.
const ERROR_RUN: u32 = 16;

/// One local address and port.
#[derive(Debug)]
pub(super) struct MediaSocket {
    io: UdpSocket,
    local: SocketAddr,
    means: Means,
    /// What the kernel gave, bytes.
    kernel_buffer: usize,
    token: Token,
    watches_backlog: bool,
    readable: bool,
    errors_in_a_row: u32,
    outbox: Outbox,
    received: ReceiveCounts,
}

/// What arrived, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReceiveCounts {
    /// Datagrams handed to the worker.
    pub(super) taken: u64,
    /// Datagrams too long to be media.
    pub(super) too_long: u64,
    /// Errors the kernel reported.
    pub(super) errors: u64,
}

/// How a socket is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketPlan {
    /// How datagrams travel.
    pub(super) backend: UdpBackend,
    /// Kernel buffers asked for, bytes.
    pub(super) kernel_buffer: usize,
    /// Most bytes kept while the kernel is full.
    pub(super) outbox_bytes: usize,
}

impl MediaSocket {
    /// Binds `ip:port`; port 0 is any free one.
    pub(super) fn bind(ip: IpAddr, port: u16, plan: SocketPlan) -> Result<Self, EngineError> {
        let describe = |error: io::Error| bind_error(ip, port, &error);
        let socket = StdSocket::bind((ip, port)).map_err(describe)?;
        socket.set_nonblocking(true).map_err(describe)?;
        let local = socket.local_addr().map_err(describe)?;
        Ok(Self {
            local,
            means: prepare(&socket, plan.backend),
            kernel_buffer: enlarge_buffers(&socket, plan.kernel_buffer),
            io: UdpSocket::from_std(socket),
            token: Token(0),
            watches_backlog: false,
            readable: true,
            errors_in_a_row: 0,
            outbox: Outbox::new(plan.outbox_bytes),
            received: ReceiveCounts::default(),
        })
    }

    /// Asks to be woken when datagrams arrive.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.token = token;
        registry.register(&mut self.io, token, Interest::READABLE)
    }

    /// Asks to be woken when datagrams can leave as long as some wait, and only then: a socket that
    /// has sent becomes writable again each time, and every such wake-up would be for nothing.
    pub(super) fn watch_backlog(&mut self, registry: &Registry) {
        if self.has_backlog() == self.watches_backlog {
            return;
        }
        let interest = if self.has_backlog() {
            Interest::READABLE | Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        let asked = registry.reregister(&mut self.io, self.token, interest);
        // If it fails the backlog's retry timer stands in, and the next turn asks again.
        if asked.is_ok() {
            self.watches_backlog = self.has_backlog();
        }
    }

    /// Its address and port.
    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// The poll said that datagrams wait.
    pub(super) fn set_readable(&mut self) {
        self.readable = true;
        self.errors_in_a_row = 0;
    }

    /// Whether datagrams may wait: the poll tells of new ones only once.
    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether datagrams wait for the kernel.
    pub(super) fn has_backlog(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Takes one batch; `inbound` is empty when there is none.
    pub(super) fn receive(&mut self, inbound: &mut Inbound) {
        inbound.clear();
        if !self.readable {
            return;
        }
        match recv(&self.io, self.means, inbound) {
            Ok(()) => {
                self.errors_in_a_row = 0;
                self.received.taken += inbound.len() as u64;
                self.received.too_long += inbound.skipped() as u64;
            }
            Err(error) => self.receive_failed(&error),
        }
    }

    fn receive_failed(&mut self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.readable = false,
            io::ErrorKind::Interrupted => {}
            // A peer that went away (ICMP) is told here; the next datagram is not its fault.
            _ => {
                self.received.errors += 1;
                self.errors_in_a_row += 1;
                self.readable = self.errors_in_a_row < ERROR_RUN;
            }
        }
    }

    /// Sends, after what waits already.
    pub(super) fn send(&mut self, datagrams: &[Datagram<'_>]) {
        let Self {
            io, outbox, means, ..
        } = self;
        outbox.send(datagrams, |datagrams| {
            send_some(means, datagrams, |means, some| send(io, means, some))
        });
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        self.send(&[]);
    }

    /// Whether datagrams to one destination leave as one message.
    pub(super) fn offloads(&self) -> bool {
        matches!(self.means, Means::Runs { .. })
    }

    /// The size of the kernel's buffers, bytes.
    pub(super) fn kernel_buffer(&self) -> usize {
        self.kernel_buffer
    }

    /// What arrived and what left.
    pub(super) fn counts(&self) -> (ReceiveCounts, SendCounts) {
        (self.received, self.outbox.counts())
    }
}

/// Asks for kernel buffers of `bytes`; returns what the smaller of the two got. Whoever may, gets
/// them; the others get as much as `net.core.rmem_max` allows, and a smaller buffer only means
/// earlier loss.
fn enlarge_buffers(socket: &StdSocket, bytes: usize) -> usize {
    #[cfg(target_os = "linux")]
    let forced = setsockopt(socket, sockopt::RcvBufForce, &bytes).is_ok()
        && setsockopt(socket, sockopt::SndBufForce, &bytes).is_ok();
    #[cfg(not(target_os = "linux"))]
    let forced = false;
    if !forced {
        let _ = setsockopt(socket, sockopt::RcvBuf, &bytes);
        let _ = setsockopt(socket, sockopt::SndBuf, &bytes);
    }
    let got = getsockopt(socket, sockopt::RcvBuf)
        .unwrap_or(0)
        .min(getsockopt(socket, sockopt::SndBuf).unwrap_or(0));
    // Linux keeps its own records in the same buffer, doubles what is asked for, and says so.
    if cfg!(target_os = "linux") {
        got / 2
    } else {
        got
    }
}

/// Chooses how datagrams travel, and prepares the socket for it.
#[cfg(target_os = "linux")]
fn prepare(socket: &StdSocket, backend: UdpBackend) -> Means {
    use std::os::fd::AsFd;
    // Kernels without it fragment, and so does the portable way elsewhere.
    let v6 = socket.local_addr().is_ok_and(|local| local.is_ipv6());
    if let Err(error) = udp::forbid_fragments(socket.as_fd(), v6) {
        tracing::debug!(%error, "datagrams may be fragmented");
    }
    match backend {
        UdpBackend::Portable => Means::Single,
        UdpBackend::Batches => Means::Batches,
        UdpBackend::Auto => {
            // Linux 5.0; without it runs are received datagram by datagram.
            let _ = setsockopt(socket, sockopt::UdpGroSegment, &true);
            if udp::can_offload(socket.as_fd()) {
                Means::RUNS
            } else {
                Means::Batches
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn prepare(_socket: &StdSocket, _backend: UdpBackend) -> Means {
    Means::Single
}

#[cfg(target_os = "linux")]
fn recv(io: &UdpSocket, means: Means, inbound: &mut Inbound) -> io::Result<()> {
    use std::os::fd::AsFd;
    match means {
        Means::Single => udp_portable::recv_batch(io, inbound),
        Means::Batches | Means::Runs { .. } => udp::recv_batch(io.as_fd(), inbound),
    }
}

#[cfg(not(target_os = "linux"))]
fn recv(io: &UdpSocket, _means: Means, inbound: &mut Inbound) -> io::Result<()> {
    udp_portable::recv_batch(io, inbound)
}

#[cfg(target_os = "linux")]
fn send(io: &UdpSocket, means: Means, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    use std::os::fd::AsFd;
    match means {
        Means::Single => udp_portable::send_batch(io, datagrams),
        // mio's edge-triggered poll on Linux needs no rearming after a direct call.
        Means::Batches => udp::send_batch(io.as_fd(), datagrams, false),
        Means::Runs { .. } => udp::send_batch(io.as_fd(), datagrams, true),
    }
}

#[cfg(not(target_os = "linux"))]
fn send(io: &UdpSocket, _means: Means, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    udp_portable::send_batch(io, datagrams)
}

fn bind_error(ip: IpAddr, port: u16, error: &io::Error) -> EngineError {
    EngineError::Start(match error.kind() {
        io::ErrorKind::AddrNotAvailable => return EngineError::ForeignAddress(ip),
        io::ErrorKind::AddrInUse => return EngineError::PortTaken { ip, port },
        io::ErrorKind::PermissionDenied => {
            format!("UDP port {port} on {ip} may not be used by this user")
        }
        _ => format!("UDP port {port} on {ip}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use mio::{Events, Poll};

    use super::*;

    const BACKENDS: [UdpBackend; 3] = [UdpBackend::Auto, UdpBackend::Batches, UdpBackend::Portable];

    fn bind(backend: UdpBackend) -> (MediaSocket, StdSocket, Poll) {
        let plan = SocketPlan {
            backend,
            kernel_buffer: 1 << 20,
            outbox_bytes: 1 << 20,
        };
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut socket = MediaSocket::bind(ip, 0, plan).unwrap();
        let poll = Poll::new().unwrap();
        socket.register(poll.registry(), Token(0)).unwrap();
        (socket, StdSocket::bind((ip, 0)).unwrap(), poll)
    }

    /// Receives until `count` datagrams came, waiting on the poll between batches.
    fn receive(socket: &mut MediaSocket, poll: &mut Poll, count: usize) -> Vec<Vec<u8>> {
        let (mut inbound, mut ready) = (Inbound::new(), Events::with_capacity(4));
        let mut found = Vec::new();
        while found.len() < count {
            while socket.is_readable() {
                socket.receive(&mut inbound);
                while let Some((_, bytes)) = inbound.next() {
                    found.push(bytes.to_vec());
                }
            }
            if found.len() < count {
                poll.poll(&mut ready, None).unwrap();
                socket.set_readable();
            }
        }
        found
    }

    #[test]
    fn datagrams_arrive_whole_and_in_order_over_several_batches() {
        for backend in BACKENDS {
            let (mut socket, peer, mut poll) = bind(backend);
            for index in 0..150_u8 {
                let contents = vec![index; 1 + usize::from(index) * 9];
                peer.send_to(&contents, socket.local()).unwrap();
            }
            let found = receive(&mut socket, &mut poll, 150);
            for (index, contents) in found.iter().enumerate() {
                assert_eq!(contents, &vec![index as u8; 1 + index * 9], "{backend:?}");
            }
            assert_eq!(socket.counts().0.taken, 150, "{backend:?}");
        }
    }

    #[test]
    fn datagrams_leave_in_order_over_several_batches() {
        for backend in BACKENDS {
            let (mut socket, peer, _poll) = bind(backend);
            let remote = peer.local_addr().unwrap();
            let contents: Vec<[u8; 2]> = (0..150_u8).map(|index| [index; 2]).collect();
            let datagrams: Vec<_> = contents
                .iter()
                .map(|contents| Datagram { remote, contents })
                .collect();
            socket.send(&datagrams);
            for index in 0..150_u8 {
                let mut bytes = [0; 10];
                let (length, from) = peer.recv_from(&mut bytes).unwrap();
                assert_eq!((&bytes[..length], from), (&[index; 2][..], socket.local()));
            }
            assert_eq!(socket.counts().1.sent, 150, "{backend:?}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_media_is_dropped_and_counted() {
        for backend in BACKENDS {
            let (mut socket, peer, mut poll) = bind(backend);
            peer.send_to(&[1; 5000], socket.local()).unwrap();
            peer.send_to(&[2; 10], socket.local()).unwrap();
            assert_eq!(receive(&mut socket, &mut poll, 1), [vec![2; 10]]);
            assert_eq!(socket.counts().0.too_long, 1, "{backend:?}");
        }
    }

    #[test]
    fn a_destination_the_system_refuses_is_counted_and_the_rest_is_sent() {
        for backend in BACKENDS {
            let (mut socket, peer, _poll) = bind(backend);
            // Port 0 is no destination: EINVAL.
            let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let contents = &[7][..];
            let to = |remote| Datagram { remote, contents };
            socket.send(&[to(nowhere), to(peer.local_addr().unwrap()), to(nowhere)]);
            assert_eq!(peer.recv_from(&mut [0; 10]).unwrap().0, 1);
            let sent = socket.counts().1;
            assert_eq!(
                (sent.sent, sent.refused, sent.dropped),
                (1, 2, 0),
                "{backend:?}"
            );
        }
    }

    #[test]
    fn runs_arrive_cut_into_their_datagrams_whoever_cuts_them() {
        for (from, to) in BACKENDS
            .iter()
            .flat_map(|from| BACKENDS.map(|to| (*from, to)))
        {
            let (mut sender, _peer, _) = bind(from);
            let (mut receiver, _peer, mut poll) = bind(to);
            let (mut other, _peer, mut other_poll) = bind(to);
            // Three runs, as two frames and what came between them.
            let lengths = [1_100, 1_100, 1_100, 400, 1_101, 1_101, 90, 90, 90, 90];
            let contents: Vec<_> = (0u8..).zip(lengths).map(|(n, len)| vec![n; len]).collect();
            let to = |remote| {
                let contents = contents.iter();
                contents.map(move |contents| Datagram { remote, contents })
            };
            let datagrams: Vec<_> = to(receiver.local()).chain(to(other.local())).collect();
            sender.send(&datagrams);
            assert_eq!(sender.counts().1.sent, 20, "{from:?}");
            let counted = contents.len();
            assert_eq!(receive(&mut receiver, &mut poll, counted), contents);
            assert_eq!(receive(&mut other, &mut other_poll, counted), contents);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_run_leaves_as_one_message_where_the_kernel_can() {
        let (mut sender, _, _) = bind(UdpBackend::Auto);
        assert!(sender.offloads(), "Linux has had this since 4.18");
        let (receiver, _, _) = bind(UdpBackend::Auto);
        let run = [Datagram {
            remote: receiver.local(),
            contents: &[1; 100],
        }; 10];
        sender.send(&run);
        // Left whole by the kernel: one message holds all ten.
        let mut inbound = Inbound::new();
        udp::recv_batch(std::os::fd::AsFd::as_fd(&receiver.io), &mut inbound).unwrap();
        assert_eq!((inbound.messages(), inbound.len()), (1, 10));
    }

    #[test]
    fn a_socket_that_sent_everything_wakes_nobody() {
        for backend in BACKENDS {
            let (mut socket, peer, mut poll) = bind(backend);
            let mut ready = Events::with_capacity(4);
            let datagram = Datagram {
                remote: peer.local_addr().unwrap(),
                contents: b"media",
            };
            socket.send(&[datagram]);
            socket.watch_backlog(poll.registry());
            poll.poll(&mut ready, Some(Duration::ZERO)).unwrap();
            assert!(ready.is_empty(), "{backend:?}: {ready:?}");
        }
    }

    #[test]
    fn a_socket_with_a_backlog_is_told_when_it_can_send() {
        let (mut socket, peer, mut poll) = bind(UdpBackend::Auto);
        let mut ready = Events::with_capacity(4);
        let datagram = Datagram {
            remote: peer.local_addr().unwrap(),
            contents: b"media",
        };
        socket
            .outbox
            .send(&[datagram], |_| Err(io::ErrorKind::WouldBlock.into()));
        socket.watch_backlog(poll.registry());
        poll.poll(&mut ready, Some(Duration::from_secs(10)))
            .unwrap();
        assert!(ready.iter().any(mio::event::Event::is_writable));
        socket.flush();
        assert!(!socket.has_backlog());
        socket.watch_backlog(poll.registry());
        assert_eq!(peer.recv_from(&mut [0; 10]).unwrap().0, 5);
        poll.poll(&mut ready, Some(Duration::ZERO)).unwrap();
        assert!(ready.is_empty(), "{ready:?}");
    }

    #[test]
    fn an_empty_socket_waits_for_the_poll() {
        for backend in BACKENDS {
            let (mut socket, _peer, _poll) = bind(backend);
            socket.receive(&mut Inbound::new());
            assert!(!socket.is_readable(), "{backend:?}");
            assert_eq!(socket.counts().0.errors, 0);
        }
    }
}
