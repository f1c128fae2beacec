//! The thread that is measured: wakes, writes, sends.

use std::{
    io::IoSlice,
    net::{Ipv4Addr, UdpSocket},
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

// The macros of `sockopt_impl!` name each other without a path.
use nix::{
    setsockopt_impl, sockopt_impl,
    sys::socket::{
        ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg, setsockopt, sockopt,
    },
};

use super::{
    packets::{Receiver, Stream},
    thread::CpuTime,
};

/// The socket, and what waits for the next system call.
pub(super) struct Sender {
    socket: UdpSocket,
    headers: MultiHeaders<SockaddrIn>,
    /// Messages of one system call.
    messages: usize,
    /// Bytes of one message, which is a burst…
    message: usize,
    /// …of so many segments.
    segments: usize,
    arena: Vec<u8>,
    addresses: Vec<Option<SockaddrIn>>,
    /// Packets since the start.
    ever: u64,
}

impl Sender {
    pub(super) fn new(messages: usize, message: usize, segments: u32) -> nix::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        setsockopt(&socket, sockopt::SndBuf, &BUFFER)?;
        // Spares the kernel an identifier for each packet.
        setsockopt(&socket, MtuDiscover, &libc::IP_PMTUDISC_DO)?;
        let control = (segments > 1).then(|| nix::cmsg_space!(u16));
        Ok(Self {
            socket,
            headers: MultiHeaders::preallocate(messages, control),
            messages,
            message,
            segments: segments as usize,
            arena: Vec::with_capacity(messages * message),
            addresses: Vec::with_capacity(messages),
            ever: 0,
        })
    }

    /// Forwards for so long.
    pub(super) fn run(
        &mut self,
        pace: Pace,
        time: Duration,
        streams: &mut [Stream],
        receivers: &mut [Receiver],
    ) -> Sent {
        let tick = pace.interval / streams.len() as u32;
        let (start, before) = (Instant::now(), self.ever);
        let cpu = CpuTime::now();
        let (mut due, mut turn) = (start, 0);
        while due < start + time {
            if pace.paused {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                due += tick;
            } else {
                due = Instant::now();
            }
            self.forward(turn, streams, receivers);
            turn = (turn + 1) % streams.len();
        }
        let cpu = CpuTime::now() - cpu;
        Sent {
            packets: self.ever - before,
            ever: self.ever,
            elapsed: start.elapsed(),
            cpu: cpu.total,
            user: cpu.user,
            system: cpu.system,
        }
    }

    /// The next burst of one stream, to the receivers of its room.
    fn forward(&mut self, turn: usize, streams: &mut [Stream], receivers: &mut [Receiver]) {
        let each = receivers[0].streams();
        let in_room = receivers.len() * each / streams.len();
        let (room, place) = (turn / each, turn % each);
        let stream = &mut streams[turn];
        for receiver in &mut receivers[room * in_room..][..in_room] {
            receiver.write(&mut self.arena, place, stream);
            self.addresses.push(Some(receiver.address));
            if self.addresses.len() == self.messages {
                self.flush();
            }
        }
        self.flush();
        self.ever += (in_room * stream.burst()) as u64;
        stream.advance();
    }

    /// One system call. A blocking socket on loopback takes everything; if ever it did not, the
    /// rest would count as lost.
    fn flush(&mut self) {
        if self.addresses.is_empty() {
            return;
        }
        let mut vectors = [[IoSlice::new(&[])]; MOST_MESSAGES];
        for (vector, message) in vectors.iter_mut().zip(self.arena.chunks(self.message)) {
            *vector = [IoSlice::new(message)];
        }
        let segment = (self.message / self.segments) as u16;
        let control = [ControlMessage::UdpGsoSegments(&segment)];
        // One set for all messages of the call: all their segments have one size.
        let control = if self.segments > 1 { &control[..] } else { &[] };
        let sent = sendmmsg(
            self.socket.as_raw_fd(),
            &mut self.headers,
            &vectors[..self.addresses.len()],
            &self.addresses,
            control,
            MsgFlags::empty(),
        );
        let _ = sent.unwrap();
        self.addresses.clear();
        self.arena.clear();
    }
}

/// When bursts come.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// From one burst of a stream to its next; streams take turns in between.
    pub(super) interval: Duration,
    /// Whether to wait for the next at all.
    pub(super) paused: bool,
}

/// What a run sent and what it took.
pub(super) struct Sent {
    pub(super) packets: u64,
    /// Those of earlier runs included.
    pub(super) ever: u64,
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) user: Duration,
    pub(super) system: Duration,
}

sockopt_impl!(
    /// What to do with packets larger than the path carries.
    MtuDiscover,
    SetOnly,
    libc::IPPROTO_IP,
    libc::IP_MTU_DISCOVER,
    libc::c_int
);

/// Of the kernel, as the server asks for.
const BUFFER: usize = 4 << 20;
/// Messages of one system call.
const MOST_MESSAGES: usize = 64;
