//! Opus and VP8 as RTP packets, each with a payload of its own, for a peer to send.

use bytes::Bytes;
use ortc::types::MediaKind;
use rtc::rtp;

use super::web_rtc_peer::{OPUS, VP8};

/// One source. Its sequence numbers and timestamps wrap soon after the start.
#[derive(Debug)]
pub(crate) struct RtpSource {
    /// Audio or video.
    pub(crate) kind: MediaKind,
    /// Its stream.
    pub(crate) ssrc: u32,
    /// Its retransmissions' stream.
    pub(crate) rtx: Option<u32>,
    /// The next packet's timestamp.
    pub(crate) timestamp: u32,
    sequence: u16,
    picture: u16,
}

/// A payload, taken apart.
#[derive(Debug)]
pub(crate) struct Content {
    /// The picture's number, which a router may change; 0 in sound.
    pub(crate) picture: u16,
    /// The rest, which it may not.
    pub(crate) body: Bytes,
}

/// RTP ticks between two frames of 20 ms of sound, or of pictures 30 times a second.
const fn frame_ticks(kind: MediaKind) -> u32 {
    match kind {
        MediaKind::Audio => 960,
        MediaKind::Video => 3000,
    }
}

/// Packets a picture is cut into.
const PIECES: usize = 3;

impl RtpSource {
    /// A stream of Opus.
    pub(crate) fn audio(ssrc: u32) -> Self {
        Self {
            kind: MediaKind::Audio,
            ssrc,
            rtx: None,
            timestamp: u32::MAX - 10 * frame_ticks(MediaKind::Audio),
            sequence: u16::MAX - 20,
            picture: 0,
        }
    }

    /// A stream of VP8 with its RTX.
    pub(crate) fn video(ssrc: u32, rtx: u32) -> Self {
        Self {
            kind: MediaKind::Video,
            ssrc,
            rtx: Some(rtx),
            timestamp: u32::MAX - 10 * frame_ticks(MediaKind::Video),
            sequence: u16::MAX - 20,
            picture: 0x7FF8,
        }
    }

    /// The packets of `count` frames, the first of them a key frame or not.
    pub(crate) fn frames(&mut self, count: usize, key: bool) -> Vec<rtp::Packet> {
        let frames = 0..count;
        frames.flat_map(|n| self.frame(key && n == 0)).collect()
    }

    /// What a payload of this source says.
    pub(crate) fn content(&self, payload: &Bytes) -> Content {
        match self.kind {
            MediaKind::Audio => Content {
                picture: 0,
                body: payload.clone(),
            },
            MediaKind::Video => Content {
                picture: u16::from_be_bytes([payload[2], payload[3]]) & 0x7FFF,
                body: payload.slice(4..),
            },
        }
    }

    fn frame(&mut self, key: bool) -> Vec<rtp::Packet> {
        match self.kind {
            MediaKind::Audio => {
                let payload = self.payload(&[0x78], 80);
                vec![self.packet(payload, true)]
            }
            MediaKind::Video => {
                let piece = |n| {
                    let head = vp8_head(self.picture, n == 0, key);
                    let payload = self.payload(&head, 900 + 100 * n);
                    self.packet(payload, n == PIECES - 1)
                };
                (0..PIECES).map(piece).collect()
            }
        }
    }

    fn packet(&mut self, payload: Bytes, last: bool) -> rtp::Packet {
        let packet = rtp::Packet {
            header: rtp::Header {
                version: 2,
                marker: last,
                payload_type: match self.kind {
                    MediaKind::Audio => OPUS,
                    MediaKind::Video => VP8,
                },
                sequence_number: self.sequence,
                timestamp: self.timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            },
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        if last {
            self.timestamp = self.timestamp.wrapping_add(frame_ticks(self.kind));
            self.picture = (self.picture + 1) & 0x7FFF;
        }
        packet
    }

    /// `head`, then bytes that no other packet of this source has.
    fn payload(&self, head: &[u8], length: usize) -> Bytes {
        let mark = [self.ssrc.to_be_bytes(), self.timestamp.to_be_bytes()].concat();
        let tail = (0..length).map(|n| (n as u8) ^ (self.sequence as u8));
        let sequence = self.sequence.to_be_bytes();
        head.iter()
            .copied()
            .chain(mark)
            .chain(sequence)
            .chain(tail)
            .collect()
    }
}

/// A VP8 payload descriptor with a picture id of 15 bits, and the frame tag if a frame starts
/// (RFC 7741 §4.2, RFC 6386 §9.1).
fn vp8_head(picture: u16, start: bool, key: bool) -> Vec<u8> {
    let [high, low] = (0x8000 | picture).to_be_bytes();
    let mut head = vec![0x80 | u8::from(start) << 4, 0x80, high, low];
    if start {
        head.extend([0x10 | u8::from(!key), 0x02, 0x00]);
        if key {
            head.extend([0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]);
        }
    }
    head
}
