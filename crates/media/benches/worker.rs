//! The whole forwarding path of a worker, without sockets: one VP8 stream to N receivers.
//!
//! Prints CPU time of the thread per packet *forwarded*: what a packet in costs, divided by N.
//! Handshakes, keys and bytes are real; only the network and its clock are not.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "bench code"
)]

#[path = "../tests/common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "benches use a part of the simulated client"
)]
mod common;
#[allow(dead_code, reason = "each bench uses a part of it")]
mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::{
    room::Room,
    time::{ThreadTime, thread_time},
};

const RECEIVERS: [usize; 4] = [1, 10, 50, 200];

fn forward(criterion: &mut Criterion<ThreadTime>) {
    let mut group = criterion.benchmark_group("forward");
    group.throughput(Throughput::Elements(1));
    for receivers in RECEIVERS {
        let mut room = None;
        group.bench_function(format!("to {receivers}"), |bencher| {
            let room = room.get_or_insert_with(|| Room::new(receivers));
            bencher.iter_custom(|forwarded| measure(room, forwarded));
        });
        if let Some(mut room) = room {
            let dump = room.net.dump();
            assert_eq!((dump.panics, dump.dropped_transmit), (0, 0));
        }
    }
    group.finish();
}

/// CPU time of so many forwarded packets: measured over whole pictures and scaled.
fn measure(room: &mut Room, packets: u64) -> Duration {
    let (mut spent, mut forwarded) = (Duration::ZERO, 0);
    while forwarded < packets {
        let mut picture = room.next_picture();
        let start = thread_time();
        let count = room.forward(&mut picture);
        spent += thread_time() - start;
        assert_eq!(count, room.expected(&picture));
        forwarded += count as u64;
    }
    spent.mul_f64(packets as f64 / forwarded as f64)
}

criterion_group! {
    name = worker;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = forward
}
criterion_main!(worker);
