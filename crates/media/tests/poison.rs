//! Malformed packets that are properly encrypted: sent by a participant, not by a stranger.
//! The room goes on and no panic has to be caught.

use media::{ConsumerId, ProducerId};
use netem::Random;

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

/// A sender that misbehaves beside a call that does not.
struct Room {
    net: Net,
    poisoner: PeerKey,
    video: ProducerId,
    viewers: Vec<ConsumerId>,
    /// Packets sent before the poison, and seen by each viewer.
    before: (usize, Vec<usize>),
}

#[test]
fn malformed_rtp_is_dropped() {
    let mut room = Room::new(1);
    let header = |first: u8, second: u8| {
        let mut bytes = vec![first, second, 0x50, 0, 0, 0, 0, 1, 0, 0, 0, 20];
        bytes.extend([0; 20]);
        bytes
    };
    let mut shapes = vec![
        // Padding longer than the payload, of no length, and longer than the packet.
        with_last(header(0xA0, 96), 33),
        with_last(header(0xA0, 96), 0),
        with_last(header(0xA0, 96), 255),
        // Fifteen CSRCs with and without room for them.
        header(0x8F, 96),
        [header(0x8F, 96), vec![0; 60]].concat(),
        // An extension longer than the packet, and of elements that overrun it.
        [
            header(0x90, 96)[..12].to_vec(),
            vec![0xBE, 0xDE, 0xFF, 0xFF],
            vec![1; 8],
        ]
        .concat(),
        [
            header(0x90, 96)[..12].to_vec(),
            vec![0xBE, 0xDE, 0, 1],
            vec![0x4F, 1, 2, 3],
        ]
        .concat(),
        [
            header(0x90, 96)[..12].to_vec(),
            vec![0x10, 0, 0, 1],
            vec![4, 200, 2, 3],
        ]
        .concat(),
        [header(0x90, 96)[..12].to_vec(), vec![0xBE, 0xDE, 0, 0]].concat(),
        // A header and nothing else.
        header(0x80, 96)[..12].to_vec(),
        header(0xB0, 96)[..12].to_vec(),
    ];
    // RTX of no byte, of one byte, of an original number alone, of a packet never seen.
    for length in [0usize, 1, 2, 3] {
        let mut rtx = header(0x80, 97)[..12].to_vec();
        rtx[8..12].copy_from_slice(&0x1000_0014_u32.to_be_bytes());
        rtx.extend(vec![0xFF; length]);
        shapes.push(rtx);
    }
    // VP8 descriptors that end in the middle of themselves.
    for payload in [
        &[0x80][..],
        &[0x80, 0x80],
        &[0x80, 0xE0, 0x80],
        &[0x90, 0xF0, 0xFF, 0xFF, 1],
    ] {
        shapes.push([header(0x80, 96)[..12].to_vec(), payload.to_vec()].concat());
    }
    for (number, mut shape) in shapes.into_iter().enumerate() {
        shape[2..4].copy_from_slice(&(0x2000 + number as u16).to_be_bytes());
        room.send_rtp(&shape);
    }
    room.assert_unharmed();
}

#[test]
fn malformed_rtcp_is_dropped() {
    let mut room = Room::new(2);
    let shapes: Vec<Vec<u8>> = vec![
        // Length beyond the datagram; length zero; wrong version; a lone header.
        vec![0x81, 201, 0xFF, 0xFF, 0, 0, 0, 1],
        vec![0x80, 201, 0, 0],
        vec![0x00, 201, 0, 1, 0, 0, 0, 1],
        // A receiver report that announces 31 blocks and has none.
        vec![0x9F, 201, 0, 1, 0, 0, 0, 1],
        // REMB that announces 255 SSRCs and has one.
        [
            vec![0x8F, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0],
            b"REMB".to_vec(),
            vec![255, 0xFF, 0xFF, 0xFF, 0, 0, 0, 9],
        ]
        .concat(),
        // REMB of 2^63 with exponent 63.
        [
            vec![0x8F, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0],
            b"REMB".to_vec(),
            vec![1, 0xFE, 0xFF, 0xFF, 0, 0, 0, 9],
        ]
        .concat(),
        // Transport-cc: 65,535 packets in one run; the reserved symbol; deltas missing.
        vec![
            0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0, 0x3F, 0xFF, 0, 0,
        ],
        vec![
            0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0x60, 7, 0, 0,
        ],
        vec![
            0x8F, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0,
        ],
        // NACK without entries, PLI cut short, FIR with half an entry.
        vec![0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2],
        vec![0x81, 206, 0, 1, 0, 0, 0, 1],
        vec![0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9],
        // SDES whose item runs over its chunk; BYE with a reason longer than itself.
        vec![0x81, 202, 0, 2, 0, 0, 0, 1, 1, 250, b'a', 0],
        vec![0x9F, 203, 0, 2, 0, 0, 0, 1, 250, b'a', 0, 0],
        // XR with a block length beyond it; padding count beyond the packet; unknown types.
        vec![0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0xFF, 0xFF],
        vec![0xA0, 201, 0, 1, 0, 0, 0, 200],
        vec![0x80, 192, 0, 1, 0, 0, 0, 1],
        vec![0x80, 223, 0, 1, 0, 0, 0, 1],
    ];
    for shape in &shapes {
        room.send_rtcp(shape);
        let twice = [shape.clone(), shape.clone()].concat();
        room.send_rtcp(&twice);
    }
    // A compound of the most packets that fit.
    room.send_rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1].repeat(180));
    room.assert_unharmed();
}

#[test]
fn datagrams_shorter_than_their_overhead_are_dropped() {
    let mut room = Room::new(3);
    let home = room.net.client(room.poisoner).address;
    for length in 0..48usize {
        for (first, second) in [(0x80, 96), (0x80, 200), (0x90, 96), (0x8F, 96), (0xBF, 201)] {
            let mut bytes = vec![0; length];
            bytes.iter_mut().take(1).for_each(|byte| *byte = first);
            bytes
                .iter_mut()
                .skip(1)
                .take(1)
                .for_each(|byte| *byte = second);
            room.net.inject(home, &bytes);
        }
        for first in [0, 20, 22, 63, 64, 127, 192, 255] {
            room.net.inject(home, &vec![first; length]);
        }
    }
    room.assert_unharmed();
}

#[test]
fn random_packets_from_a_participant_are_survived() {
    let mut room = Room::new(4);
    let mut random = Random::new(4);
    for turn in 0..20_000u32 {
        let length = 12 + random.below(120) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next_u64() as u8).collect();
        // Mostly well-formed at the start, so that the rest is read at all.
        bytes[0] = 0x80 | (bytes[0] & if turn % 2 == 0 { 0x30 } else { 0x3F });
        if turn % 3 == 0 {
            bytes[1] = 200 + (bytes[1] % 8);
            let words = (length / 4 - 1) as u16;
            bytes[2..4].copy_from_slice(&words.to_be_bytes());
            room.send_rtcp(&bytes);
        } else {
            bytes[1] = if turn % 2 == 0 { 96 } else { 97 };
            let ssrc: u32 = if turn % 2 == 0 { 20 } else { 0x1000_0014 };
            bytes[8..12].copy_from_slice(&ssrc.to_be_bytes());
            if bytes[0] & 0x10 != 0 {
                let at = 12 + 4 * usize::from(bytes[0] & 0x0F);
                if let Some(profile) = bytes.get_mut(at..at + 4) {
                    profile.copy_from_slice(&[0xBE, 0xDE, 0, random.below(4) as u8]);
                }
            }
            room.send_rtp(&bytes);
        }
        if turn % 100 == 0 {
            room.net.run_for(MS);
        }
    }
    room.assert_unharmed();
}

impl Room {
    fn new(seed: u64) -> Self {
        let mut net = Net::new(seed);
        let (sender, poisoner) = (net.join(), net.join());
        let video = net.publish(sender, SourceSetup::vp8(10));
        let bad = net.publish(poisoner, SourceSetup::vp8(20));
        let mut viewers = Vec::new();
        for _ in 0..3 {
            let viewer = net.join();
            viewers.push(net.subscribe(viewer, video));
            let victim = net.subscribe(viewer, bad);
            // What it gets is the poisoner's business; it must only not harm the rest.
            net.sink(victim).is_judged = false;
        }
        net.subscribe(poisoner, video);
        net.run_for(2 * SECOND);
        net.source(bad).stopped = true;
        let sent = net.source(video).encodings[0].packets as usize;
        let seen = viewers.iter().map(|viewer| net.sink(*viewer).packets.len());
        let before = (sent, seen.collect());
        Self {
            net,
            poisoner,
            video,
            viewers,
            before,
        }
    }

    fn send_rtp(&mut self, plain: &[u8]) {
        self.net.client(self.poisoner).send_shape(plain, false);
    }

    fn send_rtcp(&mut self, plain: &[u8]) {
        self.net.client(self.poisoner).send_shape(plain, true);
    }

    fn assert_unharmed(&mut self) {
        self.net.run_for(3 * SECOND);
        let sent = self.net.source(self.video).encodings[0].packets as usize - self.before.0;
        for (viewer, before) in self.viewers.iter().zip(&self.before.1) {
            let sink = self.net.sink(*viewer);
            assert_eq!(
                (sink.lost(), sink.duplicates, sink.decoder.jumps),
                (vec![], 0, 0)
            );
            // Two pictures may be under way.
            assert!(sink.packets.len() - before + 4 >= sent);
        }
        self.net.assert_sound();
    }
}

fn with_last(mut bytes: Vec<u8>, last: u8) -> Vec<u8> {
    *bytes.last_mut().expect("it is not empty") = last;
    bytes
}
