//! The receivers: they take what comes and count it.
//!
//! Nobody waits on their sockets: the kernel would wake the waiting thread at the sender's expense,
//! which receivers elsewhere do not do.

use std::{
    io::IoSliceMut,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg, setsockopt, sockopt};

use super::packets::Opener;

/// A receiver's socket.
pub(super) struct Sink {
    socket: UdpSocket,
    gro: bool,
}

impl Sink {
    pub(super) fn bind(gro: bool) -> nix::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        if setsockopt(&socket, sockopt::RcvBufForce, &BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &BUFFER)?;
        }
        if gro {
            setsockopt(&socket, sockopt::UdpGroSegment, &true)?;
        }
        Ok(Self { socket, gro })
    }

    pub(super) fn address(&self) -> SocketAddrV4 {
        match self.socket.local_addr() {
            Ok(SocketAddr::V4(address)) => address,
            other => unreachable!("bound to an IPv4 address: {other:?}"),
        }
    }
}

/// What arrived.
#[derive(Default)]
pub(super) struct Received {
    pub(super) packets: u64,
    /// Those that were opened and compared.
    pub(super) verified: u64,
}

/// Takes from all sockets until told to stop, then what is left. `opener` is the first one's.
pub(super) fn until(stop: &AtomicBool, sinks: &[Sink], opener: Opener) -> Received {
    let mut drain = Drain::new(opener);
    loop {
        let last = stop.load(Ordering::Acquire);
        for (index, sink) in sinks.iter().enumerate() {
            drain.take(sink, index == 0);
        }
        if last {
            return drain.received;
        }
        std::thread::sleep(LOOK);
    }
}

/// The draining thread's memory.
struct Drain {
    headers: MultiHeaders<()>,
    buffers: Vec<[u8; LARGEST]>,
    received: Received,
    opener: Opener,
    /// Bytes of one packet.
    size: usize,
}

impl Drain {
    fn new(opener: Opener) -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; LARGEST]; BATCH],
            received: Received::default(),
            size: opener.size(),
            opener,
        }
    }

    /// Everything one socket has.
    fn take(&mut self, sink: &Sink, judged: bool) {
        while self.take_batch(sink, judged) == BATCH {}
    }

    /// One system call; returns how many messages it brought.
    fn take_batch(&mut self, sink: &Sink, judged: bool) -> usize {
        // Only the judged receiver needs the bytes; the others ask for lengths, so that this
        // thread keeps up with any sender.
        let wanted = if judged { LARGEST } else { 0 };
        let mut vectors: [_; BATCH] = {
            let mut buffers = self.buffers.iter_mut();
            std::array::from_fn(|_| {
                let buffer = buffers.next().expect("one for each");
                [IoSliceMut::new(&mut buffer[..wanted])]
            })
        };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let fd = sink.socket.as_raw_fd();
        let mut lengths = [0; BATCH];
        let mut count = 0;
        match recvmmsg(fd, &mut self.headers, &mut vectors, flags, None) {
            Ok(messages) => {
                for message in messages {
                    lengths[count] = message.bytes;
                    count += 1;
                }
            }
            Err(nix::Error::EAGAIN) => return 0,
            Err(error) => panic!("a receiver's socket fails: {error}"),
        }
        for (buffer, length) in self.buffers.iter_mut().zip(&lengths[..count]) {
            assert!(sink.gro || *length == self.size, "{length} bytes");
            self.received.packets += (length / self.size) as u64;
            if judged {
                for packet in buffer[..*length].chunks_exact_mut(self.size) {
                    self.opener.check(packet);
                    self.received.verified += 1;
                }
            }
        }
        count
    }
}

/// How often they look; the kernel keeps some thousand packets for each.
const LOOK: Duration = Duration::from_millis(3);
/// Messages of one system call.
const BATCH: usize = 64;
/// A message of many segments, taken whole.
const LARGEST: usize = 1 << 16;
/// Of the kernel, as the server asks for.
const BUFFER: usize = 4 << 20;
