//! The result of a load test, as data; its JSON form is what `--json` writes.

use std::time::Duration;

use ortc::types::MediaKind;
use serde::Serialize;

use crate::{
    measure::{Histogram, Used},
    options::Options,
    traffic::{Errors, Gap, Harvest, RecoveryCounts},
};

/// A rate counts as reached when less than this is lost.
const REACHED_LOSS_PERCENT: f64 = 0.1;
/// A media thread that is busier distorts what it measures.
const BUSY: f64 = 0.9;
/// Publishers that send a smaller share of what they were to send are behind.
const SENT: f64 = 0.95;
/// Media threads that wait longer for a core share it with other programs.
const WAITED: f64 = 0.1;

/// The result of a load test.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was done.
    pub scenario: Scenario,
    /// How joining went.
    pub joins: Joins,
    /// One per window: one, or one per step of a ramp.
    pub rows: Vec<Row>,
    /// The highest forwarding rate with less than 0.1 % loss, of a ramp.
    pub highest_rate: Option<f64>,
    /// The server's memory.
    pub memory: Memory,
    /// Whether what came was what was sent.
    pub correctness: Correctness,
    /// What silent transports cost the server.
    pub idle: Option<Idle>,
    /// What makes the figures doubtful.
    pub warnings: Vec<String>,
}

/// What was done.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scenario {
    /// The server.
    pub url: String,
    /// Rooms.
    pub rooms: u32,
    /// Publishers of each.
    pub publishers: u32,
    /// Subscribers of each.
    pub subscribers: u32,
    /// Audio or video; nothing when everybody was silent.
    pub kind: Option<MediaKind>,
    /// Encodings of each publisher.
    pub encodings: u8,
    /// Bytes of the largest payload.
    pub packet_size: usize,
    /// By how many bytes payloads may be smaller.
    pub size_spread: usize,
    /// Packets sent back to back.
    pub burst: u16,
    /// Per cent lost on purpose.
    pub loss_percent: Option<f64>,
    /// Whether receivers let the kernel coalesce.
    pub gro: bool,
    /// Length of a window.
    pub duration_seconds: f64,
}

/// How joining went.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joins {
    /// Subscribers that joined.
    pub subscribers: u64,
    /// From opening the WebSocket to the first packet (or the connected transport), milliseconds.
    pub p50_ms: f64,
    /// The same.
    pub p99_ms: f64,
    /// The same.
    pub max_ms: f64,
    /// Time until everybody was in.
    pub seconds: f64,
    /// ICE and DTLS handshakes.
    pub handshakes: u64,
    /// The same per second.
    pub handshakes_per_second: f64,
    /// Longest silence of a receiver that was in before the others, while they joined.
    pub longest_gap_ms: Option<f64>,
    /// The part of it that the publisher is not to blame for: longest difference between the time
    /// from arrival to arrival and from sending to sending.
    pub longest_added_gap_ms: Option<f64>,
}

/// The counts of one window.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Packets each publisher was to send per second.
    pub packets_per_second: u32,
    /// Length of the window.
    pub seconds: f64,
    /// Streams received.
    pub streams: u64,
    /// Packets publishers were to send.
    pub wanted: u64,
    /// One frame of every publisher: a window may cut so many off.
    #[serde(skip)]
    pub(crate) frame: u64,
    /// Packets publishers sent.
    pub sent: u64,
    /// Packets receivers should have got.
    pub expected: u64,
    /// Packets they got, each counted once.
    pub received: u64,
    /// The difference.
    pub lost: u64,
    /// The same in per cent.
    pub lost_percent: f64,
    /// Of these: dropped by the kernel at the receivers' sockets, which is the generator's fault.
    pub dropped_by_generator: u64,
    /// Packets received per second.
    pub forwarding_rate: f64,
    /// Packets decrypted and compared byte for byte.
    pub verified: u64,
    /// From sending to the kernel's receipt, over verified packets.
    pub latency: Latency,
    /// The server's CPU time, when its process is known.
    pub server: Option<ServerCpu>,
    /// Our own.
    pub generator: Generator,
    /// What was asked for again, with `--loss`.
    pub retransmissions: Option<Retransmissions>,
}

/// A distribution, milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Half are below.
    pub p50_ms: f64,
    /// 99 % are below.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// The server's CPU time in a window.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerCpu {
    /// Seconds in user space.
    pub user_seconds: f64,
    /// Seconds in the kernel.
    pub system_seconds: f64,
    /// Seconds of the media workers' threads.
    pub media_seconds: f64,
    /// Seconds of all other threads.
    pub other_seconds: f64,
    /// Seconds the media workers' threads were ready to run while something else was on their core.
    pub media_waited_seconds: f64,
    /// Share of one core, all threads.
    pub share: f64,
    /// CPU µs per forwarded packet, all threads.
    pub micros_per_packet: Option<f64>,
    /// The same, media workers alone.
    pub media_micros_per_packet: Option<f64>,
}

/// What the generator itself used.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Generator {
    /// Share of one core its media thread used.
    pub media_thread_share: f64,
    /// Share of one core of the whole process.
    pub process_share: f64,
    /// Share of the time its media thread was ready to run while something else was on its core.
    pub media_thread_waited_share: f64,
}

/// What was asked for again.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retransmissions {
    /// Packets receivers pretended to have lost.
    pub pretended: u64,
    /// Packets asked for.
    pub asked: u64,
    /// Packets that came back.
    pub served: u64,
    /// Those of them that had to be asked for more than once.
    pub late: u64,
    /// Packets that did not.
    pub never: u64,
    /// From the first request to the packet.
    pub delay: Latency,
}

/// The server's resident memory in KiB, when its process is known.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Before anybody joined.
    pub start_kib: Option<u64>,
    /// When the first 100 receivers were in.
    pub first_receivers_kib: Option<u64>,
    /// When all were.
    pub joined_kib: Option<u64>,
    /// After the last window.
    pub end_kib: Option<u64>,
    /// Growth per receiver beyond the first 100, at the end.
    pub kib_per_receiver: Option<f64>,
    #[serde(skip)]
    pub(crate) first_receivers: Option<u64>,
    #[serde(skip)]
    pub(crate) joined: Option<u64>,
    #[serde(skip)]
    pub(crate) end: Option<u64>,
}

/// Whether what came was what was sent, from the first join to the end. Everything but `nacked` and
/// `key_frames` should be zero.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Correctness {
    /// Payloads with another byte than was sent.
    pub corrupt: u64,
    /// Packets older than one that came before, retransmissions excepted.
    pub out_of_order: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that could not be decrypted.
    pub undecryptable: u64,
    /// Pictures whose id does not follow the one before.
    pub picture_ids: u64,
    /// Times a stream's numbering or encoding changed; its window's count is not exact then.
    pub renumbered: u64,
    /// Streams of which nothing came after a window, to prove that the numbering still held.
    pub unproven: u64,
    /// Packets of streams nobody asked for.
    pub foreign: u64,
    /// Datagrams the kernel did not take from the generator.
    pub not_sent: u64,
    /// Transports and sockets that ended.
    pub failed: u64,
    /// Packets the server asked publishers for: it had lost them.
    pub nacked: u64,
    /// Key frames publishers were asked for.
    pub key_frames: u64,
    /// The first thing that went wrong, in words.
    pub first: Option<String>,
}

/// What silent transports cost the server.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Idle {
    /// Connected transports.
    pub transports: u64,
    /// Share of one core, in per cent.
    pub cpu_percent: f64,
}

/// What a session counted.
pub(crate) struct Counted {
    pub(crate) rows: Vec<Row>,
    pub(crate) joins: Joins,
    pub(crate) memory: Memory,
    pub(crate) errors: Errors,
    pub(crate) troubles: Vec<String>,
}

/// What a row needs besides the counts.
#[derive(Clone, Copy)]
pub(crate) struct RowContext {
    pub(crate) packets_per_second: u32,
    /// Of all publishers together.
    pub(crate) wanted_per_second: f64,
    /// Packets of one frame of all publishers together.
    pub(crate) frame: u64,
    pub(crate) server: Option<ServerCpu>,
    /// Our own process.
    pub(crate) own: Used,
    /// Whether receivers asked for what was missing.
    pub(crate) recovers: bool,
}

impl Report {
    pub(crate) fn new(options: &Options, counted: Counted) -> Self {
        let Counted {
            rows,
            joins,
            memory,
            errors,
            troubles,
        } = counted;
        let reached = rows
            .iter()
            .filter(|row| row.lost_percent < REACHED_LOSS_PERCENT);
        let highest = reached.map(|row| row.forwarding_rate).reduce(f64::max);
        let cpu = rows.first().and_then(|row| row.server);
        let idle = cpu.filter(|_| options.idle).map(|cpu| Idle {
            transports: joins.handshakes,
            cpu_percent: cpu.share * 100.0,
        });
        let correctness = Correctness::new(errors, &troubles);
        Self {
            scenario: Scenario::new(options),
            warnings: warnings(&rows, &correctness),
            highest_rate: highest.filter(|_| options.ramp.is_some()),
            joins,
            rows,
            memory,
            correctness,
            idle,
        }
    }

    /// As JSON, one line per member.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain structs of numbers and text have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// As a table for people.
    #[must_use]
    pub fn to_table(&self) -> String {
        crate::table::render(self)
    }
}

fn warnings(rows: &[Row], correctness: &Correctness) -> Vec<String> {
    let mut warnings = Vec::new();
    let busiest = rows
        .iter()
        .map(|row| row.generator.media_thread_share)
        .fold(0.0, f64::max);
    if busiest > BUSY {
        warnings.push(format!(
            "the generator's media thread was {:.0} % busy: it may be what limits the result",
            busiest * 100.0
        ));
    }
    let waited = |row: &Row| {
        let server = row
            .server
            .map_or(0.0, |cpu| cpu.media_waited_seconds / row.seconds);
        server.max(row.generator.media_thread_waited_share)
    };
    let waited = rows.iter().map(waited).fold(0.0, f64::max);
    if waited > WAITED {
        warnings.push(format!(
            "media threads waited {:.0} % of the time for a core: other programs were there",
            waited * 100.0
        ));
    }
    let behind = |row: &&Row| ((row.sent + row.frame) as f64) < SENT * row.wanted as f64;
    if let Some(row) = rows.iter().find(behind) {
        warnings.push(format!(
            "publishers sent {} of {} packets at {} packets/s: the generator could not keep up",
            row.sent, row.wanted, row.packets_per_second
        ));
    }
    let dropped: u64 = rows.iter().map(|row| row.dropped_by_generator).sum();
    if dropped + correctness.not_sent > 0 {
        warnings.push(format!(
            "{} datagrams were dropped by the generator, not by the server",
            dropped + correctness.not_sent
        ));
    }
    if correctness.renumbered + correctness.unproven > 0 {
        warnings.push("streams changed their numbering: counts are not exact".to_owned());
    }
    warnings
}

impl Scenario {
    fn new(options: &Options) -> Self {
        let traffic = options.traffic();
        Self {
            url: options.url.to_string(),
            rooms: options.rooms,
            publishers: options.publishers,
            subscribers: options.subscribers,
            kind: (!options.idle).then_some(traffic.kind),
            encodings: traffic.encodings,
            packet_size: traffic.packet_size,
            size_spread: traffic.size_spread,
            burst: traffic.burst,
            loss_percent: options.loss,
            gro: options.gro,
            duration_seconds: options.duration.as_secs_f64(),
        }
    }
}

impl Joins {
    pub(crate) fn new(
        times: &Histogram,
        (handshakes, joining): (u64, Duration),
        gap: Option<Gap>,
    ) -> Self {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        Self {
            subscribers: times.count(),
            p50_ms: times.quantile_ms(0.5),
            p99_ms: times.quantile_ms(0.99),
            max_ms: times.max_ms(),
            seconds: joining.as_secs_f64(),
            handshakes,
            handshakes_per_second: handshakes as f64 / joining.as_secs_f64(),
            longest_gap_ms: gap.map(|gap| millis(gap.longest)),
            longest_added_gap_ms: gap.map(|gap| millis(gap.added)),
        }
    }
}

impl Row {
    pub(crate) fn new(harvest: &Harvest, context: RowContext) -> Self {
        let seconds = harvest.window.as_secs_f64();
        let lost = harvest.expected.saturating_sub(harvest.received);
        Self {
            packets_per_second: context.packets_per_second,
            seconds,
            streams: harvest.streams,
            wanted: (context.wanted_per_second * seconds) as u64,
            frame: context.frame,
            sent: harvest.sent,
            expected: harvest.expected,
            received: harvest.received,
            lost,
            lost_percent: share(lost, harvest.expected) * 100.0,
            dropped_by_generator: harvest.dropped,
            forwarding_rate: harvest.received as f64 / seconds,
            verified: harvest.verified,
            latency: Latency::new(&harvest.latency),
            server: context.server,
            generator: Generator {
                media_thread_share: harvest.cpu.as_secs_f64() / seconds,
                process_share: context.own.total() / seconds,
                media_thread_waited_share: context.own.own_waited / seconds,
            },
            retransmissions: context
                .recovers
                .then(|| Retransmissions::new(&harvest.recovery)),
        }
    }
}

impl Latency {
    fn new(times: &Histogram) -> Self {
        Self {
            p50_ms: times.quantile_ms(0.5),
            p99_ms: times.quantile_ms(0.99),
            max_ms: times.max_ms(),
        }
    }
}

impl ServerCpu {
    pub(crate) fn new(used: Used, elapsed: Duration, packets: u64) -> Self {
        let micros = |seconds: f64| (packets > 0).then(|| seconds * 1e6 / packets as f64);
        Self {
            user_seconds: used.user,
            system_seconds: used.system,
            media_seconds: used.media,
            other_seconds: used.other,
            media_waited_seconds: used.media_waited,
            share: used.total() / elapsed.as_secs_f64(),
            micros_per_packet: micros(used.total()),
            media_micros_per_packet: micros(used.media),
        }
    }
}

impl Retransmissions {
    fn new(counts: &RecoveryCounts) -> Self {
        Self {
            pretended: counts.pretended,
            asked: counts.asked,
            served: counts.served,
            late: counts.late,
            never: counts.never,
            delay: Latency::new(&counts.delay),
        }
    }
}

impl Memory {
    pub(crate) fn at_start(bytes: Option<u64>) -> Self {
        Self {
            start_kib: bytes.map(kib),
            ..Self::default()
        }
    }

    /// What each receiver beyond the `first` ones cost.
    pub(crate) fn priced(mut self, receivers: usize, first: usize) -> Self {
        let first_ones = self.first_receivers.filter(|_| receivers > first);
        self.first_receivers_kib = first_ones.map(kib);
        self.joined_kib = self.joined.map(kib);
        self.end_kib = self.end.map(kib);
        let more = receivers.checked_sub(first).filter(|more| *more > 0);
        self.kib_per_receiver = more.and_then(|more| {
            let grown = self.end? as f64 - self.first_receivers? as f64;
            Some(grown / 1024.0 / more as f64)
        });
        self
    }
}

impl Correctness {
    fn new(errors: Errors, troubles: &[String]) -> Self {
        Self {
            corrupt: errors.corrupt,
            out_of_order: errors.out_of_order,
            duplicates: errors.duplicates,
            undecryptable: errors.undecryptable,
            picture_ids: errors.picture_ids,
            renumbered: errors.renumbered,
            unproven: errors.unproven,
            foreign: errors.foreign,
            not_sent: errors.not_sent,
            failed: errors.failed + troubles.len() as u64,
            nacked: errors.nacked,
            key_frames: errors.key_frames,
            first: errors.first.or_else(|| troubles.first().cloned()),
        }
    }

    /// Whether every packet that came was right.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.corrupt + self.out_of_order + self.duplicates + self.undecryptable == 0
            && self.picture_ids + self.renumbered + self.unproven + self.foreign == 0
            && self.not_sent + self.failed == 0
    }
}

fn kib(bytes: u64) -> u64 {
    bytes / 1024
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
