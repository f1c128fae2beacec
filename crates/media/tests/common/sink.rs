//! What a browser does with one track it receives: numbers packets, asks for lost ones, reports.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ortc::types::MediaKind;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::Rtcp;
use super::decoder::Decoder;
use super::rtp::{Rtp, Unwrapper};
use super::vp8::{self, Descriptor, Piece};

/// What the client was told of a consumer.
#[derive(Clone, Debug)]
pub struct SinkSetup {
    pub kind: MediaKind,
    pub ssrc: u32,
    pub rtx_ssrc: Option<u32>,
    pub payload_type: u8,
    pub rtx_payload_type: Option<u8>,
}

/// One packet, once.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub at: Instant,
    /// Unwrapped.
    pub timestamp: u64,
    pub marker: bool,
    pub payload: Vec<u8>,
    /// It came by RTX.
    pub retransmitted: bool,
    pub video: Option<(Descriptor, Piece)>,
}

/// A track being received.
pub struct Sink {
    pub setup: SinkSetup,
    /// By unwrapped sequence number.
    pub packets: BTreeMap<u64, Arrival>,
    pub decoder: Decoder,
    /// Packets that came again on the media stream.
    pub duplicates: u64,
    /// Packets that came by RTX though they had come before. The viewer may have asked for them.
    pub needless_rtx: u64,
    /// Packets on the RTX stream.
    pub rtx_packets: u64,
    /// Unwrapped sequence numbers of the RTX stream.
    pub rtx_numbers: BTreeSet<u64>,
    /// Ids of header extensions seen on any packet.
    pub extension_ids: BTreeSet<u8>,
    /// Payloads that are not as they were sent, wrong payload types, and the like.
    pub errors: Vec<String>,
    /// Sender reports: when, NTP time, RTP time.
    pub sender_reports: Vec<(Instant, u64, u32)>,
    /// Whether it asks for what is lost.
    pub sends_nack: bool,
    /// Whether it asks for a key frame when it cannot decode.
    pub sends_pli: bool,
    pub nacks_sent: u64,
    pub plis_sent: u64,
    pub said_goodbye: bool,
    /// Whether what it receives is checked.
    pub is_judged: bool,
    rtx_sequences: Unwrapper,
    sequences: Unwrapper,
    timestamps: Unwrapper,
    missing: BTreeMap<u64, Missing>,
    first: Option<u64>,
    highest: u64,
    last_pli: Option<Instant>,
    last_arrival: Option<Instant>,
    reported: (u64, u64),
}

/// A packet that has not come.
#[derive(Debug)]
struct Missing {
    next_request: Instant,
    requests: u32,
}

impl Sink {
    pub fn new(setup: SinkSetup) -> Self {
        Self {
            setup,
            packets: BTreeMap::new(),
            decoder: Decoder::default(),
            duplicates: 0,
            needless_rtx: 0,
            rtx_packets: 0,
            extension_ids: BTreeSet::new(),
            errors: Vec::new(),
            sender_reports: Vec::new(),
            sends_nack: true,
            sends_pli: true,
            nacks_sent: 0,
            plis_sent: 0,
            said_goodbye: false,
            is_judged: true,
            rtx_numbers: BTreeSet::new(),
            rtx_sequences: Unwrapper::default(),
            sequences: Unwrapper::default(),
            timestamps: Unwrapper::default(),
            missing: BTreeMap::new(),
            first: None,
            highest: 0,
            last_pli: None,
            last_arrival: None,
            reported: (0, 0),
        }
    }

    /// Whether a packet with this SSRC is for this sink.
    pub fn owns(&self, ssrc: u32) -> bool {
        ssrc == self.setup.ssrc || Some(ssrc) == self.setup.rtx_ssrc
    }

    pub fn handle_rtp(&mut self, now: Instant, packet: &Rtp) {
        self.last_arrival = Some(now);
        let ids = packet.extensions.iter().map(|(id, _)| *id);
        self.extension_ids.extend(ids);
        let retransmitted = packet.ssrc != self.setup.ssrc;
        let expected = if retransmitted {
            self.setup.rtx_payload_type
        } else {
            Some(self.setup.payload_type)
        };
        if Some(packet.payload_type) != expected {
            self.errors
                .push(format!("payload type {}", packet.payload_type));
            return;
        }
        if !retransmitted {
            self.handle_media(now, packet.sequence, packet, &packet.payload, false);
            return;
        }
        self.rtx_packets += 1;
        if !self
            .rtx_numbers
            .insert(self.rtx_sequences.sequence(packet.sequence))
        {
            self.errors
                .push(format!("RTX number {} again", packet.sequence));
        }
        // An RTX packet without an original is padding (a bandwidth probe).
        if let Some((original, payload)) = packet.payload.split_at_checked(2) {
            let sequence = u16::from_be_bytes([original[0], original[1]]);
            self.handle_media(now, sequence, packet, payload, true);
        }
    }

    pub fn handle_sender_report(&mut self, now: Instant, ntp: u64, rtp: u32) {
        self.sender_reports.push((now, ntp, rtp));
    }

    /// Sequence numbers between the first and the highest that never came.
    pub fn lost(&self) -> Vec<u64> {
        let Some(first) = self.first else {
            return Vec::new();
        };
        (first..=self.highest)
            .filter(|sequence| !self.packets.contains_key(sequence))
            .collect()
    }

    /// The pictures, oldest first.
    pub fn pictures(&self) -> &[super::decoder::Picture] {
        &self.decoder.pictures
    }

    /// Everything that may never happen, whatever the network does.
    pub fn assert_sound(&self) {
        if !self.is_judged {
            return;
        }
        assert!(self.errors.is_empty(), "{:?}", self.errors);
        assert!(self.decoder.errors.is_empty(), "{:?}", self.decoder.errors);
        self.decoder.assert_continuous();
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let request = |missing: &Missing| missing.next_request;
        self.missing.values().map(request).min()
    }

    /// Feedback that is due.
    pub fn poll_feedback(&mut self, now: Instant, own_ssrc: u32) -> Vec<Rtcp> {
        let mut feedback: Vec<Rtcp> = Vec::new();
        let due = self.due_requests(now);
        if !due.is_empty() && self.sends_nack {
            self.nacks_sent += due.len() as u64;
            let mut numbers: Vec<u16> = due.iter().map(|sequence| *sequence as u16).collect();
            numbers.sort_unstable();
            feedback.push(Box::new(TransportLayerNack {
                sender_ssrc: own_ssrc,
                media_ssrc: self.setup.ssrc,
                nacks: nack_pairs_from_sequence_numbers(&numbers),
            }));
        }
        if self.wants_key_frame(now) {
            self.last_pli = Some(now);
            self.plis_sent += 1;
            feedback.push(Box::new(PictureLossIndication {
                sender_ssrc: own_ssrc,
                media_ssrc: self.setup.ssrc,
            }));
        }
        feedback
    }

    /// A receiver report's block on this stream (RFC 3550 §6.4.1).
    pub fn report(&mut self, now: Instant) -> Option<ReceptionReport> {
        let expected = self.highest + 1 - self.first?;
        let received = self.packets.len() as u64;
        let (expected_before, received_before) = self.reported;
        self.reported = (expected, received);
        let interval = expected - expected_before;
        let lost = interval.saturating_sub(received - received_before);
        let fraction_lost = (lost * 256).checked_div(interval).unwrap_or(0).min(255);
        let last = self.sender_reports.last();
        let delay = last.map_or(0, |(at, _, _)| {
            ((now - *at).as_nanos() * 65_536 / 1_000_000_000) as u32
        });
        Some(ReceptionReport {
            ssrc: self.setup.ssrc,
            fraction_lost: fraction_lost as u8,
            total_lost: (expected - received.min(expected)) as u32,
            last_sequence_number: self.highest as u32,
            jitter: 0,
            last_sender_report: last.map_or(0, |(_, ntp, _)| (ntp >> 16) as u32),
            delay,
        })
    }

    fn handle_media(
        &mut self,
        now: Instant,
        sequence: u16,
        packet: &Rtp,
        payload: &[u8],
        retransmitted: bool,
    ) {
        let sequence = self.sequences.sequence(sequence);
        let timestamp = self.timestamps.timestamp(packet.timestamp);
        if self.packets.contains_key(&sequence) {
            self.duplicates += u64::from(!retransmitted);
            self.needless_rtx += u64::from(retransmitted);
            return;
        }
        let video = self.read_video(sequence, payload);
        let arrival = Arrival {
            at: now,
            timestamp,
            marker: packet.marker,
            payload: payload.to_vec(),
            retransmitted,
            video,
        };
        self.packets.insert(sequence, arrival);
        self.note_gap(now, sequence);
        if self.setup.kind == MediaKind::Video {
            self.decoder.handle_arrival(now, sequence, &self.packets);
        }
    }

    fn read_video(&mut self, sequence: u64, payload: &[u8]) -> Option<(Descriptor, Piece)> {
        if self.setup.kind != MediaKind::Video {
            return None;
        }
        match vp8::decode(payload) {
            Ok(video) => Some(video),
            Err(error) => {
                self.errors.push(format!("sequence {sequence}: {error}"));
                None
            }
        }
    }

    fn note_gap(&mut self, now: Instant, sequence: u64) {
        self.missing.remove(&sequence);
        let Some(first) = self.first else {
            self.first = Some(sequence);
            self.highest = sequence;
            return;
        };
        self.first = Some(first.min(sequence));
        for lost in (self.highest + 1..sequence).take(MOST_MISSING) {
            let missing = Missing {
                next_request: now,
                requests: 0,
            };
            self.missing.insert(lost, missing);
        }
        self.highest = self.highest.max(sequence);
    }

    fn due_requests(&mut self, now: Instant) -> Vec<u64> {
        let mut due = Vec::new();
        for (sequence, missing) in &mut self.missing {
            if missing.next_request <= now {
                missing.requests += 1;
                missing.next_request = now + NACK_INTERVAL;
                due.push(*sequence);
            }
        }
        self.missing
            .retain(|_, missing| missing.requests < NACK_TRIES);
        due
    }

    fn wants_key_frame(&self, now: Instant) -> bool {
        let video = self.setup.kind == MediaKind::Video && self.sends_pli;
        let arriving = self.last_arrival.is_some_and(|at| now - at < STALL);
        let since = |at: Option<Instant>| at.map_or(STALL, |at| now - at);
        let last_picture = self.decoder.pictures.last().map(|picture| picture.at);
        video
            && arriving
            && self.decoder.is_stuck(self.highest)
            && since(last_picture) >= STALL
            && since(self.last_pli) >= STALL
    }
}

const MOST_MISSING: usize = 1_000;
/// libwebrtc asks again after a round trip; the tests' longest is 40 ms.
const NACK_INTERVAL: Duration = Duration::from_millis(50);
const NACK_TRIES: u32 = 10;
/// libwebrtc waits 200 ms for a decodable picture before it asks for a key frame.
const STALL: Duration = Duration::from_millis(200);
