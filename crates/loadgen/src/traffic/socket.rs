//! UDP in batches: one connected socket per peer, buffers shared by all of them. Knows datagrams,
//! not what is in them.

use std::{
    array,
    io::{self, ErrorKind, IoSlice, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::AsRawFd as _,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        socket::{
            ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, recvmmsg,
            sendmmsg, setsockopt, sockopt,
        },
        time::TimeSpec,
    },
};

/// Datagrams taken by one call.
const BATCH: usize = 32;
/// Datagrams handed over by one call.
const SEND_BATCH: usize = 64;
/// Room for one datagram.
const SLOT: usize = 2_048;
/// Coalesced datagrams are larger, and fewer fit a call.
const GRO_BATCH: usize = 8;
const GRO_SLOT: usize = 65_536;
/// Asked for; the kernel may give less. A second of 3,500 packets of 1,200 bytes.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;
/// Tries before a datagram the kernel does not take is given up.
const SEND_TRIES: u32 = 50;
const SEND_PAUSE: Duration = Duration::from_micros(100);

/// A peer's socket.
#[derive(Debug)]
pub(crate) struct PeerSocket {
    socket: UdpSocket,
    port: u16,
}

impl PeerSocket {
    /// A socket on a port of its own, connected to the server.
    pub(crate) fn open(server: SocketAddr, gro: bool) -> io::Result<Self> {
        let any: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        setsockopt(&socket, sockopt::SndBuf, &RECEIVE_BUFFER)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        if gro {
            setsockopt(&socket, sockopt::UdpGroSegment, &true)?;
        }
        socket.connect(server)?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// Its local port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// Where datagrams arrive.
pub(crate) struct Inbox {
    buffer: Vec<u8>,
    /// Reused: every message carries exactly a timestamp, so the room the kernel leaves for the
    /// next call stays right.
    headers: MultiHeaders<()>,
    gro: bool,
}

impl Inbox {
    /// Buffers for a batch.
    pub(crate) fn new(gro: bool) -> Self {
        let bytes = if gro {
            GRO_BATCH * GRO_SLOT
        } else {
            BATCH * SLOT
        };
        Self {
            buffer: vec![0; bytes],
            headers: headers::<BATCH>(nix::cmsg_space!(TimeSpec)),
            gro,
        }
    }

    /// Hands everything that waits on `socket` to `take`, with the kernel's timestamps.
    pub(crate) fn receive(
        &mut self,
        socket: &PeerSocket,
        mut take: impl FnMut(&mut [u8], Duration),
    ) {
        if self.gro {
            // How much room the kernel leaves depends on what it stored: fresh headers each time.
            let mut headers = headers::<GRO_BATCH>(nix::cmsg_space!(TimeSpec, i32));
            while receive::<GRO_BATCH>(socket, &mut self.buffer, &mut headers, &mut take) {
                headers = self::headers::<GRO_BATCH>(nix::cmsg_space!(TimeSpec, i32));
            }
        } else {
            while receive::<BATCH>(socket, &mut self.buffer, &mut self.headers, &mut take) {}
        }
    }
}

fn headers<const N: usize>(control: Vec<u8>) -> MultiHeaders<()> {
    MultiHeaders::preallocate(N, Some(control))
}

/// One message as the kernel gave it.
#[derive(Clone, Copy, Default)]
struct Message {
    length: usize,
    at: Duration,
    /// Length of each datagram but the last, when several were coalesced.
    segment: usize,
}

impl Message {
    fn read(message: &RecvMsg<'_, '_, ()>) -> Self {
        let mut read = Self {
            length: message.bytes,
            ..Self::default()
        };
        // Control data that was cut off is as good as none.
        for control in message.cmsgs().into_iter().flatten() {
            match control {
                ControlMessageOwned::ScmTimestampns(at) => read.at = at.into(),
                ControlMessageOwned::UdpGroSegments(segment) => {
                    read.segment = usize::try_from(segment).unwrap_or(0);
                }
                _ => {}
            }
        }
        read
    }
}

/// One call; `true` when there may be more.
fn receive<const N: usize>(
    socket: &PeerSocket,
    buffer: &mut [u8],
    headers: &mut MultiHeaders<()>,
    take: &mut impl FnMut(&mut [u8], Duration),
) -> bool {
    let slot = buffer.len() / N;
    let mut messages = [Message::default(); N];
    let count = {
        let mut slots = buffer.chunks_exact_mut(slot);
        let mut vectors: [[IoSliceMut<'_>; 1]; N] =
            array::from_fn(|_| [IoSliceMut::new(slots.next().unwrap_or_default())]);
        let fd = socket.socket.as_raw_fd();
        let received = recvmmsg(
            fd,
            headers,
            vectors.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        );
        // Nothing there; or a report that the server's port is closed, which consent finds out.
        let Ok(received) = received else {
            return false;
        };
        let mut count = 0;
        for (message, read) in received.zip(&mut messages) {
            *read = Message::read(&message);
            count += 1;
        }
        count
    };
    for (message, slot) in messages[..count].iter().zip(buffer.chunks_exact_mut(slot)) {
        let bytes = &mut slot[..message.length];
        if message.segment == 0 {
            take(bytes, message.at);
        } else {
            bytes
                .chunks_mut(message.segment)
                .for_each(|bytes| take(bytes, message.at));
        }
    }
    count == N
}

/// Datagrams on their way out, all of one peer.
pub(crate) struct Outbox {
    arena: Vec<u8>,
    ends: Vec<usize>,
    headers: MultiHeaders<()>,
    /// Datagrams the kernel did not take, ever.
    pub(crate) refused: u64,
}

impl Outbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            arena: Vec::new(),
            ends: Vec::new(),
            headers: MultiHeaders::preallocate(SEND_BATCH, None),
            refused: 0,
        }
    }

    /// Adds a datagram: what `fill` appends, given where it starts. `false` takes it back.
    pub(crate) fn write(&mut self, fill: impl FnOnce(&mut Vec<u8>, usize) -> bool) -> bool {
        let start = self.arena.len();
        let filled = fill(&mut self.arena, start);
        if filled {
            self.ends.push(self.arena.len());
        } else {
            self.arena.truncate(start);
        }
        filled
    }

    /// Adds a datagram that is complete.
    pub(crate) fn push(&mut self, datagram: &[u8]) {
        self.write(|arena, _| {
            arena.extend_from_slice(datagram);
            true
        });
    }

    /// Sends everything, as few calls as it takes. What the kernel does not take for 5 ms is given
    /// up and counted.
    pub(crate) fn flush(&mut self, socket: &PeerSocket) {
        let (mut sent, mut tries) = (0, 0);
        while sent < self.ends.len() {
            match self.send(socket, sent) {
                Ok(count) => (sent, tries) = (sent + count, 0),
                Err(Errno::EAGAIN | Errno::ENOBUFS) if tries < SEND_TRIES => {
                    tries += 1;
                    std::thread::sleep(SEND_PAUSE);
                }
                // An earlier datagram found the port closed; the report is consumed by now.
                Err(Errno::ECONNREFUSED) if tries < SEND_TRIES => tries += 1,
                Err(_) => {
                    self.refused += 1;
                    (sent, tries) = (sent + 1, 0);
                }
            }
        }
        self.arena.clear();
        self.ends.clear();
    }

    fn send(&mut self, socket: &PeerSocket, first: usize) -> Result<usize, Errno> {
        let count = (self.ends.len() - first).min(SEND_BATCH);
        let (ends, arena) = (&self.ends, &self.arena);
        let vectors: [[IoSlice<'_>; 1]; SEND_BATCH] = array::from_fn(|nth| {
            let Some(end) = ends.get(first + nth) else {
                return [IoSlice::new(&[])];
            };
            let start = (first + nth)
                .checked_sub(1)
                .map_or(0, |before| ends[before]);
            [IoSlice::new(&arena[start..*end])]
        });
        let none: [ControlMessage<'_>; 0] = [];
        let sent = sendmmsg(
            socket.socket.as_raw_fd(),
            &mut self.headers,
            vectors[..count].iter(),
            [None; SEND_BATCH],
            none,
            MsgFlags::MSG_DONTWAIT,
        )?;
        Ok(sent.count())
    }
}

/// What the system says when a socket cannot be had, in words.
pub(crate) fn open_error(error: &io::Error) -> String {
    match (error.kind(), error.raw_os_error()) {
        (_, Some(libc_code)) if Errno::from_raw(libc_code) == Errno::EMFILE => {
            "too many open files: raise the limit with ulimit -n".to_owned()
        }
        (ErrorKind::AddrNotAvailable, _) => "no free UDP port".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(gro: bool) -> (UdpSocket, PeerSocket) {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let peer = PeerSocket::open(server.local_addr().unwrap(), gro).unwrap();
        server.connect((Ipv4Addr::LOCALHOST, peer.port())).unwrap();
        (server, peer)
    }

    #[test]
    fn everything_that_waits_is_taken_with_its_time() {
        for gro in [false, true] {
            let (server, peer) = pair(gro);
            for number in 0..200_u8 {
                server.send(&[number; 100]).unwrap();
            }
            let mut inbox = Inbox::new(gro);
            let (mut numbers, mut last) = (Vec::new(), Duration::ZERO);
            inbox.receive(&peer, |bytes, at| {
                assert_eq!(bytes.len(), 100);
                assert!(at >= last && at > Duration::ZERO);
                last = at;
                numbers.push(bytes[0]);
            });
            assert_eq!(numbers, (0..200).collect::<Vec<_>>());
        }
    }

    #[test]
    fn headers_serve_many_calls() {
        let (server, peer) = pair(false);
        let mut inbox = Inbox::new(false);
        for round in 0..10_usize {
            for _ in 0..round * 10 {
                server.send(&[1; 10]).unwrap();
            }
            let mut count = 0;
            inbox.receive(&peer, |_, at| {
                assert!(at > Duration::ZERO);
                count += 1;
            });
            assert_eq!(count, round * 10);
        }
    }

    #[test]
    fn datagrams_leave_whole_and_in_order() {
        let (server, peer) = pair(false);
        let mut outbox = Outbox::new();
        for number in 0..150_u8 {
            let length = usize::from(number) + 1;
            assert!(outbox.write(|arena, _| {
                arena.resize(arena.len() + length, number);
                true
            }));
            assert!(!outbox.write(|arena, _| {
                arena.push(0);
                false
            }));
        }
        outbox.flush(&peer);
        assert_eq!(outbox.refused, 0);
        let mut bytes = [0; 300];
        for number in 0..150_u8 {
            assert_eq!(server.recv(&mut bytes).unwrap(), usize::from(number) + 1);
            assert_eq!(bytes[0], number);
        }
    }
}
