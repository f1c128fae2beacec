//! Sender reports and repairs as the router asks for them.

use super::{
    source::{Source, blind},
    *,
};
use crate::{consumer::Rtx, rtcp::report::ReportBlock};

const SECOND: u64 = 1 << 32;

#[test]
fn there_is_no_sender_report_before_the_first_packet_or_while_paused() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    assert_eq!(rig.consumer.sender_report(rig.now, SECOND), None);
    rig.forward_all(&source.key_frame(1));
    assert!(rig.consumer.sender_report(rig.now, SECOND).is_some());
    rig.call(Consumer::pause);
    assert_eq!(rig.consumer.sender_report(rig.now, SECOND), None);
}

#[test]
fn sender_report_carries_the_timestamp_of_its_own_moment() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(3));
    rig.wait(500);
    let report = rig.consumer.sender_report(rig.now, 77 * SECOND).unwrap();
    assert_eq!(report.info.rtp_timestamp, TIMESTAMP.wrapping_add(45_000));
    assert_eq!((report.ssrc, report.info.ntp), (SSRC, 77 * SECOND));
    assert_eq!((report.info.packets, report.info.octets), (3, 3_000));
}

#[test]
fn senders_own_report_outweighs_the_arrival_of_packets() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    let key = source.key_frame(1);
    let captured = source.timestamp;
    // The frame took 40 ms to encode; the report tells what the clock reads now.
    let clock = captured.wrapping_add(3_600);
    rig.call(|consumer, now| consumer.handle_producer_sender_report(now, 0, 5 * SECOND, clock));
    rig.forward_all(&key);
    let report = rig.consumer.sender_report(rig.now, SECOND).unwrap();
    assert_eq!(report.info.rtp_timestamp, TIMESTAMP.wrapping_add(3_600));
}

#[test]
fn absurd_senders_report_is_ignored() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.call(|consumer, now| consumer.handle_producer_sender_report(now, 0, u64::MAX, 1 << 31));
    rig.call(|consumer, now| consumer.handle_producer_sender_report(now, 99, 0, 0));
    rig.forward_all(&source.key_frame(1));
    let report = rig.consumer.sender_report(rig.now, SECOND).unwrap();
    assert_eq!(report.info.rtp_timestamp, TIMESTAMP);
}

#[test]
fn round_trip_time_is_read_from_the_receivers_report() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    let sent = rig.consumer.sender_report(rig.now, 77 * SECOND).unwrap();
    rig.wait(260);
    let report = ReportBlock {
        fraction_lost: 12,
        last_sender_report: (sent.info.ntp >> 16) as u32,
        delay_since_last_sender_report: 65_536 / 5,
        ..ReportBlock::default()
    };
    rig.call(|consumer, now| consumer.handle_receiver_report(now, &report));
    let rtt = rig.consumer.rtt().unwrap();
    assert_eq!(rtt.as_millis(), 60);
    assert_eq!(rig.consumer.report().fraction_lost, 12);
}

#[test]
fn repair_names_the_producers_packet_and_repeats_the_first_sending() {
    let mut rig = Rig::simulcast();
    let mut high = Source::new(2);
    rig.alive(&[false, false, true]);
    let key = high.key_frame(3);
    let sent = rig.forward_all(&key);
    let out = rig.nack([65_501]);
    let [repair] = out[..] else { panic!("{out:?}") };
    assert_eq!((repair.encoding, repair.sequence), (2, key[1].sequence));
    let Rtx {
        ssrc, payload_type, ..
    } = repair.rtx;
    assert_eq!((ssrc, payload_type), (RTX_SSRC, RTX_PAYLOAD_TYPE));
    let (again, first) = (repair.rewrite, sent[1]);
    assert_eq!(
        (again.ssrc, again.payload_type),
        (first.ssrc, first.payload_type)
    );
    assert_eq!(
        (again.sequence_number, again.timestamp),
        (first.sequence_number, first.timestamp)
    );
    let (mut payload, mut expected) = ([0x80; 8], [0x80; 8]);
    let write = |rewrite: Rewrite, payload: &mut [u8]| {
        let vp8 = rewrite.vp8.unwrap();
        vp8.descriptor
            .rewrite(payload, vp8.picture_id, vp8.tl0_picture_index);
    };
    write(again, &mut payload);
    write(first, &mut expected);
    assert_eq!(payload, expected);
    assert_ne!(payload, [0x80; 8]);
}

#[test]
fn repairs_begin_far_below_their_first_wrap() {
    let mut rig = Rig::new(ConsumerConfig {
        initial_sequence: 0,
        initial_timestamp: u32::MAX,
        ..config(Codec::Vp8, 1)
    });
    let key = Source::new(0).key_frame(3);
    let sent = rig.forward_all(&key);
    let out = rig.nack([sent[1].sequence_number]);
    assert!(out[0].rtx.sequence_number <= 0x7FFF, "{out:?}");
}

#[test]
fn without_nack_nothing_is_repaired() {
    let mut rig = Rig::new(config(Codec::Audio, 1));
    rig.forward(&blind(Source::new(0).inter_frame(1)[0]));
    assert!(rig.nack(0..=u16::MAX).is_empty());
}

#[test]
fn consumer_is_small() {
    assert!(size_of::<Consumer>() <= 1_024, "{}", size_of::<Consumer>());
}
