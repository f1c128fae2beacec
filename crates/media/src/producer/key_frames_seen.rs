//! What the key frames of one stream tell of it: how often they come, and how large its pictures
//! are. Nothing is decided by it.

use std::time::{Duration, Instant};

use crate::rtp::{
    MediaPacket,
    codecs::{self, Codec, Resolution},
};

/// The key frames of one stream so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFramesSeen {
    count: u64,
    newest: Option<Newest>,
    interval: Option<Duration>,
    resolution: Option<Resolution>,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    at: Instant,
    sequence: u64,
    timestamp: u32,
}

impl KeyFramesSeen {
    /// A packet with which a key frame may begin. Parameter sets in packets of their own make
    /// several of them in one frame.
    pub(super) fn note(&mut self, now: Instant, codec: Codec, packet: &MediaPacket<'_>) {
        let read = || codecs::resolution(codec, packet.payload);
        if let Some(newest) = self.newest {
            if newest.timestamp == packet.timestamp {
                self.resolution = self.resolution.or_else(read);
                return;
            }
            if packet.sequence < newest.sequence {
                return;
            }
            self.interval = Some(now.saturating_duration_since(newest.at));
        }
        self.count += 1;
        self.resolution = read();
        self.newest = Some(Newest {
            at: now,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
        });
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Time between the last two.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// How many pixels its pictures have.
    pub(super) fn pixels(&self) -> Option<u64> {
        let (width, height) = self.resolution?;
        Some(u64::from(width) * u64::from(height))
    }

    /// The size of the pictures since the newest.
    pub(super) fn resolution(&self) -> Option<Resolution> {
        self.resolution
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::rtp::codecs::PayloadInfo;

    /// A key frame of 640 × 360.
    const VP8: [u8; 11] = [
        0x10, 0xB0, 0xCB, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01,
    ];

    #[allow(clippy::disallowed_methods)]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    fn note(seen: &mut KeyFramesSeen, seconds: u64, sequence: u64, timestamp: u32, payload: &[u8]) {
        let packet = MediaPacket {
            encoding: 0,
            sequence,
            timestamp,
            marker: false,
            payload_type: 96,
            info: PayloadInfo::default(),
            payload,
        };
        let now = *START + Duration::from_secs(seconds);
        seen.note(now, Codec::Vp8, &packet);
    }

    #[test]
    fn interval_is_that_of_the_last_two() {
        let mut seen = KeyFramesSeen::default();
        note(&mut seen, 1, 10, 100, &VP8);
        assert_eq!((seen.count(), seen.interval()), (1, None));
        note(&mut seen, 9, 20, 200, &VP8);
        note(&mut seen, 11, 30, 300, &VP8);
        assert_eq!(seen.interval(), Some(Duration::from_secs(2)));
        assert_eq!(seen.resolution(), Some((640, 360)));
    }

    #[test]
    fn packets_of_one_key_frame_and_late_ones_count_once() {
        let mut seen = KeyFramesSeen::default();
        note(&mut seen, 1, 10, 100, &[]);
        assert_eq!(seen.resolution(), None);
        note(&mut seen, 1, 11, 100, &VP8);
        note(&mut seen, 1, 12, 100, &[]);
        note(&mut seen, 2, 5, 50, &[]);
        assert_eq!((seen.count(), seen.resolution()), (1, Some((640, 360))));
    }

    #[test]
    fn unreadable_key_frame_has_no_size() {
        let mut seen = KeyFramesSeen::default();
        note(&mut seen, 1, 10, 100, &VP8);
        note(&mut seen, 2, 20, 200, &[]);
        assert_eq!((seen.count(), seen.resolution()), (2, None));
    }
}
