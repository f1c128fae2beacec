//! What a packet costs in instructions: the same on any machine and under any load, but for the
//! few that a hash table's random seed decides.
//!
//! Counted by callgrind, whose processor has AES-NI and AVX2 but no AVX-512: ciphers take the path
//! they take on such a machine, and only that path's count is told. Nothing here tells time.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    unreachable_pub,
    unused_qualifications,
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
use gungraun::{library_benchmark, library_benchmark_group, main};
use media::Tuple;
use media::benching::{self, Lookup, Outgoing, Protection, Stun};
use support::packet::{self, LOST};
use support::room::{BURST, Room};

/// A picture on its way through a connected worker.
struct Picture {
    room: Room,
    packets: Vec<Vec<u8>>,
}

impl Picture {
    fn new(receivers: usize) -> Self {
        let mut room = Room::new(receivers);
        // The first pictures grow buffers that later ones find.
        for _ in 0..3 {
            let mut packets = room.next_picture();
            room.forward(&mut packets);
        }
        let packets = room.next_picture();
        assert_eq!(packets.len(), usize::from(BURST));
        Self { room, packets }
    }
}

// Eight packets in, eight for each receiver out.
#[library_benchmark]
#[bench::to_1(args = (1), setup = Picture::new)]
#[bench::to_10(args = (10), setup = Picture::new)]
#[bench::to_100(args = (100), setup = Picture::new)]
fn forward_a_picture(mut picture: Picture) -> (usize, Picture) {
    let forwarded = picture.room.forward(&mut picture.packets);
    (forwarded, picture)
}

/// Keys that have sealed one packet already, and the next.
fn to_seal(profile: usize) -> (Protection, Vec<u8>) {
    let (mut keys, mut sequence) = (Protection::new(profile), 0);
    packet::sealed(&mut keys, &mut sequence);
    let mut next = packet::packet();
    packet::number(&mut next, &mut sequence);
    next.reserve(64);
    (keys, next)
}

/// Keys that have opened one packet already, and the next.
fn to_open(profile: usize) -> (Protection, Vec<u8>) {
    let (mut sealer, mut sequence) = (Protection::new(profile), 0);
    let mut first = packet::sealed(&mut sealer, &mut sequence);
    let next = packet::sealed(&mut sealer, &mut sequence);
    let mut keys = Protection::new(profile);
    keys.unprotect(&mut first);
    (keys, next)
}

// Arguments are places in `benching::PROFILES`.
#[library_benchmark]
#[bench::aead_aes_128_gcm(args = (0), setup = to_seal)]
#[bench::aead_aes_256_gcm(args = (1), setup = to_seal)]
#[bench::aes128_cm_hmac_sha1_80(args = (2), setup = to_seal)]
fn srtp_seal((mut keys, mut arena): (Protection, Vec<u8>)) -> (Protection, Vec<u8>) {
    keys.protect(&mut arena);
    (keys, arena)
}

#[library_benchmark]
#[bench::aead_aes_128_gcm(args = (0), setup = to_open)]
#[bench::aead_aes_256_gcm(args = (1), setup = to_open)]
#[bench::aes128_cm_hmac_sha1_80(args = (2), setup = to_open)]
fn srtp_open((mut keys, mut sealed): (Protection, Vec<u8>)) -> (Protection, Vec<u8>) {
    black_box(keys.unprotect(&mut sealed));
    (keys, sealed)
}

#[library_benchmark]
#[bench::vp8(packet::packet())]
fn rtp_parse(bytes: Vec<u8>) -> Vec<u8> {
    black_box(benching::parse(black_box(&bytes), extension::ABS_SEND_TIME));
    bytes
}

/// Something that has built a packet, and that packet's bytes.
fn to_build() -> (Outgoing, Vec<u8>) {
    let (mut outgoing, mut bytes) = (packet::outgoing(), packet::packet());
    outgoing.build(&bytes);
    bytes.reserve(64);
    (outgoing, bytes)
}

// Once per received packet.
#[library_benchmark]
#[bench::vp8(to_build())]
fn rtp_build((mut outgoing, bytes): (Outgoing, Vec<u8>)) -> (Outgoing, Vec<u8>) {
    outgoing.build(black_box(&bytes));
    (outgoing, bytes)
}

// Once per receiver.
#[library_benchmark]
#[bench::vp8(to_build())]
fn rtp_copy_and_rewrite((mut outgoing, mut copy): (Outgoing, Vec<u8>)) -> (Outgoing, Vec<u8>) {
    copy.clear();
    outgoing.copy_and_rewrite(black_box(Duration::from_secs(5)), &mut copy);
    (outgoing, copy)
}

/// A session that has answered one check, and the next.
fn to_answer() -> (Stun, Vec<u8>, Tuple) {
    let (mut session, (request, from)) = (Stun::new(epoch()), packet::check());
    assert!(session.handle(epoch(), from, &request) > 0, "no answer");
    (session, request, from)
}

#[library_benchmark]
#[bench::check(to_answer())]
fn stun_request((mut session, request, from): (Stun, Vec<u8>, Tuple)) -> (Stun, Vec<u8>) {
    black_box(session.handle(epoch(), from, black_box(&request)));
    (session, request)
}

/// A consumer that has sent a second of video.
fn to_repeat() -> Lookup {
    let mut other = Lookup::new(packet::consume_options(), epoch());
    assert_eq!(other.nack(epoch(), LOST), LOST.len());
    Lookup::new(packet::consume_options(), epoch())
}

#[library_benchmark]
#[bench::of_17_packets(to_repeat())]
fn nack_lookup(mut sent: Lookup) -> Lookup {
    black_box(sent.nack(epoch(), black_box(LOST)));
    sent
}

library_benchmark_group!(name = worker, benchmarks = [forward_a_picture]);
library_benchmark_group!(name = srtp, benchmarks = [srtp_seal, srtp_open]);
library_benchmark_group!(
    name = rtp,
    benchmarks = [rtp_parse, rtp_build, rtp_copy_and_rewrite]
);
library_benchmark_group!(
    name = ice_and_rtcp,
    benchmarks = [stun_request, nack_lookup]
);
main!(library_benchmark_groups = [worker, srtp, rtp, ice_and_rtcp]);
