//! One UDP socket of a worker: binding, the choice between batches and single datagrams, the
//! outbox, counters. Knows nothing of what the datagrams mean.

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket as StdSocket},
};

use mio::{Interest, Registry, Token, net::UdpSocket};
use nix::sys::socket::{setsockopt, sockopt};

use super::{
    EngineError,
    datagrams::{Datagram, Inbound},
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
    batches: bool,
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
        let describe = |error: io::Error| EngineError::Start(bind_error(ip, port, &error));
        let socket = StdSocket::bind((ip, port)).map_err(describe)?;
        socket.set_nonblocking(true).map_err(describe)?;
        let local = socket.local_addr().map_err(describe)?;
        // The kernel clamps to its own maximum; a smaller buffer only means earlier loss.
        let _ = setsockopt(&socket, sockopt::RcvBuf, &plan.kernel_buffer);
        let _ = setsockopt(&socket, sockopt::SndBuf, &plan.kernel_buffer);
        Ok(Self {
            io: UdpSocket::from_std(socket),
            local,
            batches: cfg!(target_os = "linux") && plan.backend == UdpBackend::Auto,
            readable: true,
            errors_in_a_row: 0,
            outbox: Outbox::new(plan.outbox_bytes),
            received: ReceiveCounts::default(),
        })
    }

    /// Asks to be woken when datagrams arrive or can leave.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut self.io, token, both)
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
        match recv(&self.io, self.batches, inbound) {
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
            io,
            outbox,
            batches,
            ..
        } = self;
        outbox.send(datagrams, |run| send(io, *batches, run));
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        self.send(&[]);
    }

    /// What arrived and what left.
    pub(super) fn counts(&self) -> (ReceiveCounts, SendCounts) {
        (self.received, self.outbox.counts())
    }
}

#[cfg(target_os = "linux")]
fn recv(io: &UdpSocket, batches: bool, inbound: &mut Inbound) -> io::Result<()> {
    use std::os::fd::AsFd;
    if batches {
        super::udp::recv_batch(io.as_fd(), inbound)
    } else {
        udp_portable::recv_batch(io, inbound)
    }
}

#[cfg(not(target_os = "linux"))]
fn recv(io: &UdpSocket, _batches: bool, inbound: &mut Inbound) -> io::Result<()> {
    udp_portable::recv_batch(io, inbound)
}

#[cfg(target_os = "linux")]
fn send(io: &UdpSocket, batches: bool, run: &[Datagram<'_>]) -> io::Result<usize> {
    use std::os::fd::AsFd;
    if batches {
        // mio's edge-triggered poll on Linux needs no rearming after a direct call.
        super::udp::send_batch(io.as_fd(), run)
    } else {
        udp_portable::send_batch(io, run)
    }
}

#[cfg(not(target_os = "linux"))]
fn send(io: &UdpSocket, _batches: bool, run: &[Datagram<'_>]) -> io::Result<usize> {
    udp_portable::send_batch(io, run)
}

fn bind_error(ip: IpAddr, port: u16, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "UDP port {port} on {ip} is taken by another program; choose another with --media-port"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("{ip} is not an address of this machine; choose another with --media-ip")
        }
        io::ErrorKind::PermissionDenied => {
            format!("UDP port {port} on {ip} may not be used by this user")
        }
        _ => format!("UDP port {port} on {ip}: {error}"),
    }
}
