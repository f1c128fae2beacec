//! The same inputs and the same seed give the same outputs (contract 7). DTLS is excepted, and with
//! it the keys: what is compared is what the clients read.

use std::time::Duration;

use netem::Config;

use super::common::{MS, Net, SECOND, SourceSetup};

/// Time since the start and a packet as a client read it.
type Trace = Vec<(Duration, u32, u64, u64, Vec<u8>)>;

#[test]
fn same_seed_gives_the_same_packets_events_and_requests() {
    assert_eq!(run(1), run(1));
}

#[test]
fn another_seed_gives_other_packets() {
    assert_ne!(run(1).0, run(2).0);
}

fn run(seed: u64) -> (Trace, Vec<String>, Vec<Duration>) {
    let mut net = Net::new(seed);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8_simulcast(10));
    let sound = net.publish(sender, SourceSetup::opus(50));
    let consumers = [net.subscribe(viewer, video), net.subscribe(viewer, sound)];
    let start = net.now;
    let bad = Config {
        loss: 0.05,
        duplicate: 0.02,
        delay: 20 * MS,
        jitter: 5 * MS,
        ..Config::default()
    };
    net.set_links(sender, bad);
    net.set_links(viewer, bad);
    net.run_for(10 * SECOND);
    let mut trace = Vec::new();
    for consumer in consumers {
        let sink = net.sink(consumer);
        for (sequence, packet) in &sink.packets {
            let at = packet.at - start;
            let payload = packet.payload.clone();
            trace.push((at, sink.setup.ssrc, *sequence, packet.timestamp, payload));
        }
    }
    let events = net.events.iter().filter(|(at, _)| *at >= start);
    let events = events
        .map(|(at, event)| format!("{:?} {event:?}", *at - start))
        .collect();
    let requests = net.source(video).key_requests();
    let requests = requests.into_iter().map(|at| at - start).collect();
    (trace, events, requests)
}
