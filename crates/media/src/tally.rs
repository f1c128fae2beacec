//! Sums over a worker's whole life, for whoever measures it: what is open and what was closed,
//! together. Names no entity; nothing here is touched by a packet.
//!
//! Entities count for themselves. What one counted is added when it closes, so that a sum never
//! falls, and [`crate::Worker::tally`] adds what is open.

use ortc::types::MediaKind;

use crate::{CloseReason, IceState};

/// Upper bounds of round-trip times, seconds: a call is good below the second half.
const ROUND_TRIP_BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5];
/// Upper bounds of interarrival jitter, seconds; receivers hide a few tens of milliseconds.
const JITTER_BOUNDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25];
/// Upper bounds of shares of packets lost; from 5 % on video is seen to suffer.
const LOSS_BOUNDS: [f64; 8] = [0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
/// Upper bounds of times to the first media, seconds: within one the eye does not wait.
const FIRST_MEDIA_BOUNDS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0];

/// How often values fell between bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// Upper bounds, ascending; above the last there is one place more.
    pub bounds: &'static [f64],
    /// Values up to each bound and above the one before.
    pub counts: Vec<u64>,
    /// All values together.
    pub sum: f64,
}

impl Distribution {
    /// Nothing observed.
    #[must_use]
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    /// Adds a value.
    pub fn observe(&mut self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place] += 1;
        self.sum += value;
    }

    /// Adds what another with the same bounds observed.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
    }
}

/// Audio's and video's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByKind<T> {
    /// Audio's.
    pub audio: T,
    /// Video's.
    pub video: T,
}

impl<T> ByKind<T> {
    /// That of a kind.
    pub fn of(&mut self, kind: MediaKind) -> &mut T {
        match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        }
    }
}

/// What is open now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Open {
    /// Routers.
    pub routers: u64,
    /// Transports.
    pub transports: u64,
    /// Transports whose DTLS is connected.
    pub connected: u64,
    /// Producers.
    pub producers: ByKind<u64>,
    /// Consumers.
    pub consumers: ByKind<u64>,
}

/// What producers of a kind received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Produced {
    /// Packets, repairs not counted.
    pub packets: u64,
    /// Payload bytes.
    pub bytes: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came by retransmission only.
    pub recovered: u64,
    /// Packets clients were asked to send again.
    pub nacked: u64,
    /// Key frames.
    pub key_frames: u64,
    /// Key frames clients were asked for (PLI).
    pub key_frame_requests: u64,
}

/// What consumers of a kind sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Packets, repairs not counted.
    pub packets: u64,
    /// Payload bytes.
    pub bytes: u64,
    /// Packets sent again.
    pub retransmitted: u64,
}

/// What transports carried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carried {
    /// Datagram bytes received.
    pub bytes_received: u64,
    /// Datagram bytes sent.
    pub bytes_sent: u64,
    /// RTP packets received and authenticated.
    pub rtp_received: u64,
    /// RTP packets sent.
    pub rtp_sent: u64,
    /// Packets that failed authentication or were replayed.
    pub srtp_failures: u64,
    /// Datagrams of known clients dropped for other reasons.
    pub dropped: u64,
}

/// What clients asked for by RTCP.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// NACK messages.
    pub nack: u64,
    /// Picture loss indications.
    pub pli: u64,
    /// Full intra requests, by stream.
    pub fir: u64,
}

/// Datagrams that came to nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lost {
    /// From an address nobody had validated.
    pub unknown_tuple: u64,
    /// Of no known protocol (RFC 7983).
    pub unknown_protocol: u64,
    /// STUN that was malformed or not authentic.
    pub stun: u64,
    /// Outgoing, because the batch was full.
    pub transmit: u64,
}

/// Transports that were closed, by what it was that closed them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ended {
    /// The control side, the room, the client itself.
    pub wanted: u64,
    /// Consent expired: the client vanished.
    pub consent_expired: u64,
    /// Never connected: ICE did not get through.
    pub ice_timeout: u64,
    /// Never connected: ICE did, DTLS did not.
    pub dtls_timeout: u64,
    /// The DTLS handshake failed.
    pub dtls_failed: u64,
    /// The certificate was not the announced one.
    pub fingerprint_mismatch: u64,
    /// A panic in its work.
    pub internal: u64,
}

/// Sums over a worker's life; what is open now apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// What producers received.
    pub produced: ByKind<Produced>,
    /// What consumers sent.
    pub consumed: ByKind<Consumed>,
    /// What transports carried.
    pub carried: Carried,
    /// What clients asked for.
    pub asked: Asked,
    /// Datagrams that came to nothing.
    pub lost: Lost,
    /// Why transports were closed.
    pub ended: Ended,
    /// Panics caught inside a transport's work.
    pub panics: u64,
    /// Round-trip times to receivers, one value per report.
    pub round_trip: Distribution,
    /// Jitter of what comes in, seconds, one value per report.
    pub jitter: Distribution,
    /// Share of packets lost on their way in, one value per report.
    pub loss_in: Distribution,
    /// Share of packets lost on their way to receivers, one value per report.
    pub loss_out: Distribution,
    /// From the moment a consumer may be sent something to its first packet, seconds.
    pub first_media: ByKind<Distribution>,
}

impl Default for Tally {
    fn default() -> Self {
        let first_media = || Distribution::new(&FIRST_MEDIA_BOUNDS);
        Self {
            produced: ByKind::default(),
            consumed: ByKind::default(),
            carried: Carried::default(),
            asked: Asked::default(),
            lost: Lost::default(),
            ended: Ended::default(),
            panics: 0,
            round_trip: Distribution::new(&ROUND_TRIP_BOUNDS),
            jitter: Distribution::new(&JITTER_BOUNDS),
            loss_in: Distribution::new(&LOSS_BOUNDS),
            loss_out: Distribution::new(&LOSS_BOUNDS),
            first_media: ByKind {
                audio: first_media(),
                video: first_media(),
            },
        }
    }
}

impl Tally {
    /// Adds another's sums: those of a worker that lived here before.
    pub fn add(&mut self, other: &Self) {
        self.produced.audio.add(&other.produced.audio);
        self.produced.video.add(&other.produced.video);
        self.consumed.audio.add(&other.consumed.audio);
        self.consumed.video.add(&other.consumed.video);
        self.carried.add(&other.carried);
        self.asked.add(&other.asked);
        self.lost.add(&other.lost);
        self.ended.add(&other.ended);
        self.panics += other.panics;
        self.round_trip.add(&other.round_trip);
        self.jitter.add(&other.jitter);
        self.loss_in.add(&other.loss_in);
        self.loss_out.add(&other.loss_out);
        self.first_media.audio.add(&other.first_media.audio);
        self.first_media.video.add(&other.first_media.video);
    }
}

/// `add` for structs of counters: every field is named, so that none is forgotten.
macro_rules! sums {
    ($($name:ident { $($field:ident),+ })+) => {$(
        impl $name {
            /// Adds another's counters.
            pub fn add(&mut self, other: &Self) {
                let Self { $($field),+ } = other;
                $(self.$field += $field;)+
            }
        }
    )+};
}

sums! {
    Produced { packets, bytes, duplicates, recovered, nacked, key_frames, key_frame_requests }
    Consumed { packets, bytes, retransmitted }
    Carried { bytes_received, bytes_sent, rtp_received, rtp_sent, srtp_failures, dropped }
    Asked { nack, pli, fir }
    Lost { unknown_tuple, unknown_protocol, stun, transmit }
    Ended {
        wanted, consent_expired, ice_timeout, dtls_timeout, dtls_failed, fingerprint_mismatch,
        internal
    }
}

impl Ended {
    /// Counts a transport that was closed in this ICE state.
    pub(crate) fn count(&mut self, reason: CloseReason, ice: IceState) {
        let place = match reason {
            CloseReason::ConsentExpired => &mut self.consent_expired,
            CloseReason::ConnectTimeout if ice == IceState::New => &mut self.ice_timeout,
            CloseReason::ConnectTimeout => &mut self.dtls_timeout,
            CloseReason::DtlsFailed => &mut self.dtls_failed,
            CloseReason::FingerprintMismatch => &mut self.fingerprint_mismatch,
            CloseReason::Internal => &mut self.internal,
            CloseReason::Requested
            | CloseReason::RouterClosed
            | CloseReason::TransportClosed
            | CloseReason::ProducerClosed
            | CloseReason::DtlsClosed => &mut self.wanted,
        };
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_up_to_its_bound_and_no_further() {
        let mut times = Distribution::new(&LOSS_BOUNDS);
        for value in [0.0, 0.005, 0.006, 0.9] {
            times.observe(value);
        }
        assert_eq!(times.counts, [1, 1, 1, 0, 0, 0, 0, 0, 1]);
        let mut twice = times.clone();
        twice.add(&times);
        assert_eq!(twice.counts[0], 2);
    }

    #[test]
    fn who_never_connected_is_told_by_how_far_it_came() {
        let mut ended = Ended::default();
        ended.count(CloseReason::ConnectTimeout, IceState::New);
        ended.count(CloseReason::ConnectTimeout, IceState::Connected);
        assert_eq!((ended.ice_timeout, ended.dtls_timeout), (1, 1));
    }
}
