//! What forwarding costs when nothing else is done: the limit that the server is compared with.
//!
//! One bare thread copies each packet for each receiver, rewrites its numbers, seals it under the
//! receiver's own key and hands everything to the kernel in batches, when the server would have to.
//! It receives nothing, looks nothing up, decides nothing and remembers nothing.

#![allow(missing_docs, clippy::unwrap_used, reason = "bench code")]

mod drain;
mod packets;
mod sender;
mod thread;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use clap::Parser;
use drain::{Received, Sink};
use packets::{Opener, Receiver, Stream};
use sender::{Pace, Sender, Sent};
use serde_json::{Value, json};

/// Copy, rewrite, seal and send, and nothing else.
#[derive(Clone, Debug, Parser)]
#[command(name = "ceiling")]
struct Options {
    /// Receivers of each room.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    receivers: u32,
    /// Rooms, each with its own receivers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rooms: u32,
    /// Streams of each room, to all its receivers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    streams: u32,
    /// Packets of each stream.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..))]
    packets_per_second: u32,
    /// Packets that come at once, and leave as segments of one message.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    burst: u32,
    /// Bytes of payload before sealing.
    #[arg(long, default_value_t = 1_100, value_parser = clap::value_parser!(u32).range(1..=1_400))]
    payload: u32,
    /// Seconds measured, after one that is not.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// No pauses: how many packets one core can seal and send at all.
    #[arg(long)]
    ramp: bool,
    /// Receivers take bursts whole (`UDP_GRO`), as a network card's receivers may.
    #[arg(long)]
    gro: bool,
    /// Messages of one system call.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=64))]
    messages: u32,
    /// The sending thread's core; the first one allowed if not said.
    #[arg(long)]
    sender_core: Option<usize>,
    /// The receivers' core; the last one allowed if not said.
    #[arg(long)]
    receiver_core: Option<usize>,
    /// Also writes the result to a file, or instead of the line to standard output (`-`).
    #[arg(long)]
    json: Option<String>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let message = options.burst as usize * packets::sealed(options.payload as usize);
    assert!(
        message <= LARGEST_MESSAGE,
        "a burst of {message} bytes is more than one message can carry"
    );
    thread::allow_many_files();
    let (sent, received) = run(&options, message);
    report(&options, &sent, &received);
}

/// Sends from this thread, in messages of so many bytes; receives in another.
fn run(options: &Options, message: usize) -> (Sent, Received) {
    let sinks: Vec<_> = (0..options.rooms * options.receivers)
        .map(|_| Sink::bind(options.gro).unwrap())
        .collect();
    let mut receivers: Vec<_> = (0..)
        .zip(&sinks)
        .map(|(seed, sink)| Receiver::new(seed, sink.address(), options.streams))
        .collect();
    let mut streams: Vec<_> = (0..options.rooms * options.streams)
        .map(|_| Stream::new(options.payload as usize, options.burst as usize))
        .collect();
    let opener = Opener::new(0, options.streams, &streams[0]);
    let stop = AtomicBool::new(false);
    let cores = thread::allowed();
    let receiver_core = options.receiver_core.unwrap_or(*cores.last().unwrap());
    std::thread::scope(|scope| {
        let draining = scope.spawn(|| {
            thread::pin(receiver_core);
            drain::until(&stop, &sinks, opener)
        });
        thread::pin(options.sender_core.unwrap_or(cores[0]));
        let mut sender = Sender::new(options.messages as usize, message, options.burst).unwrap();
        let pace = Pace {
            interval: Duration::from_secs(1) * options.burst / options.packets_per_second,
            paused: !options.ramp,
        };
        sender.run(pace, WARM_UP, &mut streams, &mut receivers);
        let measured = Duration::from_secs(options.seconds.into());
        let sent = sender.run(pace, measured, &mut streams, &mut receivers);
        stop.store(true, Ordering::Release);
        (sent, draining.join().unwrap())
    })
}

fn report(options: &Options, sent: &Sent, received: &Received) {
    let result = result(options, sent, received);
    match options.json.as_deref() {
        Some("-") => println!("{result}"),
        Some(file) => std::fs::write(file, format!("{result}\n")).unwrap(),
        None => {}
    }
    if options.json.as_deref() != Some("-") {
        let number = |name: &str| result[name].as_f64().unwrap();
        println!(
            "{} × {} receivers, bursts of {}, {} bytes: {:.3} µs CPU per forwarded packet \
             (user {:.3}, system {:.3} by ticks), {:.0} packets/s, {:.0} lost, {:.1} % of a core",
            options.rooms,
            options.receivers,
            options.burst,
            options.payload,
            number("cpu_us_per_packet"),
            number("user_us_per_packet"),
            number("system_us_per_packet"),
            number("packets_per_second"),
            number("lost"),
            number("busy_percent"),
        );
    }
}

fn result(options: &Options, sent: &Sent, received: &Received) -> Value {
    let each = |time: Duration| time.as_secs_f64() * 1e6 / sent.packets as f64;
    json!({
        "rooms": options.rooms,
        "receivers": options.receivers,
        "streams": options.streams,
        "burst": options.burst,
        "payload": options.payload,
        "gro": options.gro,
        "ramp": options.ramp,
        "seconds": sent.elapsed.as_secs_f64(),
        "forwarded": sent.packets,
        "lost": sent.ever.saturating_sub(received.packets),
        "verified": received.verified,
        "cpu_us_per_packet": each(sent.cpu),
        "user_us_per_packet": each(sent.user),
        "system_us_per_packet": each(sent.system),
        "packets_per_second": sent.packets as f64 / sent.elapsed.as_secs_f64(),
        "packets_per_cpu_second": sent.packets as f64 / sent.cpu.as_secs_f64(),
        "busy_percent": 100.0 * sent.cpu.as_secs_f64() / sent.elapsed.as_secs_f64(),
    })
}

/// Until caches and clocks have settled.
const WARM_UP: Duration = Duration::from_secs(1);
/// What an IPv4 datagram can carry, before it is cut into segments.
const LARGEST_MESSAGE: usize = 65_507;
