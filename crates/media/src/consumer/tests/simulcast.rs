//! Several encodings: the best that lives, switched at key frames without a seam.

use super::{
    source::{Source, blind},
    *,
};
use crate::ConsumerLayers;

struct Stage {
    rig: Rig,
    sources: [Source; 3],
    last: Option<Rewrite>,
}

impl Stage {
    /// All three encodings alive, the first key frames come on request.
    fn new() -> Self {
        let mut rig = Rig::simulcast();
        rig.alive(&[true; 3]);
        Self {
            rig,
            sources: [0, 1, 2].map(Source::new),
            last: None,
        }
    }

    /// One frame of each of `encodings`, `keys` of them key frames; what was sent goes on by one.
    fn tick(&mut self, encodings: &[usize], keys: &[usize]) -> Vec<usize> {
        self.rig.wait(33);
        let mut from = Vec::new();
        for &encoding in encodings {
            let source = &mut self.sources[encoding];
            let frame = if keys.contains(&encoding) {
                source.key_frame(2)
            } else {
                source.inter_frame(2)
            };
            for sent in self.rig.forward_all(&frame) {
                self.check(&sent);
                self.last = Some(sent);
                from.push(encoding);
            }
        }
        from.dedup();
        from
    }

    fn check(&self, sent: &Rewrite) {
        let Some(last) = self.last else { return };
        assert_eq!(sent.sequence_number, last.sequence_number.wrapping_add(1));
        let step = sent.timestamp.wrapping_sub(last.timestamp);
        assert!(step < 90_000 * 10, "{step}");
        let pictures = sent.vp8.unwrap().picture_id - last.vp8.unwrap().picture_id;
        assert_eq!(pictures, u16::from(step > 0), "a picture per timestamp");
    }

    fn layer(&self) -> Option<u8> {
        self.rig
            .consumer
            .current_layers()
            .map(|layers| layers.spatial_layer)
    }
}

#[test]
fn best_living_layer_is_asked_for_and_sent() {
    let mut stage = Stage::new();
    assert_eq!(stage.rig.asked().last(), Some(&2));
    assert!(stage.tick(&[0, 1, 2], &[]).is_empty());
    assert_eq!(stage.tick(&[0, 1, 2], &[2]), [2]);
    assert_eq!(stage.tick(&[0, 1, 2], &[0, 1]), [2]);
    let change = stage.rig.consumer.take_layers_change();
    let layers = ConsumerLayers {
        spatial_layer: 2,
        temporal_layer: Some(0),
    };
    assert_eq!(change, Some(Some(layers)));
    assert_eq!(stage.rig.consumer.take_layers_change(), None);
}

#[test]
fn lower_key_frame_is_better_than_nothing() {
    let mut stage = Stage::new();
    assert_eq!(stage.tick(&[0, 1, 2], &[0]), [0]);
    assert_eq!(stage.tick(&[0, 1, 2], &[1]), [0], "1 is not what is wanted");
    assert_eq!(stage.tick(&[0, 1, 2], &[2]), [0, 2]);
}

#[test]
fn switch_waits_for_the_key_frame_while_the_current_layer_goes_on() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    stage.rig.asked();
    stage
        .rig
        .call(|consumer, now| consumer.set_preferred_layers(now, 0, None));
    assert_eq!(stage.rig.asked(), [0]);
    for _ in 0..10 {
        assert_eq!(stage.tick(&[0, 1, 2], &[]), [2]);
    }
    assert_eq!(stage.rig.asked(), [0], "again after 250 ms");
    assert_eq!(stage.tick(&[0, 1, 2], &[0]), [0]);
    assert_eq!(stage.tick(&[0, 1, 2], &[]), [0]);
    stage
        .rig
        .call(|consumer, now| consumer.set_preferred_layers(now, 9, None));
    assert_eq!(stage.rig.asked(), [2]);
    assert_eq!(stage.tick(&[0, 1, 2], &[1, 2]), [0, 2]);
}

#[test]
fn sixty_switches_leave_no_seam() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    for n in 0..60u8 {
        let layer = [1, 0, 2][usize::from(n % 3)];
        stage
            .rig
            .call(|consumer, now| consumer.set_preferred_layers(now, layer, None));
        for frame in 0..30 {
            let keys: &[usize] = if frame == 5 { &[0, 1, 2] } else { &[] };
            stage.tick(&[0, 1, 2], keys);
        }
        assert_eq!(stage.layer(), Some(layer));
    }
}

#[test]
fn dead_layer_is_left_for_the_next_lower_one() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    stage.rig.asked();
    for _ in 0..60 {
        stage.tick(&[0, 1], &[]);
    }
    assert_eq!(stage.layer(), Some(2), "2 s are not over");
    assert!(stage.rig.asked().is_empty());
    stage.rig.consumer.take_layers_change();
    assert!(stage.tick(&[0, 1], &[]).is_empty());
    assert_eq!(stage.rig.asked(), [1]);
    assert_eq!(
        stage.rig.consumer.take_layers_change(),
        Some(None),
        "nothing is sent"
    );
    assert_eq!(stage.tick(&[0, 1], &[1]), [1]);
    assert_eq!(stage.layer(), Some(1));
}

#[test]
fn producers_word_that_a_layer_died_is_enough() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    stage.rig.asked();
    stage.rig.alive(&[true, false, false]);
    assert_eq!(stage.rig.asked(), [0]);
    assert_eq!(stage.tick(&[0], &[0]), [0]);
}

#[test]
fn layer_that_comes_back_is_switched_to() {
    let mut stage = Stage::new();
    stage.rig.alive(&[true, true, false]);
    stage.tick(&[0, 1], &[1]);
    stage.rig.asked();
    assert_eq!(stage.tick(&[0, 1, 2], &[]), [1]);
    assert_eq!(stage.rig.asked(), [2]);
    assert_eq!(stage.tick(&[0, 1, 2], &[2]), [1, 2]);
}

#[test]
fn blackout_of_everything_keeps_the_place() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    stage.rig.asked();
    stage.rig.wait(8_000);
    assert!(stage.rig.asked().is_empty());
    assert_eq!(stage.layer(), None);
    assert_eq!(
        stage.rig.consumer.poll_timeout(),
        None,
        "nothing to wait for"
    );
    for source in &mut stage.sources {
        source.timestamp = source.timestamp.wrapping_add(8 * 90_000);
    }
    assert_eq!(stage.tick(&[2], &[]), [2]);
    assert_eq!(stage.layer(), Some(2));
}

#[test]
fn layer_above_the_preferred_one_is_better_than_nothing_after_a_while() {
    let mut config = config(Codec::Vp8, 3);
    config.options.preferred_layers = Some((0, None));
    let mut rig = Rig::new(config);
    let mut high = Source::new(2);
    assert_eq!(rig.asked(), [0]);
    assert!(rig.forward_all(&high.key_frame(1)).is_empty());
    for _ in 0..70 {
        rig.wait(33);
        rig.forward_all(&high.inter_frame(1));
    }
    assert_eq!(rig.asked().last(), Some(&2));
    assert_eq!(rig.forward_all(&high.key_frame(1)).len(), 1);
}

#[test]
fn first_heard_layer_may_vanish_without_stopping_the_others() {
    let mut stage = Stage::new();
    stage.tick(&[0], &[0]);
    stage.rig.alive(&[false, true, true]);
    for _ in 0..100 {
        stage.tick(&[1, 2], &[]);
    }
    assert_eq!(stage.tick(&[1, 2], &[2]), [2]);
    assert_eq!(stage.tick(&[1, 2], &[]), [2]);
}

/// Sender reports of all encodings: 3 encodings, one wall clock, timestamps far apart.
fn tell_clocks(stage: &mut Stage) {
    for encoding in 0..3 {
        let timestamp = stage.sources[encoding].timestamp;
        stage.rig.call(|consumer, now| {
            consumer.handle_producer_sender_report(now, encoding, 9 << 32, timestamp);
        });
    }
}

#[test]
fn key_frame_of_a_moment_already_shown_is_sent_and_the_clock_kept() {
    let mut stage = Stage::new();
    tell_clocks(&mut stage);
    stage.tick(&[0, 1, 2], &[0]);
    // The same moment in layer 0 first, then as a key frame in layer 2: never dropped.
    assert_eq!(stage.tick(&[0, 1, 2], &[2]), [0, 2]);
    let shown = stage.last.unwrap().timestamp;
    assert_eq!(shown, TIMESTAMP.wrapping_add(3_000 + 1));
    stage.tick(&[0, 1, 2], &[]);
    assert_eq!(stage.last.unwrap().timestamp, TIMESTAMP.wrapping_add(6_000));
}

#[test]
fn switches_by_sender_reports_do_not_drift() {
    let mut stage = Stage::new();
    tell_clocks(&mut stage);
    stage.tick(&[0, 1, 2], &[2]);
    let mut frames = 0u32;
    for n in 0..60u8 {
        stage
            .rig
            .call(|consumer, now| consumer.set_preferred_layers(now, n % 3, None));
        for keys in [&[][..], &[0, 1, 2], &[], &[]] {
            stage.tick(&[0, 1, 2], keys);
            frames += 1;
        }
        let expected = TIMESTAMP.wrapping_add(frames * 3_000);
        assert_eq!(stage.last.unwrap().timestamp, expected, "switch {n}");
    }
}

#[test]
fn codecs_without_picture_ids_switch_alike() {
    let mut rig = Rig::new(config(Codec::H264, 3));
    rig.alive(&[true; 3]);
    let (mut low, mut high) = (Source::new(0), Source::new(2));
    assert!(rig.forward(&blind(high.inter_frame(1)[0])).is_none());
    let first = rig.forward(&blind(low.key_frame(1)[0])).unwrap();
    rig.wait(33);
    let second = rig.forward(&blind(high.key_frame(1)[0])).unwrap();
    assert_eq!(
        second.sequence_number,
        first.sequence_number.wrapping_add(1)
    );
    assert_eq!(second.timestamp, first.timestamp.wrapping_add(2_970));
    assert_eq!(second.vp8, None);
    assert_eq!(rig.consumer.current_layers().unwrap().temporal_layer, None);
}

#[test]
fn paused_consumer_tells_that_it_sends_no_layer() {
    let mut stage = Stage::new();
    stage.tick(&[0, 1, 2], &[2]);
    stage.rig.consumer.take_layers_change();
    stage.rig.call(Consumer::pause);
    assert_eq!(stage.rig.consumer.take_layers_change(), Some(None));
    assert_eq!(stage.rig.consumer.poll_timeout(), None);
    stage.tick(&[0, 1, 2], &[]);
    stage.rig.asked();
    stage.rig.call(Consumer::resume);
    assert_eq!(
        stage.rig.asked(),
        [2],
        "known from packets that came meanwhile"
    );
}

#[test]
fn unknown_encoding_is_ignored() {
    let mut stage = Stage::new();
    let stray = MediaPacket {
        encoding: 7,
        ..stage.sources[0].key_frame(1)[0]
    };
    assert!(stage.rig.forward(&stray).is_none());
}
