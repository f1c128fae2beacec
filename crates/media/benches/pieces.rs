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
mod support;

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use common::rtp::Rtp;
use common::source::extension;
use common::stun::{Credentials, binding_request};
use common::{SourceSetup, epoch, parameters, vp8};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use media::benching::{self, Lookup, Outgoing, PROFILES, Protection, Stun};
use media::fuzzing::ICE_CREDENTIALS;
use media::{ProducerId, SocketId, Tuple};
use support::ThreadTime;
use uuid::Uuid;

/// Bytes of a packet before protection: what encoders cut frames into.
const PACKET: usize = 1_200;

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
            let next = || {
                let mut arena = packet();
                number(&mut arena, &mut sequence);
                sealer.protect(&mut arena);
                arena
            };
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
    let source = SourceSetup::vp8(1);
    let producer = parameters::produce_options(&source);
    let mut outgoing = Outgoing::new(
        &producer.rtp_parameters.header_extensions,
        &producer.router_header_extensions,
    );
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
    let credentials = |ufrag: &str, password: &str| Credentials {
        ufrag: ufrag.to_owned(),
        password: password.to_owned(),
    };
    let local = credentials("peer", "irrelevant");
    let remote = credentials(ICE_CREDENTIALS.0, ICE_CREDENTIALS.1);
    let request = binding_request(&local, &remote, [7; 12]);
    let from = Tuple {
        socket: SocketId(0),
        remote: SocketAddr::from((Ipv4Addr::LOCALHOST, 5_000)),
    };
    let mut session = Stun::new(epoch());
    assert!(session.handle(epoch(), from, &request) > 0, "no answer");
    criterion.bench_function("stun/request", |bencher| {
        bencher.iter(|| session.handle(epoch(), from, black_box(&request)));
    });
}

fn nack(criterion: &mut Criterion<ThreadTime>) {
    let source = SourceSetup::vp8(1);
    let (options, _) = parameters::consume_options(ProducerId(Uuid::nil()), &source, 7);
    // One packet id and its bit mask, RFC 4585 §6.2.1.
    let lost = 200..217;
    let sent = || Lookup::new(options.clone(), epoch());
    assert_eq!(sent().nack(epoch(), lost.clone()), 17);
    criterion.bench_function("nack/17 packets", |bencher| {
        bencher.iter_batched_ref(
            sent,
            |sent| sent.nack(epoch(), lost.clone()),
            BatchSize::LargeInput,
        );
    });
}

/// A packet of a frame's middle, as a browser sends it.
fn packet() -> Vec<u8> {
    let piece = vp8::Piece {
        encoding: 0,
        picture: 5,
        reference: 4,
        key: false,
        temporal: 0,
        index: 1,
        count: 8,
    };
    let mut packet = Rtp {
        payload_type: 96,
        ssrc: 1,
        extensions: vec![(extension::ABS_SEND_TIME, vec![1, 2, 3])],
        ..Rtp::default()
    };
    let header = packet.encode().len();
    packet.payload = vp8::encode(&piece, Some((7, 7)), PACKET - header);
    packet.encode()
}

/// Gives a packet the next sequence number.
fn number(packet: &mut [u8], sequence: &mut u16) {
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    *sequence = sequence.wrapping_add(1);
}

criterion_group! {
    name = pieces;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = srtp, rtp, stun, nack
}
criterion_main!(pieces);
