//! A source: frames at an even pace, every packet numbered and stamped, key frames on request,
//! sender reports. Encodes nothing.

use std::time::{Duration, Instant};

use media::client::{
    ClientTransport,
    rtcp::{self, Incoming, SenderReport},
};
use ortc::types::MediaKind;

use super::{
    clock::{Clock, ntp, since_1970},
    command::SourceSetup,
    harvest::Errors,
    header::Outgoing,
    payload::Stamp,
    socket::Outbox,
    window::Windows,
};
use crate::parameters::{MID, RIDS, extension};

/// Time between two sender reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Frames later than this are left out: the machine cannot keep up, and catching up would be a
/// burst nobody asked for.
const MAX_BEHIND: Duration = Duration::from_millis(250);
/// RTP clock of video and of Opus.
const VIDEO_CLOCK: f64 = 90_000.0;
const AUDIO_CLOCK: f64 = 48_000.0;

/// One publisher's media.
#[derive(Debug)]
pub(crate) struct Publisher {
    setup: SourceSetup,
    encodings: Vec<Encoding>,
    next_frame: Instant,
    next_report: Instant,
    wide_sequence: u16,
    started: Instant,
}

#[derive(Debug)]
struct Encoding {
    number: u8,
    ssrc: u32,
    sequence: u16,
    /// Timestamps start at random (RFC 3550 §5.1).
    first_timestamp: u32,
    timestamp: u32,
    index: u64,
    picture: u32,
    frame_packets: u16,
    wants_key_frame: bool,
    packets: u32,
    octets: u32,
    /// Where the window began.
    mark: u64,
}

/// What sending needs besides the publisher.
pub(crate) struct Sending<'a> {
    /// Its keys.
    pub(crate) transport: &'a mut ClientTransport,
    /// Where packets go.
    pub(crate) outbox: &'a mut Outbox,
    /// Relates the clocks.
    pub(crate) clock: &'a Clock,
}

impl Publisher {
    /// A source that sends its first frame soon.
    pub(crate) fn new(setup: SourceSetup, now: Instant) -> Self {
        let traffic = setup.traffic;
        let encoding = |(number, ssrc): (usize, &u32)| {
            // The best sends whole frames, each smaller one half of the next.
            let smaller = traffic.encodings - 1 - number as u8;
            Encoding {
                number: number as u8,
                ssrc: *ssrc,
                sequence: fastrand::u16(..0x8000),
                first_timestamp: fastrand::u32(..),
                timestamp: 0,
                index: 0,
                picture: 0,
                frame_packets: traffic.frame_packets(smaller),
                wants_key_frame: true,
                packets: 0,
                octets: 0,
                mark: 0,
            }
        };
        let encodings = setup.ssrcs.iter().enumerate().map(encoding).collect();
        let mut publisher = Self {
            encodings,
            next_frame: now,
            next_report: now + REPORT_INTERVAL,
            wide_sequence: fastrand::u16(..),
            started: now,
            setup,
        };
        publisher.next_frame += publisher.frame_interval().mul_f64(publisher.setup.phase);
        publisher
    }

    /// Sends so many packets per second from now on.
    pub(crate) fn set_rate(&mut self, packets_per_second: u32) {
        self.setup.traffic.packets_per_second = packets_per_second;
    }

    /// When the next frame is due.
    pub(crate) fn next_frame(&self) -> Instant {
        self.next_frame
    }

    /// When something else is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        self.next_report
    }

    /// Writes the frames that are due into the outbox.
    pub(crate) fn send_frames(&mut self, now: Instant, sending: &mut Sending<'_>) {
        if now.saturating_duration_since(self.next_frame) > MAX_BEHIND {
            self.next_frame = now;
        }
        while self.next_frame <= now {
            let elapsed = self.next_frame.saturating_duration_since(self.started);
            for nth in 0..self.encodings.len() {
                self.send_frame(nth, elapsed, sending);
            }
            self.next_frame += self.frame_interval();
        }
    }

    /// Writes sender reports that are due.
    pub(crate) fn report(&mut self, now: Instant, sending: &mut Sending<'_>) {
        if self.next_report > now {
            return;
        }
        self.next_report = now + REPORT_INTERVAL;
        for encoding in &self.encodings {
            let report = SenderReport {
                ssrc: encoding.ssrc,
                ntp: ntp(since_1970()),
                rtp_timestamp: encoding.timestamp,
                packets: encoding.packets,
                octets: encoding.octets,
            };
            sending.outbox.write(|arena, start| {
                rtcp::sender_report(arena, &report, &self.setup.cname);
                sending.transport.seal_rtcp(arena, start)
            });
        }
    }

    /// Acts on what the server asks.
    pub(crate) fn handle_rtcp(&mut self, incoming: Incoming, errors: &mut Errors) {
        match incoming {
            Incoming::KeyFrameRequest { ssrc } => {
                errors.key_frames += 1;
                let asked = self
                    .encodings
                    .iter_mut()
                    .find(|encoding| encoding.ssrc == ssrc);
                if let Some(encoding) = asked {
                    encoding.wants_key_frame = true;
                }
            }
            Incoming::Nack { packets, .. } => errors.nacked += packets as u64,
            Incoming::SenderReport { .. } => {}
        }
    }

    /// What is sent from now on counts.
    pub(crate) fn begin(&mut self, windows: &mut Windows) {
        for encoding in &mut self.encodings {
            encoding.mark = encoding.index;
            windows.begin(self.setup.publisher, encoding.number, encoding.index);
        }
    }

    /// What is sent from now on does not; returns how many packets counted.
    pub(crate) fn end(&mut self, windows: &mut Windows) -> u64 {
        let mut sent = 0;
        for encoding in &self.encodings {
            sent += encoding.index - encoding.mark;
            windows.end(self.setup.publisher, encoding.number, encoding.index);
        }
        sent
    }

    fn frame_interval(&self) -> Duration {
        let traffic = &self.setup.traffic;
        Duration::from_secs_f64(f64::from(traffic.burst) / f64::from(traffic.packets_per_second))
    }

    fn send_frame(&mut self, nth: usize, elapsed: Duration, sending: &mut Sending<'_>) {
        let kind = self.setup.traffic.kind;
        let rate = if kind == MediaKind::Audio {
            AUDIO_CLOCK
        } else {
            VIDEO_CLOCK
        };
        let base = (elapsed.as_secs_f64() * rate) as u64 as u32;
        let encoding = &mut self.encodings[nth];
        encoding.timestamp = encoding.first_timestamp.wrapping_add(base);
        let key = std::mem::take(&mut encoding.wants_key_frame);
        for packet in 0..self.encodings[nth].frame_packets {
            self.send_packet(nth, (packet, key), sending);
        }
        let encoding = &mut self.encodings[nth];
        encoding.picture = encoding.picture.wrapping_add(1);
    }

    fn send_packet(&mut self, nth: usize, (packet, key): (u16, bool), sending: &mut Sending<'_>) {
        let encoding = &mut self.encodings[nth];
        let traffic = &self.setup.traffic;
        let wide = self.wide_sequence.to_be_bytes();
        let send_time = abs_send_time(sending.clock.elapsed(Instant::now()));
        let rid = RIDS[nth].as_bytes();
        let elements = [
            (extension::MID, MID.as_bytes()),
            (extension::ABS_SEND_TIME, &send_time),
            (extension::TRANSPORT_CC, &wide),
            (extension::RID, rid),
        ];
        // A single encoding is known by its SSRC.
        let count = if traffic.encodings > 1 { 4 } else { 3 };
        let header = Outgoing {
            payload_type: self.setup.payload_type,
            marker: traffic.kind == MediaKind::Video && packet + 1 == encoding.frame_packets,
            sequence: encoding.sequence,
            timestamp: encoding.timestamp,
            ssrc: encoding.ssrc,
            elements: &elements[..count],
        };
        let stamp = Stamp {
            publisher: self.setup.publisher,
            encoding: encoding.number,
            index: encoding.index,
            picture: encoding.picture,
            key,
            start: packet == 0,
            sent: since_1970(),
        };
        let size = traffic.next_size();
        sending.outbox.write(|arena, start| {
            header.write(arena);
            stamp.write(traffic.kind, size, arena);
            sending.transport.seal_rtp(arena, start)
        });
        encoding.sequence = encoding.sequence.wrapping_add(1);
        encoding.index += 1;
        encoding.packets = encoding.packets.wrapping_add(1);
        encoding.octets = encoding.octets.wrapping_add(size as u32);
        self.wide_sequence = self.wide_sequence.wrapping_add(1);
    }
}

/// 24 bits, 6.18 seconds.
fn abs_send_time(elapsed: Duration) -> [u8; 3] {
    let units = (elapsed.as_micros() << 18) / 1_000_000;
    let [_, a, b, c] = (units as u32).to_be_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_times_wrap_after_64_seconds() {
        assert_eq!(abs_send_time(Duration::from_secs(1)), [0x04, 0, 0]);
        assert_eq!(abs_send_time(Duration::from_secs(64)), [0, 0, 0]);
        assert_eq!(abs_send_time(Duration::from_millis(500)), [0x02, 0, 0]);
    }
}
