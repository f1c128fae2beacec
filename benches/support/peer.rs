//! A simulated client on a real socket.

use std::{
    io::IoSliceMut,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use miso::engine::TransportHandle;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use ortc::types::IceParameters;

use super::common::{client::Client, net::credentials, rtp};

/// When each packet of the stream was sent, by sequence number.
pub struct Clock {
    sent: Vec<Duration>,
    newest: u16,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            sent: vec![Duration::ZERO; 1 << 16],
            newest: 0,
        }
    }
}

impl Clock {
    /// The sequence number sent last.
    pub fn newest(&self) -> u16 {
        self.newest
    }

    fn note(&mut self, datagram: &[u8]) {
        if is_rtp(datagram) {
            self.newest = sequence(datagram);
            self.sent[usize::from(self.newest)] = since_1970();
        }
    }
}

/// One client.
pub struct Peer {
    pub client: Client,
    pub transport: TransportHandle,
    /// It hands media to the client, which decrypts and checks it.
    pub judges: bool,
    /// Packets since [`Peer::start_counting`].
    pub received: u64,
    /// From the sender's call to the kernel's receipt, µs.
    pub delays: Vec<u32>,
    socket: UdpSocket,
    server: SocketAddr,
    /// The newest sequence number received.
    newest: u16,
    /// From the sender's sequence numbers to ours, once counting.
    offset: Option<u16>,
    control: Vec<u8>,
}

impl Peer {
    pub fn new(server: SocketAddr, ice: &IceParameters, transport: TransportHandle) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).unwrap();
        let address = socket.local_addr().unwrap();
        let random = netem::Random::new(u64::from(address.port()));
        Self {
            client: Client::new(address, credentials(ice), true, random, Instant::now()),
            transport,
            judges: false,
            received: 0,
            delays: Vec::new(),
            socket,
            server,
            newest: 0,
            offset: None,
            control: nix::cmsg_space!(nix::sys::time::TimeSpec),
        }
    }

    /// Counts from now on. `sent` is the sender's newest number, and has arrived.
    pub fn start_counting(&mut self, sent: u16) {
        self.offset = Some(self.newest.wrapping_sub(sent));
    }

    /// Sends what is due.
    pub fn send(&mut self, now: Instant, mut clock: Option<&mut Clock>) {
        self.client.handle_timeout(now);
        while let Some(bytes) = self.client.poll_transmit() {
            if let Some(clock) = &mut clock {
                clock.note(&bytes);
            }
            self.socket.send_to(&bytes, self.server).unwrap();
        }
    }

    /// Takes everything the socket has.
    pub fn receive(&mut self, clock: &Clock) {
        let mut bytes = [0; 2048];
        while let Some((length, at)) = self.receive_one(&mut bytes) {
            let datagram = &bytes[..length];
            if is_rtp(datagram) {
                self.count(datagram, at, clock);
            }
            if self.judges || !is_rtp(datagram) {
                self.client.handle_datagram(Instant::now(), datagram);
            }
        }
    }

    fn count(&mut self, datagram: &[u8], at: Duration, clock: &Clock) {
        self.newest = sequence(datagram);
        if let Some(offset) = self.offset {
            let sent = clock.sent[usize::from(self.newest.wrapping_sub(offset))];
            self.received += 1;
            self.delays.push(at.saturating_sub(sent).as_micros() as u32);
        }
    }

    /// One datagram: its length, and when the kernel had it.
    fn receive_one(&mut self, bytes: &mut [u8]) -> Option<(usize, Duration)> {
        let mut vectors = [IoSliceMut::new(bytes)];
        let message = recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut vectors,
            Some(&mut self.control),
            MsgFlags::MSG_DONTWAIT,
        );
        let message = match message {
            Ok(message) => message,
            Err(nix::Error::EAGAIN) => return None,
            Err(error) => panic!("a receiver's socket fails: {error}"),
        };
        let at = message.cmsgs().unwrap().find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        });
        Some((message.bytes, at.expect("timestamps were asked for")))
    }
}

fn is_rtp(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(128..=191)) && !rtp::is_rtcp(datagram)
}

fn sequence(datagram: &[u8]) -> u16 {
    u16::from_be_bytes([datagram[2], datagram[3]])
}

/// The clock of the kernel's timestamps.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}
