//! What a browser sends of one track: pictures or sound as RTP, sender reports, retransmissions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ortc::types::MediaKind;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};

use super::rtp::Rtp;
use super::vp8::{self, Piece};
use super::{Rtcp, ntp};

/// Header-extension identifiers as Chromium numbers them; the router's are different.
pub mod extension {
    pub const ABS_SEND_TIME: u8 = 2;
    pub const TRANSPORT_CC: u8 = 3;
    pub const MID: u8 = 4;
    pub const RID: u8 = 10;
    pub const REPAIRED_RID: u8 = 11;
}

/// One track.
#[derive(Clone, Debug)]
pub struct SourceSetup {
    pub kind: MediaKind,
    pub mid: &'static str,
    pub payload_type: u8,
    pub rtx_payload_type: Option<u8>,
    pub frame_interval: Duration,
    /// 1 or 3.
    pub temporal_layers: u8,
    /// Whether packets carry the MID header extension; old clients do not get it.
    pub sends_mid: bool,
    /// Whether packets are numbered for transport-wide congestion control.
    pub sends_transport_cc: bool,
    /// Whether VP8 payloads carry picture ids and layer indices.
    pub sends_picture_ids: bool,
    /// Makes key frames so far apart, without being asked.
    pub key_interval: Option<Duration>,
    pub encodings: Vec<EncodingSetup>,
}

/// One stream of a track.
#[derive(Clone, Debug)]
pub struct EncodingSetup {
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub rid: Option<&'static str>,
    pub key_packets: u8,
    pub delta_packets: u8,
    pub packet_size: usize,
    /// Of its pictures, in pixels.
    pub width: u16,
    pub first_sequence: u16,
    pub first_timestamp: u32,
    pub first_picture_id: u16,
}

/// A running track.
pub struct Source {
    pub setup: SourceSetup,
    pub encodings: Vec<Encoding>,
    start: Instant,
    next_frame: Instant,
    next_report: Instant,
    frames: u32,
    pub outgoing: VecDeque<Rtp>,
    pub outgoing_rtcp: VecDeque<Vec<Rtcp>>,
    /// Sends nothing while set.
    pub stopped: bool,
}

/// The state of one stream.
pub struct Encoding {
    setup: EncodingSetup,
    mid: Option<&'static str>,
    /// A stream that is switched off sends nothing; it comes back with a key frame.
    pub active: bool,
    key_wanted: bool,
    /// Whether a key-frame request has an effect.
    pub answers_requests: bool,
    sequence: u16,
    rtx_sequence: u16,
    picture: u32,
    picture_id: u16,
    tl0: u8,
    last_base: u32,
    /// The server has reported on the stream, so it knows its names.
    acknowledged: bool,
    /// The same of the RTX stream; libwebrtc counts them apart.
    rtx_acknowledged: bool,
    history: VecDeque<Rtp>,
    pub packets: u32,
    octets: u32,
    /// When a PLI or FIR named the stream.
    pub key_requests: Vec<Instant>,
    pub key_frames: Vec<Instant>,
    /// Sequence numbers the server asked for again, each time it did.
    pub nacked: Vec<(Instant, u16)>,
    pub retransmitted: u32,
}

impl SourceSetup {
    /// 30 pictures a second, one stream, RTX.
    pub fn vp8(ssrc: u32) -> Self {
        Self {
            kind: MediaKind::Video,
            mid: "1",
            payload_type: 96,
            rtx_payload_type: Some(97),
            frame_interval: Duration::from_micros(33_333),
            temporal_layers: 1,
            sends_mid: true,
            sends_transport_cc: false,
            sends_picture_ids: true,
            key_interval: None,
            encodings: vec![EncodingSetup::new(ssrc, None, 2)],
        }
    }

    /// Three streams named r0 (smallest) to r2, three temporal layers each.
    pub fn vp8_simulcast(first_ssrc: u32) -> Self {
        let stream = |index: u32, rid| {
            let mut setup = EncodingSetup::new(first_ssrc + index, Some(rid), index as u8 + 1);
            setup.first_timestamp = 0x1234_0000_u32.wrapping_mul(index + 3);
            setup.first_sequence = 1_000 * (index as u16 + 1);
            setup.first_picture_id = 777 * (index as u16 + 1);
            setup.width = 320 << index;
            setup
        };
        Self {
            temporal_layers: 3,
            encodings: vec![stream(0, "r0"), stream(1, "r1"), stream(2, "r2")],
            ..Self::vp8(first_ssrc)
        }
    }

    /// The same as OBS Studio lists them: r0 is the largest.
    pub fn vp8_simulcast_largest_first(first_ssrc: u32) -> Self {
        let mut setup = Self::vp8_simulcast(first_ssrc);
        for (index, encoding) in setup.encodings.iter_mut().rev().enumerate() {
            encoding.width = 320 << index;
            encoding.delta_packets = index as u8 + 1;
            encoding.key_packets = 4 * encoding.delta_packets;
        }
        setup
    }

    /// A packet every 20 ms.
    pub fn opus(ssrc: u32) -> Self {
        let mut encoding = EncodingSetup::new(ssrc, None, 1);
        encoding.packet_size = 80;
        Self {
            kind: MediaKind::Audio,
            mid: "0",
            payload_type: 111,
            rtx_payload_type: None,
            frame_interval: Duration::from_millis(20),
            temporal_layers: 1,
            sends_mid: true,
            sends_transport_cc: false,
            sends_picture_ids: true,
            key_interval: None,
            encodings: vec![encoding],
        }
    }

    pub fn clock_rate(&self) -> u32 {
        match self.kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }
}

impl EncodingSetup {
    pub fn new(ssrc: u32, rid: Option<&'static str>, delta_packets: u8) -> Self {
        Self {
            ssrc,
            rtx_ssrc: ssrc + 0x1000_0000,
            rid,
            key_packets: delta_packets * 4,
            delta_packets,
            packet_size: 1_000,
            width: 640,
            first_sequence: 4_000,
            first_timestamp: 77_000,
            first_picture_id: 100,
        }
    }
}

impl Source {
    pub fn new(setup: SourceSetup, now: Instant) -> Self {
        let mid = setup.sends_mid.then_some(setup.mid);
        let encoding = |encoding: &EncodingSetup| Encoding::new(encoding.clone(), mid);
        let encodings = setup.encodings.iter().map(encoding).collect();
        Self {
            encodings,
            start: now,
            next_frame: now,
            // libwebrtc's first report leaves early, so that streams can be aligned.
            next_report: now + Duration::from_millis(100),
            frames: 0,
            setup,
            outgoing: VecDeque::new(),
            outgoing_rtcp: VecDeque::new(),
            stopped: false,
        }
    }

    pub fn poll_timeout(&self) -> Instant {
        self.next_frame.min(self.next_report)
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        while self.next_frame <= now {
            self.send_frame(self.next_frame);
            self.next_frame += self.setup.frame_interval;
        }
        if self.next_report <= now {
            self.next_report = now + Duration::from_secs(1);
            self.send_reports(now);
        }
    }

    /// Answers a NACK as a browser does: from its history, by RTX where there is one.
    pub fn handle_nack(&mut self, now: Instant, ssrc: u32, sequences: &[u16]) {
        let rtx = self.setup.rtx_payload_type;
        let numbered = self.setup.sends_transport_cc;
        let Some(encoding) = self
            .encodings
            .iter_mut()
            .find(|each| each.setup.ssrc == ssrc)
        else {
            return;
        };
        for sequence in sequences {
            encoding.nacked.push((now, *sequence));
            if let Some(mut packet) = encoding.retransmission(*sequence, rtx) {
                if numbered {
                    packet
                        .extensions
                        .push((extension::TRANSPORT_CC, vec![0; 2]));
                }
                self.outgoing.push_back(packet);
            }
        }
    }

    pub fn handle_key_frame_request(&mut self, now: Instant, ssrc: u32) -> bool {
        let Some(encoding) = self
            .encodings
            .iter_mut()
            .find(|each| each.setup.ssrc == ssrc)
        else {
            return false;
        };
        encoding.key_requests.push(now);
        encoding.key_wanted |= encoding.answers_requests;
        true
    }

    /// The server reported on a stream: its names need not be repeated.
    pub fn handle_report(&mut self, ssrc: u32) {
        for encoding in &mut self.encodings {
            encoding.acknowledged |= encoding.setup.ssrc == ssrc;
            encoding.rtx_acknowledged |= encoding.setup.rtx_ssrc == ssrc;
        }
    }

    /// Moves the media clock of every stream.
    pub fn jump_clock(&mut self, ticks: u32) {
        for encoding in &mut self.encodings {
            let first = &mut encoding.setup.first_timestamp;
            *first = first.wrapping_add(ticks);
        }
    }

    /// Everything ever asked for by PLI or FIR, over all streams.
    pub fn key_requests(&self) -> Vec<Instant> {
        let all = self.encodings.iter().flat_map(|each| &each.key_requests);
        let mut all: Vec<Instant> = all.copied().collect();
        all.sort();
        all
    }

    fn send_frame(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        let clock_rate = u128::from(self.setup.clock_rate());
        let ticks = ((now - self.start).as_nanos() * clock_rate / 1_000_000_000) as u32;
        let temporal = match self.setup.temporal_layers {
            3 => [0, 2, 1, 2][self.frames as usize % 4],
            _ => 0,
        };
        self.frames += 1;
        for (index, encoding) in self.encodings.iter_mut().enumerate() {
            if !encoding.active {
                continue;
            }
            let frame = match self.setup.kind {
                MediaKind::Video => encoding.picture(index as u8, temporal, now, &self.setup),
                MediaKind::Audio => vec![encoding.sound()],
            };
            let timestamp = encoding.setup.first_timestamp.wrapping_add(ticks);
            let last = frame.len() - 1;
            for (place, payload) in frame.into_iter().enumerate() {
                let marker = place == last && self.setup.kind == MediaKind::Video;
                let mut packet = encoding.packet(payload, timestamp, marker, &self.setup);
                encoding.remember(&packet);
                packet.extensions.push(abs_send_time(now - self.start));
                if self.setup.sends_transport_cc {
                    // Numbered by the client, which knows all its tracks.
                    packet
                        .extensions
                        .push((extension::TRANSPORT_CC, vec![0; 2]));
                }
                self.outgoing.push_back(packet);
            }
        }
    }

    fn send_reports(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        let clock_rate = u128::from(self.setup.clock_rate());
        let ticks = ((now - self.start).as_nanos() * clock_rate / 1_000_000_000) as u32;
        for encoding in self.encodings.iter().filter(|each| each.packets > 0) {
            let report = SenderReport {
                ssrc: encoding.setup.ssrc,
                ntp_time: ntp(now),
                rtp_time: encoding.setup.first_timestamp.wrapping_add(ticks),
                packet_count: encoding.packets,
                octet_count: encoding.octets,
                ..SenderReport::default()
            };
            let name = SourceDescription {
                chunks: vec![SourceDescriptionChunk {
                    source: encoding.setup.ssrc,
                    items: vec![SourceDescriptionItem {
                        sdes_type: SdesType::SdesCname,
                        text: "cname".into(),
                    }],
                }],
            };
            self.outgoing_rtcp
                .push_back(vec![Box::new(report), Box::new(name)]);
        }
    }
}

impl Encoding {
    fn new(setup: EncodingSetup, mid: Option<&'static str>) -> Self {
        Self {
            mid,
            active: true,
            key_wanted: true,
            answers_requests: true,
            sequence: setup.first_sequence,
            rtx_sequence: setup.first_sequence ^ 0x5555,
            picture: 0,
            picture_id: setup.first_picture_id,
            tl0: 200,
            last_base: 0,
            acknowledged: false,
            rtx_acknowledged: false,
            history: VecDeque::new(),
            packets: 0,
            octets: 0,
            key_requests: Vec::new(),
            key_frames: Vec::new(),
            nacked: Vec::new(),
            retransmitted: 0,
            setup,
        }
    }

    /// Switches the stream off or on.
    pub fn set_active(&mut self, active: bool) {
        self.active = active;
        self.key_wanted |= active;
    }

    /// Leaves sequence numbers out, as a restarted sender does.
    pub fn skip_numbers(&mut self, count: u16) {
        self.sequence = self.sequence.wrapping_add(count);
        self.key_wanted = true;
    }

    pub fn ssrc(&self) -> u32 {
        self.setup.ssrc
    }

    /// The next picture's payloads.
    fn picture(
        &mut self,
        encoding: u8,
        temporal: u8,
        now: Instant,
        of: &SourceSetup,
    ) -> Vec<Vec<u8>> {
        let since = self.key_frames.last().map(|at| now - *at);
        let due = of
            .key_interval
            .zip(since)
            .is_some_and(|(due, since)| since >= due);
        let key = std::mem::take(&mut self.key_wanted) || due;
        let temporal = if key { 0 } else { temporal };
        let picture = self.picture;
        let reference = if key { picture } else { self.last_base };
        self.picture += 1;
        self.picture_id = (self.picture_id + 1) & 0x7FFF;
        if temporal == 0 {
            self.last_base = picture;
            self.tl0 = self.tl0.wrapping_add(1);
        }
        if key {
            self.key_frames.push(now);
        }
        let count = if key {
            self.setup.key_packets
        } else {
            self.setup.delta_packets
        };
        let payload = |index| {
            let piece = Piece {
                encoding,
                picture,
                reference,
                key,
                temporal,
                index,
                count,
            };
            let ids = of.sends_picture_ids.then_some((self.picture_id, self.tl0));
            vp8::encode(&piece, ids, self.setup.packet_size, self.setup.width)
        };
        (0..count).map(payload).collect()
    }

    fn sound(&mut self) -> Vec<u8> {
        self.picture += 1;
        let mut payload = self.picture.to_be_bytes().to_vec();
        payload.resize(self.setup.packet_size, self.picture as u8);
        payload
    }

    fn packet(&mut self, payload: Vec<u8>, timestamp: u32, marker: bool, of: &SourceSetup) -> Rtp {
        let packet = Rtp {
            marker,
            payload_type: of.payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.setup.ssrc,
            extensions: self.names(self.acknowledged, extension::RID),
            payload,
            padding: 0,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        self.octets += packet.payload.len() as u32;
        packet
    }

    /// MID and RID, until the server is known to have learnt them.
    fn names(&self, acknowledged: bool, rid_extension: u8) -> Vec<(u8, Vec<u8>)> {
        if acknowledged {
            return Vec::new();
        }
        let mut names = Vec::new();
        if let Some(mid) = self.mid {
            names.push((extension::MID, mid.as_bytes().to_vec()));
        }
        if let Some(rid) = self.setup.rid {
            names.push((rid_extension, rid.as_bytes().to_vec()));
        }
        names
    }

    fn remember(&mut self, packet: &Rtp) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(packet.clone());
    }

    fn retransmission(&mut self, sequence: u16, rtx_payload_type: Option<u8>) -> Option<Rtp> {
        let original = self.history.iter().find(|each| each.sequence == sequence)?;
        let Some(payload_type) = rtx_payload_type else {
            self.retransmitted += 1;
            return Some(original.clone());
        };
        let mut payload = sequence.to_be_bytes().to_vec();
        payload.extend(&original.payload);
        let packet = Rtp {
            payload_type,
            sequence: self.rtx_sequence,
            ssrc: self.setup.rtx_ssrc,
            extensions: self.names(self.rtx_acknowledged, extension::REPAIRED_RID),
            payload,
            ..*original
        };
        self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        self.retransmitted += 1;
        Some(packet)
    }
}

/// 24 bits of 6.18 fixed-point seconds.
fn abs_send_time(elapsed: Duration) -> (u8, Vec<u8>) {
    let fixed = (elapsed.as_nanos() << 18) / 1_000_000_000;
    let bytes = (fixed as u32).to_be_bytes();
    (extension::ABS_SEND_TIME, bytes[1..].to_vec())
}

/// Packets a browser can send again; about a second of video.
const HISTORY: usize = 1_024;
