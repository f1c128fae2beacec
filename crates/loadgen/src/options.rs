//! What a load test is to do: the options of `miso bench`. Reads nothing but its arguments.

use std::{fmt, num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use ortc::types::MediaKind;

use crate::{
    error::BenchError,
    signaling::Target,
    traffic::payload::{MAX_SIZE, MIN_SIZE},
};

/// What to load a server with: the options of `miso bench`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "https://127.0.0.1:3000")]
    pub url: Target,

    /// Accepts any certificate; needed for a self-signed one.
    #[arg(long)]
    pub insecure: bool,

    /// Rooms, all alike.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rooms: u32,

    /// Publishers in each room.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub publishers: u32,

    /// Subscribers in each room.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub subscribers: u32,

    /// Media packets each publisher sends per second. [default: 250, audio 50]
    #[arg(long, value_name = "N")]
    pub packets_per_second: Option<NonZeroU32>,

    /// Bytes of each packet's payload. [default: 1100, audio 120]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(MIN_SIZE as i64..=MAX_SIZE as i64))]
    pub packet_size: Option<u16>,

    /// Makes each packet up to so many per cent smaller than --packet-size, at random: a frame whose
    /// packets differ cannot leave the server as one message.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    pub size_spread: f64,

    /// Packets sent back to back, as an encoder sends a frame. [default: 8, audio 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub burst: Option<u16>,

    /// Seconds that are counted; with --ramp, of each step.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub duration: Duration,

    /// Seconds between the last join and the first packet that counts.
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    pub warm_up: Duration,

    /// Three encodings named by RID; the packet rate is the best one's, the others send a half and
    /// a quarter of its bursts.
    #[arg(long, conflicts_with = "audio_only")]
    pub simulcast: bool,

    /// Opus instead of VP8.
    #[arg(long)]
    pub audio_only: bool,

    /// Share of the receivers that decrypt and verify every byte; two of each room at least.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.1, value_parser = fraction)]
    pub verify: f64,

    /// Every receiver pretends to have lost so many media packets and asks for them again; 0 asks
    /// for what is really lost.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub loss: Option<f64>,

    /// Raises the packet rate step by step, a row for each.
    #[arg(
        long,
        value_name = "FROM:TO:STEP",
        conflicts_with = "packets_per_second"
    )]
    pub ramp: Option<Ramp>,

    /// Connects transports and stays silent.
    #[arg(long, conflicts_with_all = ["ramp", "loss", "simulcast", "audio_only"])]
    pub idle: bool,

    /// Subscribers that join at the same time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub join_concurrency: u16,

    /// Receivers let the kernel coalesce datagrams (UDP_GRO), which ordinary receivers do not.
    #[arg(long)]
    pub gro: bool,

    /// The server's process, to read its CPU time and memory. [default: asked from the server, which
    /// tells on loopback]
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,

    /// Writes the result as JSON; - for standard output, instead of the table.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Packet rates to step through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// The first.
    pub from: u32,
    /// The last, at most.
    pub to: u32,
    /// From one to the next.
    pub step: u32,
}

/// What each publisher sends, defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Audio or video.
    pub(crate) kind: MediaKind,
    /// Encodings of one source.
    pub(crate) encodings: u8,
    /// Packets per second of the best encoding.
    pub(crate) packets_per_second: u32,
    /// Bytes of the largest payload.
    pub(crate) packet_size: usize,
    /// By how many bytes a payload may be smaller.
    pub(crate) size_spread: usize,
    /// Packets of a frame of the best encoding.
    pub(crate) burst: u16,
}

impl Traffic {
    /// Packets of a frame of the encoding that is `smaller` steps below the best.
    pub(crate) fn frame_packets(&self, smaller: u8) -> u16 {
        (self.burst >> smaller).max(1)
    }

    /// Bytes of a payload to send.
    pub(crate) fn next_size(&self) -> usize {
        match self.size_spread {
            0 => self.packet_size,
            spread => self.packet_size - fastrand::usize(..=spread),
        }
    }

    /// Packets per second of all encodings together, when the best sends so many.
    pub(crate) fn total_rate(&self, packets_per_second: u32) -> f64 {
        let frames = f64::from(packets_per_second) / f64::from(self.burst);
        frames * f64::from(self.all_frame_packets())
    }

    /// Packets of a frame of every encoding.
    pub(crate) fn all_frame_packets(&self) -> u32 {
        let packets = (0..self.encodings).map(|smaller| u32::from(self.frame_packets(smaller)));
        packets.sum()
    }
}

impl Options {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the option.
    pub fn validate(&self) -> Result<(), BenchError> {
        let fail = |text: &str| Err(BenchError::Options(text.to_owned()));
        if self.publishers == 0 && !self.idle {
            return fail("--publishers 0 needs --idle: nobody would send anything");
        }
        let members = u64::from(self.publishers) + u64::from(self.subscribers);
        if members * u64::from(self.rooms) > 50_000 {
            return fail("more than 50,000 peers do not fit one machine's UDP ports");
        }
        if u64::from(self.publishers) * u64::from(self.rooms) > 10_000 {
            return fail("at most 10,000 publishers");
        }
        Ok(())
    }

    /// What each publisher sends; with a ramp, at its first step.
    pub(crate) fn traffic(&self) -> Traffic {
        let (kind, rate, size, burst) = if self.audio_only {
            (MediaKind::Audio, 50, 120, 1)
        } else {
            (MediaKind::Video, 250, 1_100, 8)
        };
        let rate = self.packets_per_second.map_or(rate, NonZeroU32::get);
        let packet_size = usize::from(self.packet_size.unwrap_or(size));
        let spread = (packet_size as f64 * self.size_spread / 100.0) as usize;
        Traffic {
            kind,
            encodings: if self.simulcast { 3 } else { 1 },
            packets_per_second: self.ramp.map_or(rate, |ramp| ramp.from),
            packet_size,
            size_spread: spread.min(packet_size - MIN_SIZE),
            burst: self.burst.unwrap_or(burst),
        }
    }

    /// Which of a room's `subscribers` verify what they get: evenly spread, first and last among
    /// them.
    pub(crate) fn verifies(&self, subscriber: u32) -> bool {
        let all = u64::from(self.subscribers);
        let sampled = ((all as f64 * self.verify).round() as u64).clamp(2, all.max(2));
        (0..sampled).any(|nth| nth * all.saturating_sub(1) / (sampled - 1) == u64::from(subscriber))
    }
}

impl Ramp {
    /// The packet rates, lowest first.
    pub(crate) fn rates(self) -> impl Iterator<Item = u32> {
        (self.from..=self.to).step_by(self.step as usize)
    }
}

impl FromStr for Ramp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected FROM:TO:STEP in packets per second, as in 500:3500:500".to_owned();
        let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
        let [from, to, step] = numbers.ok_or_else(expected)?[..] else {
            return Err(expected());
        };
        let ramp = Self { from, to, step };
        if from == 0 || to < from || step == 0 || ramp.rates().count() > 1_000 {
            return Err(expected());
        }
        Ok(ramp)
    }
}

impl fmt::Display for Ramp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.from, self.to, self.step)
    }
}

fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!(
            "expected a number from {} to {}",
            range.start(),
            range.end()
        )
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 0.1..=86_400.0).map(Duration::from_secs_f64)
}

fn fraction(text: &str) -> Result<f64, String> {
    number(text, 0.0..=1.0)
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 0.0..=90.0)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn parse(words: &[&str]) -> Result<Options, clap::Error> {
        let words = std::iter::once(&"bench").chain(words);
        Line::try_parse_from(words).map(|line| line.options)
    }

    #[test]
    fn nothing_said_is_one_video_to_ten() {
        let options = parse(&[]).unwrap();
        options.validate().unwrap();
        let traffic = options.traffic();
        assert_eq!((traffic.kind, traffic.encodings), (MediaKind::Video, 1));
        assert_eq!(traffic.packets_per_second, 250);
        assert_eq!((traffic.packet_size, traffic.burst), (1_100, 8));
    }

    #[test]
    fn simulcast_sends_a_half_and_a_quarter_beside_the_best() {
        let traffic = parse(&["--simulcast"]).unwrap().traffic();
        assert_eq!(traffic.total_rate(400), 700.0);
        let single = parse(&["--simulcast", "--burst", "1"]).unwrap().traffic();
        assert_eq!(single.total_rate(100), 300.0);
    }

    #[test]
    fn audio_has_its_own_defaults() {
        let traffic = parse(&["--audio-only"]).unwrap().traffic();
        assert_eq!(traffic.packets_per_second, 50);
        assert_eq!((traffic.packet_size, traffic.burst), (120, 1));
    }

    #[test]
    fn sizes_are_spread_below_the_largest() {
        let even = parse(&[]).unwrap().traffic();
        assert_eq!(even.next_size(), 1_100);
        let uneven = parse(&["--size-spread", "50"]).unwrap().traffic();
        let sizes: Vec<_> = (0..1_000).map(|_| uneven.next_size()).collect();
        assert!(sizes.iter().all(|size| (550..=1_100).contains(size)));
        let small = |size: &&usize| **size < 825;
        assert!((300..700).contains(&sizes.iter().filter(small).count()));
        let tiny = parse(&["--packet-size", "64", "--size-spread", "50"]).unwrap();
        assert_eq!(tiny.traffic().next_size(), MIN_SIZE);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &["--packet-size", "10"][..],
            &["--size-spread", "91"],
            &["--packets-per-second", "0"],
            &["--burst", "0"],
            &["--verify", "1.5"],
            &["--loss", "-1"],
            &["--ramp", "100:50:10"],
            &["--ramp", "1:2"],
            &["--duration", "0"],
            &["--simulcast", "--audio-only"],
            &["--idle", "--loss", "2"],
            &["--ramp", "1:2:1", "--packets-per-second", "5"],
            &["--url", "ftp://x"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
        let silent = parse(&["--publishers", "0"]).unwrap();
        assert!(silent.validate().unwrap_err().is_usage());
    }

    #[test]
    fn a_ramp_ends_at_its_last_whole_step() {
        let ramp: Ramp = "500:1600:500".parse().unwrap();
        assert_eq!(ramp.rates().collect::<Vec<_>>(), [500, 1_000, 1_500]);
        assert_eq!(ramp.to_string(), "500:1600:500");
    }

    #[test]
    fn verifying_receivers_are_spread_and_include_both_ends() {
        for (all, verify, count) in [
            (1, "0.1", 1),
            (2, "0", 2),
            (10, "0.1", 2),
            (10, "1", 10),
            (11, "0.5", 6),
            (1_000, "0.1", 100),
        ] {
            let all_text = i32::to_string(&all);
            let options = parse(&["--subscribers", &all_text, "--verify", verify]).unwrap();
            let sampled: Vec<u32> = (0..all as u32).filter(|n| options.verifies(*n)).collect();
            assert_eq!(sampled.len(), count, "{all} {verify} {sampled:?}");
            assert_eq!(sampled.first(), Some(&0));
            assert_eq!(sampled.last(), Some(&(all as u32 - 1)));
        }
    }
}
