//! One stream: key frames first, and numbers that go on whatever happens upstream.

use super::{
    source::{Source, blind},
    *,
};

fn numbers(rewrites: &[Rewrite]) -> Vec<u16> {
    rewrites
        .iter()
        .map(|rewrite| rewrite.sequence_number)
        .collect()
}

#[test]
fn nothing_of_video_passes_before_a_key_frame() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    assert!(rig.forward_all(&source.inter_frame(3)).is_empty());
    let sent = rig.forward_all(&source.key_frame(2));
    assert_eq!(numbers(&sent), [65_500, 65_501]);
    assert_eq!((sent[0].ssrc, sent[0].payload_type), (SSRC, PAYLOAD_TYPE));
    assert_eq!(
        (sent[0].timestamp, sent[1].timestamp),
        (TIMESTAMP, TIMESTAMP)
    );
    assert_eq!((sent[0].marker, sent[1].marker), (false, true));
    assert_eq!((rig.consumer.packets(), rig.consumer.bytes()), (2, 2_000));
}

#[test]
fn audio_needs_no_key_frame() {
    let mut rig = Rig::new(config(Codec::Audio, 1));
    let mut source = Source::new(0);
    let packet = blind(source.inter_frame(1)[0]);
    assert_eq!(rig.forward(&packet).unwrap().sequence_number, SEQUENCE);
    assert!(rig.asked().is_empty());
    assert_eq!(rig.consumer.heap(), 0, "no NACK, no record");
}

#[test]
fn all_counters_wrap_without_a_seam() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    let first = rig.forward_all(&source.key_frame(1))[0];
    let picture = first.vp8.unwrap();
    for n in 1..=400u32 {
        rig.wait(33);
        let sent = rig.forward_all(&source.inter_frame(1))[0];
        assert_eq!(sent.sequence_number, SEQUENCE.wrapping_add(n as u16));
        assert_eq!(sent.timestamp, TIMESTAMP.wrapping_add(n * 3_000));
        let vp8 = sent.vp8.unwrap();
        assert_eq!(
            u32::from(vp8.picture_id),
            (u32::from(picture.picture_id) + n) & 0x7FFF
        );
        assert_eq!(
            vp8.tl0_picture_index,
            picture.tl0_picture_index.wrapping_add(n as u8)
        );
    }
}

#[test]
fn pause_over_two_sequence_wraps_leaves_no_gap() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.call(Consumer::pause);
    for _ in 0..3_000 {
        rig.wait(33);
        assert!(rig.forward_all(&source.inter_frame(50)).is_empty());
    }
    rig.call(Consumer::resume);
    assert_eq!(rig.asked(), [0, 0], "once when made, once on resume");
    rig.wait(33);
    assert!(rig.forward_all(&source.inter_frame(2)).is_empty());
    rig.wait(33);
    let sent = rig.forward_all(&source.key_frame(2));
    assert_eq!(numbers(&sent), [65_501, 65_502]);
    assert_eq!(
        sent[0].timestamp,
        TIMESTAMP.wrapping_add(3_002 * 3_000),
        "the source's clock"
    );
    assert_eq!(sent[0].vp8.unwrap().picture_id, 1);
}

#[test]
fn paused_producer_is_like_a_paused_consumer() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.asked();
    rig.call(|consumer, now| consumer.set_producer_paused(now, true));
    assert!(!rig.consumer.active() && !rig.consumer.paused());
    assert!(rig.forward_all(&source.key_frame(1)).is_empty());
    rig.call(Consumer::pause);
    rig.call(|consumer, now| consumer.set_producer_paused(now, false));
    assert!(rig.asked().is_empty(), "still paused itself");
    rig.call(Consumer::resume);
    assert_eq!(rig.asked(), [0]);
    assert_eq!(numbers(&rig.forward_all(&source.key_frame(1))), [65_501]);
}

#[test]
fn late_packet_keeps_its_place_and_its_copy_is_not_sent() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    let late = source.inter_frame(1)[0];
    let next = source.inter_frame(1)[0];
    assert_eq!(rig.forward(&next).unwrap().sequence_number, 65_502);
    let sent = rig.forward(&late).unwrap();
    assert_eq!(
        (sent.sequence_number, sent.vp8.unwrap().picture_id),
        (65_501, 1)
    );
    assert!(rig.forward(&late).is_none());
    assert!(rig.forward(&next).is_none());
}

#[test]
fn packets_from_before_the_key_frame_are_not_sent() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    let late = source.inter_frame(200);
    rig.forward_all(&source.key_frame(1));
    assert!(rig.forward_all(&late[..90]).is_empty());
    assert_eq!(numbers(&rig.forward_all(&source.inter_frame(1))), [65_501]);
    assert!(rig.forward_all(&late[90..]).is_empty());
    assert_eq!(numbers(&rig.forward_all(&source.inter_frame(1))), [65_502]);
}

#[test]
fn late_key_frame_whose_rest_has_passed_is_no_start() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    let key = source.key_frame(3);
    assert!(rig.forward_all(&[key[1], key[0], key[2]]).is_empty());
    assert_eq!(rig.forward_all(&source.key_frame(3)).len(), 3);
}

#[test]
fn restarted_source_goes_on_from_its_key_frame() {
    for shift in [4_000i64, 1 << 40, -500, -4_000, -60_000] {
        let (mut rig, mut source) = (Rig::video(), Source::new(0));
        rig.forward_all(&source.key_frame(1));
        rig.asked();
        source.sequence = source.sequence.wrapping_add_signed(shift);
        source.timestamp = 1 << 31;
        source.picture = 5;
        rig.wait(2_000);
        rig.forward_all(&source.inter_frame(6));
        assert_eq!(rig.asked(), [0], "shift {shift}");
        rig.wait(33);
        let sent = rig.forward_all(&source.key_frame(1))[0];
        assert_eq!(sent.sequence_number, 65_501, "shift {shift}");
        assert_eq!(sent.timestamp, TIMESTAMP.wrapping_add(180_000 + 2_970));
        assert_eq!(sent.vp8.unwrap().picture_id, 1);
    }
}

#[test]
fn restarted_audio_goes_on_at_once() {
    let mut rig = Rig::new(config(Codec::Audio, 1));
    let mut source = Source::new(0);
    rig.forward(&blind(source.inter_frame(1)[0]));
    source.sequence += 10_000;
    source.timestamp = 1 << 31;
    rig.wait(20);
    let sent = rig.forward(&blind(source.inter_frame(1)[0])).unwrap();
    assert_eq!(sent.sequence_number, 65_501);
    assert_eq!(sent.timestamp, TIMESTAMP.wrapping_add(960));
}

#[test]
fn padding_and_foreign_payload_types_leave_no_gap() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    let padding = MediaPacket {
        payload: &[],
        ..blind(source.inter_frame(1)[0])
    };
    let foreign = MediaPacket {
        payload_type: 13,
        ..blind(source.inter_frame(1)[0])
    };
    assert!(rig.forward_all(&[padding, foreign]).is_empty());
    assert_eq!(numbers(&rig.forward_all(&source.inter_frame(1))), [65_501]);
    let absurd = MediaPacket {
        payload_type: 255,
        ..foreign
    };
    assert!(rig.forward(&absurd).is_none());
}

#[test]
fn vp8_without_picture_id_is_forwarded_unchanged() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    let bare = |mut packet: MediaPacket<'static>| {
        packet.info.vp8 = Some(Default::default());
        packet
    };
    let key = bare(source.key_frame(1)[0]);
    let inter = bare(source.inter_frame(1)[0]);
    assert_eq!(
        rig.forward(&key)
            .unwrap()
            .vp8
            .unwrap()
            .descriptor
            .picture_id,
        None
    );
    assert_eq!(rig.forward(&inter).unwrap().sequence_number, 65_501);
}

#[test]
fn temporal_limit_leaves_no_gap_in_any_number() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.call(|consumer, now| consumer.set_preferred_layers(now, 0, Some(1)));
    let mut sent = Vec::new();
    for layer in [2, 1, 2, 0, 2, 1, 2, 0] {
        rig.wait(33);
        sent.extend(rig.forward_all(&source.frame(false, layer, false, 2)));
    }
    assert_eq!(sent.len(), 8);
    for (index, rewrite) in sent.iter().enumerate() {
        assert_eq!(
            rewrite.sequence_number,
            SEQUENCE.wrapping_add(index as u16 + 1)
        );
        assert_eq!(usize::from(rewrite.vp8.unwrap().picture_id), 1 + index / 2);
    }
    assert_eq!(sent[6].vp8.unwrap().tl0_picture_index, 2);
}

#[test]
fn repaired_packet_above_the_limit_fills_the_gap_it_left() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.call(|consumer, now| consumer.set_preferred_layers(now, 0, Some(0)));
    let lost = source.frame(false, 2, false, 1)[0];
    let next = source.inter_frame(1)[0];
    assert_eq!(rig.forward(&next).unwrap().sequence_number, 65_502);
    let sent = rig.forward(&lost).unwrap();
    assert_eq!(
        (sent.sequence_number, sent.vp8.unwrap().picture_id),
        (65_501, 1)
    );
}

#[test]
fn unusable_parameters_are_refused() {
    let broken: [fn(&mut ConsumerConfig); 6] = [
        |config| config.options.rtp_parameters.encodings.clear(),
        |config| {
            config
                .options
                .rtp_parameters
                .encodings
                .push(Default::default())
        },
        |config| config.options.rtp_parameters.encodings[0].ssrc = None,
        |config| config.options.rtp_parameters.codecs.clear(),
        |config| config.options.consumable_encodings.clear(),
        |config| config.options.rtp_type = RtpType::Pipe,
    ];
    for breaks in broken {
        let mut config = config(Codec::Vp8, 1);
        breaks(&mut config);
        assert!(Consumer::new(config, start_of_time()).is_err());
    }
    let mut config = config(Codec::Vp8, 9);
    config.options.rtp_type = RtpType::Simulcast;
    assert!(Consumer::new(config, start_of_time()).is_err());
}
