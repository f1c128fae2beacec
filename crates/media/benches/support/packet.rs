//! One packet of a frame's middle, as a browser sends it, and what else a bench has to make.

use std::net::{Ipv4Addr, SocketAddr};

use media::{
    ConsumeOptions, ProducerId, SocketId, Tuple,
    benching::{Outgoing, Protection},
    fuzzing::ICE_CREDENTIALS,
};
use uuid::Uuid;

use crate::common::{
    SourceSetup, parameters,
    rtp::Rtp,
    source::extension,
    stun::{Credentials, binding_request},
    vp8,
};

/// Bytes of a packet before protection: what encoders cut frames into.
pub const PACKET: usize = 1_200;

pub fn packet() -> Vec<u8> {
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
    packet.payload = vp8::encode(&piece, Some((7, 7)), PACKET - header, 640);
    packet.encode()
}

/// Gives a packet the next sequence number.
pub fn number(packet: &mut [u8], sequence: &mut u16) {
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    *sequence = sequence.wrapping_add(1);
}

/// What forwards a VP8 stream to a receiver with the same header extensions.
pub fn outgoing() -> Outgoing {
    let producer = parameters::produce_options(&SourceSetup::vp8(1));
    Outgoing::new(
        &producer.rtp_parameters.header_extensions,
        &producer.router_header_extensions,
    )
}

/// A packet with the next number, sealed.
pub fn sealed(sealer: &mut Protection, sequence: &mut u16) -> Vec<u8> {
    let mut arena = packet();
    number(&mut arena, sequence);
    sealer.protect(&mut arena);
    arena
}

/// A connectivity check, and where it comes from.
pub fn check() -> (Vec<u8>, Tuple) {
    let credentials = |ufrag: &str, password: &str| Credentials {
        ufrag: ufrag.to_owned(),
        password: password.to_owned(),
    };
    let local = credentials("peer", "irrelevant");
    let remote = credentials(ICE_CREDENTIALS.0, ICE_CREDENTIALS.1);
    let from = Tuple {
        socket: SocketId(0),
        remote: SocketAddr::from((Ipv4Addr::LOCALHOST, 5_000)),
    };
    (binding_request(&local, &remote, [7; 12]), from)
}

/// How the stream is received.
pub fn consume_options() -> ConsumeOptions {
    let source = SourceSetup::vp8(1);
    parameters::consume_options(ProducerId(Uuid::nil()), &source, 7).0
}

/// One packet id and its bit mask, RFC 4585 §6.2.1.
pub const LOST: std::ops::Range<u16> = 200..217;
