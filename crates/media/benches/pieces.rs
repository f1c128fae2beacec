//! What one packet costs, piece by piece, in CPU time of the thread: SRTP, RTP, STUN, NACK.

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

use std::hint::black_box;
use std::time::Duration;

use common::epoch;
use common::source::extension;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use media::benching::{self, Lookup, PROFILES, Protection, Stun};
use support::packet::{LOST, PACKET, check, consume_options, number, outgoing, packet, sealed};
use support::time::ThreadTime;

fn srtp(criterion: &mut Criterion<ThreadTime>) {
    for (index, profile) in PROFILES.iter().enumerate() {
        let mut keys = Protection::new(index);
        let (mut arena, mut sequence) = (packet(), 0);
        criterion.bench_function(&format!("protect/{profile}"), |bencher| {
            bencher.iter(|| {
                arena.truncate(PACKET);
                number(&mut arena, &mut sequence);
                keys.protect(&mut arena);
            });
        });
        let mut keys = Protection::new(index);
        criterion.bench_function(&format!("unprotect/{profile}"), |bencher| {
            let mut sequence = 0;
            keys = Protection::new(index);
            let mut sealer = Protection::new(index);
            let next = || sealed(&mut sealer, &mut sequence);
            let open = |sealed: &mut Vec<u8>| keys.unprotect(sealed);
            bencher.iter_batched_ref(next, open, BatchSize::LargeInput);
        });
    }
}

fn rtp(criterion: &mut Criterion<ThreadTime>) {
    let bytes = packet();
    criterion.bench_function("rtp/parse", |bencher| {
        bencher.iter(|| benching::parse(black_box(&bytes), extension::ABS_SEND_TIME));
    });
    let mut outgoing = outgoing();
    criterion.bench_function("rtp/build", |bencher| {
        bencher.iter(|| outgoing.build(black_box(&bytes)));
    });
    let mut copy = Vec::new();
    criterion.bench_function("rtp/copy and rewrite", |bencher| {
        bencher.iter(|| {
            copy.clear();
            outgoing.copy_and_rewrite(black_box(Duration::from_secs(5)), &mut copy);
        });
    });
}

fn stun(criterion: &mut Criterion<ThreadTime>) {
    let (request, from) = check();
    let mut session = Stun::new(epoch());
    assert!(session.handle(epoch(), from, &request) > 0, "no answer");
    criterion.bench_function("stun/request", |bencher| {
        bencher.iter(|| session.handle(epoch(), from, black_box(&request)));
    });
}

fn nack(criterion: &mut Criterion<ThreadTime>) {
    let options = consume_options();
    let sent = || Lookup::new(options.clone(), epoch());
    assert_eq!(sent().nack(epoch(), LOST), 17);
    criterion.bench_function("nack/17 packets", |bencher| {
        bencher.iter_batched_ref(sent, |sent| sent.nack(epoch(), LOST), BatchSize::LargeInput);
    });
}

criterion_group! {
    name = pieces;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = srtp, rtp, stun, nack
}
criterion_main!(pieces);
