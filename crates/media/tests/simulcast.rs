//! Layers: which one a viewer gets, and that a switch leaves no seam.

use media::{Command, ConsumerId, ConsumerLayers, EventKind, ProducerId};
use netem::Config;

use super::common::decoder::Picture;
use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

/// One simulcast sender and one viewer.
struct Scene {
    net: Net,
    sender: PeerKey,

    producer: ProducerId,
    consumer: ConsumerId,
}

#[test]
fn viewer_ends_up_on_the_top_layer_without_a_seam() {
    let mut scene = Scene::new(1);
    scene.net.run_for(5 * SECOND);
    assert_eq!(scene.recent_encodings(), [2]);
    assert_eq!(scene.told_spatial(), Some(2));
    assert_eq!(scene.net.sink(scene.consumer).decoder.jumps, 0);
    scene.net.assert_sound();
}

#[test]
fn preferred_layer_takes_effect_within_a_second_both_ways() {
    let mut scene = Scene::new(2);
    scene.net.run_for(5 * SECOND);
    for spatial in [0, 2, 1, 0, 1, 2] {
        scene.prefer(spatial, None);
        scene.net.run_for(SECOND);
        scene.net.run_for(300 * MS);
        assert_eq!(
            scene.recent_encodings(),
            [spatial],
            "after preferring {spatial}"
        );
        assert_eq!(scene.told_spatial(), Some(spatial));
    }
    let sink = scene.net.sink(scene.consumer);
    assert_eq!((sink.decoder.jumps, sink.lost()), (0, vec![]));
    scene.net.assert_sound();
}

#[test]
fn sixty_switches_leave_no_seam() {
    let mut scene = Scene::new(3);
    scene.net.run_for(4 * SECOND);
    for turn in 0..60u8 {
        scene.prefer(turn % 3, Some(turn % 2 + 1));
        scene.net.run_for(SECOND);
    }
    let now = scene.net.now;
    let sink = scene.net.sink(scene.consumer);
    assert_eq!((sink.decoder.jumps, sink.lost()), (0, vec![]));
    let freeze = sink.decoder.longest_freeze(now);
    assert!(freeze <= 500 * MS, "{freeze:?}");
    assert_timestamps_follow_the_clock(sink.pictures());
    scene.net.assert_sound();
}

#[test]
fn temporal_layers_above_the_preferred_are_left_out() {
    let mut scene = Scene::new(4);
    scene.net.run_for(5 * SECOND);
    for (temporal, per_second) in [(0, 7..=8), (1, 14..=16), (2, 29..=31)] {
        scene.prefer(2, Some(temporal));
        scene.net.run_for(SECOND);
        let before = scene.net.sink(scene.consumer).pictures().len();
        scene.net.run_for(4 * SECOND);
        let sink = scene.net.sink(scene.consumer);
        let pictures = &sink.pictures()[before..];
        assert!(
            pictures
                .iter()
                .all(|picture| picture.piece.temporal <= temporal)
        );
        assert!(
            per_second.contains(&(pictures.len() / 4)),
            "T{temporal}: {}",
            pictures.len()
        );
        assert_eq!(sink.lost(), [0_u64; 0]);
    }
    assert_eq!(scene.net.sink(scene.consumer).decoder.jumps, 0);
    scene.net.assert_sound();
}

#[test]
fn layer_that_dies_is_replaced_and_returned_to() {
    let mut scene = Scene::new(5);
    scene.net.run_for(5 * SECOND);
    scene.set_layer(2, false);
    let died = scene.net.now;
    scene.net.run_for(4 * SECOND);
    assert_eq!(scene.recent_encodings(), [1]);
    let gap = scene.longest_gap_since(died);
    assert!(gap <= 2_500 * MS, "{gap:?}");
    scene.set_layer(2, true);
    scene.net.run_for(6 * SECOND);
    assert_eq!(scene.recent_encodings(), [2]);
    let sink = scene.net.sink(scene.consumer);
    assert_eq!(sink.lost(), [0_u64; 0]);
    assert_timestamps_follow_the_clock(sink.pictures());
    scene.net.assert_sound();
}

#[test]
fn only_the_lowest_layer_left_is_enough() {
    let mut scene = Scene::new(6);
    scene.net.run_for(3 * SECOND);
    scene.set_layer(2, false);
    scene.set_layer(1, false);
    scene.net.run_for(4 * SECOND);
    assert_eq!(scene.recent_encodings(), [0]);
    scene.net.assert_sound();
}

#[test]
fn layers_that_never_start_do_not_keep_the_viewer_waiting() {
    let mut net = Net::new(7);
    let (sender, viewer) = (net.join(), net.join());
    let producer = net.publish(sender, SourceSetup::vp8_simulcast(10));
    net.source(producer).encodings[2].set_active(false);
    net.source(producer).encodings[1].set_active(false);
    let start = net.now;
    let consumer = net.subscribe(viewer, producer);
    net.run_for(3 * SECOND);
    let first = net
        .sink(consumer)
        .pictures()
        .first()
        .expect("pictures came")
        .at;
    assert!(first - start <= 2 * SECOND, "{:?}", first - start);
    net.assert_sound();
}

#[test]
fn switch_survives_a_lost_key_frame() {
    for seed in 0..5 {
        let mut scene = Scene::new(seed);
        scene.net.run_for(5 * SECOND);
        scene.prefer(0, None);
        scene.net.run_for(2 * SECOND);
        let blocked = Config::lossy(1.0);
        scene.prefer(2, None);
        scene.net.peers[scene.sender.0].down.set_config(blocked);
        scene.net.run_for(900 * MS);
        let clean = Config::default().with_delay(10 * MS);
        scene.net.set_links(scene.sender, clean);
        scene.net.run_for(4 * SECOND);
        assert_eq!(scene.recent_encodings(), [2], "seed {seed}");
        scene.net.assert_sound();
    }
}

#[test]
fn layers_are_repaired_by_rtx_streams_known_only_by_rid() {
    let mut scene = Scene::new(8);
    scene.net.run_for(SECOND);
    let lossy = Config::lossy(0.05).with_delay(10 * MS);
    scene.net.peers[scene.sender.0].up.set_config(lossy);
    scene.net.run_for(15 * SECOND);
    let clean = Config::default().with_delay(10 * MS);
    scene.net.set_links(scene.sender, clean);
    scene.net.run_for(2 * SECOND);
    let source = scene.net.source(scene.producer);
    let asked: Vec<usize> = source
        .encodings
        .iter()
        .map(|each| each.nacked.len())
        .collect();
    assert!(asked.iter().all(|count| *count > 0), "{asked:?}");
    let now = scene.net.now;
    let sink = scene.net.sink(scene.consumer);
    assert_eq!(sink.lost(), [0_u64; 0]);
    let freeze = sink.decoder.longest_freeze(now);
    assert!(freeze <= 500 * MS, "{freeze:?}");
    scene.net.assert_sound();
}

#[test]
fn two_viewers_on_different_layers_do_not_disturb_each_other() {
    let mut scene = Scene::new(9);
    let other = scene.net.join();
    let small = scene.net.subscribe_with(other, scene.producer, |options| {
        options.preferred_layers = Some((0, Some(0)));
    });
    scene.net.run_for(5 * SECOND);
    for spatial in [0, 1, 2, 0, 2] {
        scene.prefer(spatial, None);
        scene.net.run_for(SECOND);
    }
    let pictures = scene.net.sink(small).pictures();
    assert!(pictures.iter().all(|picture| picture.piece.encoding == 0));
    assert!(pictures.iter().all(|picture| picture.piece.temporal == 0));
    let sink = scene.net.sink(small);
    assert_eq!((sink.decoder.jumps, sink.lost()), (0, vec![]));
    scene.net.assert_sound();
}

#[test]
fn paused_viewer_returns_to_its_layer() {
    let mut scene = Scene::new(10);
    scene.net.run_for(5 * SECOND);
    let consumer = scene.consumer;
    scene
        .net
        .request(Command::PauseConsumer { consumer })
        .expect("it is there");
    scene.net.run_for(5 * SECOND);
    scene
        .net
        .request(Command::ResumeConsumer { consumer })
        .expect("it is there");
    scene.net.run_for(3 * SECOND);
    assert_eq!(scene.recent_encodings(), [2]);
    let sink = scene.net.sink(consumer);
    assert_eq!((sink.decoder.jumps, sink.lost()), (0, vec![]));
    assert_timestamps_follow_the_clock(sink.pictures());
    scene.net.assert_sound();
}

#[test]
fn layers_count_from_the_smallest_however_they_are_listed() {
    let mut scene = Scene::of(11, SourceSetup::vp8_simulcast_largest_first(10));
    scene.net.run_for(5 * SECOND);
    assert_eq!(
        (scene.recent_encodings(), scene.told_spatial()),
        (vec![0], Some(2))
    );
    for (spatial, encoding) in [(0, 2), (1, 1), (2, 0)] {
        scene.prefer(spatial, None);
        scene.net.run_for(SECOND);
        scene.net.run_for(300 * MS);
        let seen = (scene.recent_encodings(), scene.told_spatial());
        assert_eq!(seen, (vec![encoding], Some(spatial)));
    }
    // The largest dies, and the next largest takes its place.
    scene.set_layer(0, false);
    scene.net.run_for(4 * SECOND);
    assert_eq!(
        (scene.recent_encodings(), scene.told_spatial()),
        (vec![1], Some(1))
    );
    // Who comes later knows from the beginning.
    scene.set_layer(0, true);
    let viewer = scene.net.join();
    let late = scene.net.subscribe_with(viewer, scene.producer, |options| {
        options.preferred_layers = Some((0, None));
    });
    scene.net.run_for(3 * SECOND);
    let pictures = scene.net.sink(late).pictures();
    assert!(!pictures.is_empty());
    assert!(pictures.iter().all(|picture| picture.piece.encoding == 2));
    let sink = scene.net.sink(scene.consumer);
    assert_eq!((sink.decoder.jumps, sink.lost()), (0, vec![]));
    scene.net.assert_sound();
}

impl Scene {
    fn new(seed: u64) -> Self {
        Self::of(seed, SourceSetup::vp8_simulcast(10))
    }

    fn of(seed: u64, setup: SourceSetup) -> Self {
        let mut net = Net::new(seed);
        let (sender, viewer) = (net.join(), net.join());
        let producer = net.publish(sender, setup);
        let consumer = net.subscribe(viewer, producer);
        Self {
            net,
            sender,

            producer,
            consumer,
        }
    }

    fn prefer(&mut self, spatial: u8, temporal: Option<u8>) {
        let consumer = self.consumer;
        let command = Command::SetPreferredLayers {
            consumer,
            spatial,
            temporal,
        };
        self.net.request(command).expect("it is there");
    }

    fn set_layer(&mut self, index: usize, active: bool) {
        self.net.source(self.producer).encodings[index].set_active(active);
    }

    /// The layers of the last 200 ms.
    fn recent_encodings(&mut self) -> Vec<u8> {
        let since = self.net.now - 200 * MS;
        let pictures = self.net.sink(self.consumer).pictures();
        let recent = pictures.iter().filter(|picture| picture.at >= since);
        let mut encodings: Vec<u8> = recent.map(|picture| picture.piece.encoding).collect();
        encodings.dedup();
        encodings
    }

    /// The layer the control side was last told.
    fn told_spatial(&self) -> Option<u8> {
        let told = self
            .net
            .events
            .iter()
            .rev()
            .find_map(|(_, event)| match event {
                EventKind::ConsumerLayersChange { consumer, layers }
                    if *consumer == self.consumer =>
                {
                    Some(*layers)
                }
                _ => None,
            });
        told.flatten()
            .map(|layers: ConsumerLayers| layers.spatial_layer)
    }

    fn longest_gap_since(&mut self, since: std::time::Instant) -> std::time::Duration {
        let pictures = self.net.sink(self.consumer).pictures();
        let recent = pictures
            .iter()
            .map(|picture| picture.at)
            .filter(|at| *at >= since);
        let times: Vec<_> = [since].into_iter().chain(recent).collect();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().expect("pictures came")
    }
}

/// Layers start at different timestamps; the viewer must see one clock all the same. Pictures
/// travel 20 ms without jitter, so arrival times tell capture times.
fn assert_timestamps_follow_the_clock(pictures: &[Picture]) {
    let first = &pictures[0];
    for picture in pictures {
        let ticks = picture.timestamp as i64 - first.timestamp as i64;
        let elapsed = (picture.at - first.at).as_micros() as i64 * 90 / 1_000;
        let off = (ticks - elapsed) / 90;
        assert!(off.abs() <= 100, "{off} ms off at {picture:?}");
    }
}
