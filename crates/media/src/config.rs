//! What a worker is told at start.

use std::time::{Duration, Instant};

/// Settings of one worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The addresses handed out as ICE candidates, best first.
    pub candidates: Vec<HostCandidate>,
    /// Bounds on everything the network can make grow.
    pub limits: MediaLimits,
    /// Seeds every random choice that need not be secret-grade in tests; from the OS in production.
    pub seed: [u8; 32],
    /// A moment and its NTP timestamp (RFC 5905, 64 bits), for sender reports.
    pub ntp_epoch: (Instant, u64),
}

/// One local address, as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCandidate {
    /// An address or a host name.
    pub address: String,
    /// UDP port.
    pub port: u16,
}

/// Bounds on what the network can make a worker hold or do.
#[derive(Clone, Debug)]
pub struct MediaLimits {
    /// ICE tuples a transport remembers (mediasoup: 8).
    pub tuples_per_transport: usize,
    /// A transport without a valid check for so long is closed (RFC 7675: 30 s).
    pub consent_timeout: Duration,
    /// A transport nobody connects for so long, or whose handshake takes so long after that, is
    /// closed.
    pub connect_timeout: Duration,
    /// Handshake datagrams taken before DTLS is connected.
    pub handshake_datagrams: usize,
    /// Handshake bytes taken before DTLS is connected.
    pub handshake_bytes: usize,
    /// Packets kept for retransmission per producer stream.
    pub retransmission_packets: usize,
    /// Age after which a kept packet is not sent again.
    pub retransmission_age: Duration,
    /// Shortest time between two key-frame requests to one producer stream.
    pub key_frame_request_interval: Duration,
    /// Whether packets of nearly one length are padded to one (RFC 3550 §5.1), so that they can
    /// leave as one message where the system offloads segmentation.
    pub equalise_packets: bool,
    /// Bytes of outgoing datagrams held between two flushes.
    pub transmit_bytes: usize,
    /// Events held between two polls; beyond it score and layer events are dropped.
    pub events: usize,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            tuples_per_transport: 8,
            consent_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            // A full handshake is 10 datagrams; retransmission under 20 % loss triples that.
            handshake_datagrams: 64,
            handshake_bytes: 64 * 1024,
            // Two seconds of 4 Mb/s video.
            retransmission_packets: 1024,
            retransmission_age: Duration::from_secs(2),
            // Five requests a second at most, however many consumers ask (Jitsi's figure).
            key_frame_request_interval: Duration::from_millis(200),
            equalise_packets: true,
            transmit_bytes: 16 * 1024 * 1024,
            events: 65_536,
        }
    }
}

/// NTP timestamps (RFC 5905: seconds in the high half, fractions in the low) from monotonic time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NtpClock {
    epoch: (Instant, u64),
}

impl NtpClock {
    /// A clock that read `epoch.1` at `epoch.0`.
    pub(crate) fn new(epoch: (Instant, u64)) -> Self {
        Self { epoch }
    }

    /// The timestamp of `now`.
    pub(crate) fn at(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.epoch.0);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        self.epoch
            .1
            .wrapping_add(elapsed.as_secs() << 32)
            .wrapping_add(fraction)
    }
}
