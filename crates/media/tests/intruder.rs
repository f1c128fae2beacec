//! Packets nobody may send: replays, other people's streams, strangers, floods.

use std::net::{Ipv4Addr, SocketAddr};

use media::CommandError;
use netem::{Config, Random};
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};
use rtc_stun::attributes::AttrType;

use super::common::rtp::Rtp;
use super::common::stun::{self, Credentials};
use super::common::{MS, Net, SECOND, SourceSetup, vp8};

#[test]
fn replayed_packets_are_not_forwarded() {
    let mut net = Net::new(1);
    let (sender, viewer) = (net.join(), net.join());
    let mut setup = SourceSetup::vp8(10);
    setup.encodings[0].first_sequence = 65_000;
    let video = net.publish(sender, setup);
    let seen = net.subscribe(viewer, video);
    net.client(sender).sent_log = Some(Vec::new());
    net.run_for(20 * SECOND);
    let log = net.client(sender).sent_log.take().expect("it was kept");
    assert!(log.len() > 1_000);
    net.source(video).stopped = true;
    net.run_for(SECOND);
    let forwarded = net.sink(seen).packets.len();
    let before = net.dump().routers[0].transports[0].stats.srtp_failures;
    let home = net.client(sender).address;
    for datagram in &log {
        net.inject(home, datagram);
    }
    net.run_for(SECOND);
    let sink = net.sink(seen);
    assert_eq!((sink.packets.len(), sink.duplicates), (forwarded, 0));
    let failures = net.dump().routers[0].transports[0].stats.srtp_failures - before;
    assert_eq!(failures, log.len() as u64);
    // The stream itself goes on.
    net.source(video).stopped = false;
    net.run_for(SECOND);
    assert!(net.sink(seen).packets.len() > forwarded);
    net.assert_sound();
}

#[test]
fn nobody_can_send_with_another_clients_ssrc() {
    let mut net = Net::new(2);
    let (alice, mallory, viewer) = (net.join(), net.join(), net.join());
    let video = net.publish(alice, SourceSetup::vp8(10));
    let own = net.publish(mallory, SourceSetup::opus(20));
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let (before, expected) = (
        net.sink(seen).packets.len(),
        net.source(video).encodings[0].packets,
    );
    for sequence in 0..200 {
        let forged = forged(10, 4_000 + sequence).encode();
        net.client(mallory).send_raw_rtp(&forged);
    }
    net.run_for(SECOND);
    let sent = net.source(video).encodings[0].packets - expected;
    let sink = net.sink(seen);
    assert!(sink.packets.len() - before <= sent as usize + 3);
    assert_eq!(sink.duplicates, 0);
    let stats = net.dump().routers[0].transports[mallory.0].stats.clone();
    assert!(stats.dropped >= 200, "{stats:?}");
    let _ = own;
    net.assert_sound();
}

#[test]
fn a_stream_can_be_announced_only_once_per_transport() {
    let mut net = Net::new(3);
    let (alice, bob) = (net.join(), net.join());
    net.publish(alice, SourceSetup::vp8(10));
    let again = media::ProducerId(net.fresh_id());
    let result = net.try_produce(alice, again, &SourceSetup::vp8(10));
    assert!(
        matches!(result, Err(CommandError::StreamInUse(_))),
        "{result:?}"
    );
    // On another transport the number means another stream.
    net.publish(bob, SourceSetup::vp8(10));
    assert_eq!(net.dump().routers[0].producers.len(), 2);
}

#[test]
fn ssrcs_nobody_announced_are_dropped_and_not_remembered() {
    let mut net = Net::new(4);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8_simulcast(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let ssrcs = net.dump().routers[0].transports[0].ssrcs;
    for ssrc in 0..2_000u32 {
        let mut packet = forged(0x5000_0000 + ssrc, 1);
        if ssrc % 2 == 0 {
            packet.extensions = vec![(4, b"1".to_vec()), (10, b"r1".to_vec())];
        }
        let bytes = packet.encode();
        net.client(sender).send_raw_rtp(&bytes);
    }
    net.run_for(2 * SECOND);
    let dump = net.dump();
    let now = dump.routers[0].transports[0].ssrcs;
    // At most the RTX streams, which have not been seen yet, can be taken for unknown ones.
    assert!(now <= ssrcs + 64, "{ssrcs} → {now}");
    assert!(dump.routers[0].transports[0].stats.dropped >= 1_900);
    assert_eq!(net.sink(seen).lost(), [0_u64; 0]);
    net.assert_sound();
}

#[test]
fn forged_packets_cost_nothing_and_change_nothing() {
    let mut net = Net::new(5);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let home = net.client(sender).address;
    let mut random = Random::new(5);
    for _ in 0..20_000 {
        let mut packet = forged(random.next_u64() as u32, random.next_u64() as u16);
        packet.payload_type = random.below(128) as u8;
        net.inject(home, &packet.encode());
    }
    // The announced SSRC with far-away sequence numbers must not move the roll-over counter.
    for sequence in (0..=u16::MAX).step_by(17) {
        net.inject(home, &forged(10, sequence).encode());
    }
    net.run_for(2 * SECOND);
    let dump = net.dump();
    assert_eq!(dump.routers[0].transports[0].ssrcs, 2);
    let sink = net.sink(seen);
    assert_eq!((sink.lost(), sink.duplicates), (vec![], 0));
    assert!(sink.pictures().len() > 85);
    net.assert_sound();
}

#[test]
fn media_before_produce_and_unknown_payload_types_are_dropped() {
    let mut net = Net::new(6);
    let (sender, viewer) = (net.join(), net.join());
    for sequence in 0..50 {
        let bytes = forged(10, sequence).encode();
        net.client(sender).send_raw_rtp(&bytes);
    }
    net.run_for(200 * MS);
    assert!(net.dump().routers[0].transports[0].stats.dropped >= 50);
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    // On the announced RTX stream, whose numbers are free.
    for sequence in 0..50 {
        let mut packet = forged(0x1000_000A, sequence);
        packet.payload_type = 33;
        let bytes = packet.encode();
        net.client(sender).send_raw_rtp(&bytes);
    }
    net.run_for(2 * SECOND);
    let sink = net.sink(seen);
    assert!(sink.pictures().len() > 80, "{}", sink.pictures().len());
    net.assert_sound();
}

#[test]
fn strangers_are_dropped_counted_and_not_answered() {
    let mut net = Net::new(7);
    net.join();
    let stranger = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 66), 666));
    let mut random = Random::new(7);
    let before = net.dump();
    for length in 0..=600usize {
        let bytes: Vec<u8> = (0..length).map(|_| random.next_u64() as u8).collect();
        net.inject(stranger, &bytes);
    }
    net.inject(stranger, &[0x80; 65_000]);
    let after = net.dump();
    let counted = |dump: &media::WorkerDump| {
        dump.dropped_stun + dump.dropped_unknown_protocol + dump.dropped_unknown_tuple
    };
    assert_eq!(counted(&after) - counted(&before), 602);
    assert_eq!(net.stray.len(), 0);
    assert_eq!(after.tuples, 1);
}

#[test]
fn stun_answers_are_never_longer_than_the_request() {
    let mut net = Net::new(8);
    let key = net.join();
    let remote = net.client(key).ice.remote.clone();
    let stranger = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 67), 667));
    let wrong = Credentials {
        password: "x".repeat(24),
        ..remote.clone()
    };
    let unknown = Credentials {
        ufrag: "nobody".to_owned(),
        ..remote.clone()
    };
    let local = net.client(key).ice.local.clone();
    let mut requests = vec![
        (stun::binding_request(&local, &wrong, [1; 12]), true),
        (stun::binding_request(&local, &unknown, [2; 12]), false),
        (
            stun::unsigned_request(&format!("{}:x", remote.ufrag), [3; 12]).raw,
            true,
        ),
        (stun::unsigned_request(&remote.ufrag, [4; 12]).raw, true),
        (stun::unsigned_request("", [5; 12]).raw, false),
    ];
    let mut many = stun::unsigned_request(&format!("{}:x", remote.ufrag), [6; 12]);
    for attribute in 0..1_000u16 {
        many.add(AttrType(0x4000 + attribute), &[0; 4]);
    }
    stun::sign(&mut many, &remote.password);
    requests.push((many.raw, true));
    for (bytes, _) in requests.clone() {
        for cut in 0..bytes.len().min(200) {
            requests.push((bytes[..cut].to_vec(), true));
        }
    }
    let mut random = Random::new(8);
    for _ in 0..2_000 {
        let mut flipped = stun::binding_request(&local, &remote, [9; 12]);
        // What follows the message integrity is the fingerprint, which proves nothing.
        let signed = flipped.len() as u64 - 8;
        let bit = random.below(signed * 8) as usize;
        flipped[bit / 8] ^= 1 << (bit % 8);
        requests.push((flipped, true));
    }
    for (request, may_answer) in requests {
        let before = net.stray.len();
        net.inject(stranger, &request);
        let answers = &net.stray[before..];
        let answered: usize = answers.iter().map(|(_, _, bytes)| bytes.len()).sum();
        assert!(
            answered <= request.len(),
            "{answered} for {}",
            request.len()
        );
        assert!(may_answer || answered == 0, "answered an unknown name");
    }
    assert_eq!(net.dump().tuples, 1, "no invalid check may be remembered");
}

#[test]
fn nack_flood_is_bounded() {
    let mut net = Net::new(9);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(5 * SECOND);
    let ssrc = net.sink(seen).setup.ssrc;
    let media_before = net.sink(seen).packets.len() as u64;
    let rtx_before = net.sink(seen).rtx_packets;
    for _ in 0..500 {
        let newest = *net.sink(seen).packets.keys().last().expect("packets came") as u16;
        let client = net.client(viewer);
        let flood = TransportLayerNack {
            sender_ssrc: client.ssrc(),
            media_ssrc: ssrc,
            nacks: (0..60)
                .map(|pair| NackPair {
                    packet_id: newest.wrapping_sub(1_020).wrapping_add(pair * 17),
                    lost_packets: 0xFFFF,
                })
                .collect(),
        };
        client.send_rtcp(&[Box::new(flood)]);
        net.run_for(10 * MS);
    }
    net.run_for(SECOND);
    let sink = net.sink(seen);
    let media = sink.packets.len() as u64 - media_before;
    let rtx = sink.rtx_packets - rtx_before;
    // 500,000 were asked for. A quarter of the media may be sent again, and 64 KiB saved up.
    println!("{rtx} retransmissions beside {media} packets");
    let most = media / 4 + 80;
    assert!(
        (1..=most).contains(&rtx),
        "{rtx} retransmissions beside {media} packets"
    );
    net.assert_sound();
}

#[test]
fn feedback_on_a_retransmission_stream_is_not_taken_for_feedback_on_its_media() {
    let mut net = Net::new(12);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(5 * SECOND);
    let sink = net.sink(seen);
    let newest = *sink.packets.keys().last().expect("packets came") as u16;
    let rtx_ssrc = sink.setup.rtx_ssrc.expect("video has RTX");
    let client = net.client(viewer);
    let nack = TransportLayerNack {
        sender_ssrc: client.ssrc(),
        media_ssrc: rtx_ssrc,
        nacks: vec![NackPair {
            packet_id: newest.wrapping_sub(16),
            lost_packets: 0xFFFF,
        }],
    };
    let report = ReceiverReport {
        ssrc: client.ssrc(),
        reports: vec![ReceptionReport {
            ssrc: rtx_ssrc,
            fraction_lost: 255,
            ..Default::default()
        }],
        ..Default::default()
    };
    client.send_rtcp(&[Box::new(report), Box::new(nack)]);
    net.run_for(20 * MS);
    let consumer = net.dump().routers[0].consumers[0].clone();
    assert_eq!((consumer.retransmitted, consumer.fraction_lost), (0, 0.0));
}

#[test]
fn client_hellos_from_strangers_do_not_disturb_a_handshake() {
    for seed in 0..20 {
        let mut net = Net::new(seed);
        let key = net.create_peer(true);
        net.connect(key).expect("parameters are valid");
        net.set_links(key, Config::default().with_delay(10 * MS));
        let stranger = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 68), 668));
        let mut connected = false;
        for _ in 0..500 {
            net.inject(stranger, &null_cipher_hello());
            net.run_for(MS);
            connected = net.is_dtls_connected(key) && net.client(key).is_connected();
            if connected {
                break;
            }
        }
        assert!(connected, "seed {seed}");
        assert_eq!(net.stray.len(), 0, "a stranger was answered");
    }
}

#[test]
fn fragment_bomb_closes_its_transport_and_nothing_else() {
    let mut net = Net::new(10);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    let bomber = net.create_peer(true);
    net.connect(bomber).expect("parameters are valid");
    // Only ICE: its tuple is valid, its DTLS is ours to write.
    net.peers[bomber.0].lose_down = Some(|datagram| (20..=63).contains(&datagram[0]));
    net.run_until(SECOND, |net| net.client(bomber).ice.connected);
    let home = net.client(bomber).address;
    for number in 0..5_000u64 {
        net.inject(home, &zero_length_fragments(number));
    }
    net.run_for(3 * SECOND);
    assert!(net.closed(bomber).is_some() || !net.is_dtls_connected(bomber));
    let sink = net.sink(seen);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    net.run_for(30 * SECOND);
    assert!(net.closed(bomber).is_some());
    net.assert_sound();
}

/// A VP8 packet that looks right in every way but its sender.
fn forged(ssrc: u32, sequence: u16) -> Rtp {
    let piece = vp8::Piece {
        encoding: 9,
        picture: 1,
        reference: 1,
        key: true,
        temporal: 0,
        index: 0,
        count: 1,
    };
    Rtp {
        marker: true,
        payload_type: 96,
        sequence,
        timestamp: 1_000,
        ssrc,
        payload: vp8::encode(&piece, Some((1, 1)), 100, 640),
        ..Rtp::default()
    }
}

/// A ClientHello that offers TLS_NULL_WITH_NULL_NULL alone.
fn null_cipher_hello() -> Vec<u8> {
    let mut body = vec![0xFE, 0xFD];
    body.extend([7; 32]);
    body.extend([0, 0, 0, 2, 0, 0, 1, 0]);
    let length = body.len() as u8;
    let mut handshake = vec![1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length];
    handshake.extend(body);
    let mut record = vec![
        22,
        0xFE,
        0xFD,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        handshake.len() as u8,
    ];
    record.extend(handshake);
    record
}

/// 97 handshake fragments of no length in one datagram.
fn zero_length_fragments(number: u64) -> Vec<u8> {
    let mut body = Vec::new();
    for fragment in 0..97u64 {
        body.extend([20, 0, 0, 0]);
        body.extend((1 + ((number * 97 + fragment) % 60_000) as u16).to_be_bytes());
        body.extend([0; 6]);
    }
    let mut datagram = vec![22, 0xFE, 0xFD, 0, 0];
    datagram.extend(&(number + 1).to_be_bytes()[2..]);
    datagram.extend((body.len() as u16).to_be_bytes());
    datagram.extend(body);
    datagram
}
