//! The simulated client notices what it is there to notice.

use ortc::types::MediaKind;

use super::common::dtls::DtlsPeer;
use super::common::rtp::{Rtp, Unwrapper};
use super::common::sink::{Sink, SinkSetup};
use super::common::source::{Source, SourceSetup};
use super::common::srtp::Srtp;
use super::common::{MS, SECOND, epoch};

#[test]
fn two_clients_agree_on_keys_and_open_each_others_packets() {
    let certificate = || dimpl::certificate::generate_self_signed_certificate().unwrap();
    let mut now = epoch();
    let mut client = DtlsPeer::new(certificate(), true, now);
    let mut server = DtlsPeer::new(certificate(), false, now);
    for _ in 0..20 {
        now += 10 * MS;
        client.handle_timeout(now);
        while let Some(bytes) = client.poll_transmit() {
            server.handle_datagram(now, &bytes);
        }
        while let Some(bytes) = server.poll_transmit() {
            client.handle_datagram(now, &bytes);
        }
    }
    assert!(client.connected && server.connected);
    let (keys, profile) = client.keys.take().unwrap();
    let mut client = Srtp::new(&keys, profile, true);
    let (keys, profile) = server.keys.take().unwrap();
    let mut server = Srtp::new(&keys, profile, false);
    let plain = packet(7).encode();
    let mut sealed = client.protect_rtp(&plain).unwrap();
    assert_eq!(server.open_rtp(&sealed), Ok(plain));
    sealed[20] ^= 1;
    assert!(server.open_rtp(&sealed).is_err());
    // What the forge seals is as authentic as what the oracle seals.
    let plain = packet(8).encode();
    let forged = client.protect_shape(&plain, false);
    assert_eq!(server.open_rtp(&forged), Ok(plain));
    let report = [0x80, 201, 0, 1, 0, 0, 0, 1];
    let forged = client.protect_shape(&report, true);
    assert_eq!(server.open_rtcp(&forged), Ok(report.to_vec()));
}

#[test]
fn packets_survive_writing_and_reading() {
    let mut written = packet(9);
    written.extensions = vec![(4, b"mid".to_vec()), (2, vec![1, 2, 3])];
    written.padding = 5;
    assert_eq!(Rtp::decode(&written.encode()), Some(written));
    assert_eq!(Rtp::decode(&[0x80; 11]), None);
}

#[test]
fn numbers_unwrap_in_both_directions() {
    let mut numbers = Unwrapper::default();
    let unwrapped: Vec<u64> = [65_534, 65_535, 1, 0, 65_533, 2]
        .into_iter()
        .map(|number| numbers.sequence(number))
        .collect();
    let cycle = 65_536;
    let expected = [-2, -1, 1, 0, -3, 2].map(|step| (2 * cycle + step) as u64);
    assert_eq!(unwrapped, expected);
}

#[test]
fn sink_decodes_an_undisturbed_track_completely() {
    let packets = track(3 * SECOND);
    let sink = receive(&packets);
    sink.assert_sound();
    assert_eq!(sink.pictures().len(), 91);
    assert_eq!(sink.lost(), [0_u64; 0]);
    assert_eq!((sink.decoder.jumps, sink.duplicates), (0, 0));
}

#[test]
fn sink_notices_a_lost_packet_and_stops_decoding_there() {
    let mut packets = track(3 * SECOND);
    packets.remove(20);
    let sink = receive(&packets);
    assert_eq!(sink.lost().len(), 1);
    assert!(sink.pictures().len() < 10);
    assert!(sink.decoder.is_stuck(u64::MAX));
}

#[test]
fn sink_notices_a_duplicate_a_changed_byte_and_a_foreign_picture() {
    let mut packets = track(SECOND);
    packets.insert(5, packets[5].clone());
    assert_eq!(receive(&packets).duplicates, 1);

    let mut packets = track(SECOND);
    packets[7].payload[500] ^= 1;
    assert!(!receive(&packets).errors.is_empty());

    // Renumbered so that nothing is missing: one whole picture was cut out.
    let mut packets = track(SECOND);
    packets.drain(10..12);
    for (index, packet) in packets.iter_mut().enumerate() {
        packet.sequence = 4_000 + index as u16;
    }
    let sink = receive(&packets);
    assert!(!sink.decoder.errors.is_empty());
}

#[test]
#[should_panic(expected = "picture id")]
fn sink_notices_a_jump_of_the_picture_id() {
    let mut packets = track(SECOND);
    for packet in &mut packets[10..] {
        packet.payload[3] = packet.payload[3].wrapping_add(1);
    }
    receive(&packets).assert_sound();
}

fn packet(sequence: u16) -> Rtp {
    Rtp {
        payload_type: 96,
        sequence,
        ssrc: 5,
        payload: vec![3; 100],
        ..Rtp::default()
    }
}

fn track(time: std::time::Duration) -> Vec<Rtp> {
    let mut source = Source::new(SourceSetup::vp8(5), epoch());
    source.handle_timeout(epoch() + time);
    source.outgoing.into()
}

fn receive(packets: &[Rtp]) -> Sink {
    let mut sink = Sink::new(SinkSetup {
        kind: MediaKind::Video,
        ssrc: 5,
        rtx_ssrc: None,
        payload_type: 96,
        rtx_payload_type: None,
    });
    for packet in packets {
        sink.handle_rtp(epoch(), packet);
    }
    sink
}
