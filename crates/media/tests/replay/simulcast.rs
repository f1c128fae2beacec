//! Replays of a publisher that sends several encodings and takes no notice of requests for any.

use std::time::Instant;

use media::{Command, ConsumerId, GroupOfPicturesOptions};

use super::stage::{LossyStart, Stage};
use crate::common::{MS, SECOND};

#[test]
fn viewer_gets_the_best_encodings_key_frame_at_once_whenever_it_comes() {
    for (seed, after) in [(31, 40), (32, 3_000), (33, 9_000)] {
        let mut stage = stage(seed);
        stage.run_to(after);
        let (seen, asked) = stage.late_viewer();
        stage.net.run_for(9 * SECOND);
        stage.assert_whole(seen, asked);
        assert_eq!(stage.encodings_seen(seen), [2]);
        let group = stage.last_key_before(asked);
        let sink = stage.net.sink(seen);
        assert_eq!(sink.pictures()[0].piece.picture, group);
        assert_eq!((sink.plis_sent, sink.nacks_sent), (0, 0));
        assert!(stage.caught_up_after(seen, asked) < 3 * SECOND);
        stage.net.assert_sound();
    }
}

#[test]
fn largest_encoding_is_the_best_though_it_is_listed_first() {
    let mut stage = Stage::largest_first(43, GroupOfPicturesOptions::default());
    stage.run_to(5_000);
    let first = stage.first;
    assert_eq!(stage.encodings_seen(first), [0], "from its first picture");
    let (seen, asked) = stage.late_viewer();
    let (small, _) = viewer_of(&mut stage, 0);
    stage.net.run_for(4 * SECOND);
    stage.assert_whole(seen, asked);
    assert_eq!(
        (stage.encodings_seen(seen), stage.encodings_seen(small)),
        (vec![0], vec![2])
    );
    // The largest is gone: the next is the middle one.
    stage.net.source(stage.video).encodings[0].set_active(false);
    stage.net.run_for(3 * SECOND);
    assert_eq!(stage.encodings_seen(seen), [0, 1]);
    stage.net.assert_sound();
}

#[test]
fn viewer_who_wants_less_is_sent_the_group_of_that() {
    let mut stage = stage(34);
    stage.run_to(8_000);
    let (seen, asked) = viewer_of(&mut stage, 0);
    stage.net.run_for(6 * SECOND);
    stage.assert_whole(seen, asked);
    assert_eq!(stage.encodings_seen(seen), [0]);
    assert!(stage.caught_up_after(seen, asked) < 3 * SECOND);
    stage.net.assert_sound();
}

#[test]
fn late_switch_waits_for_a_key_frame_while_the_present_goes_on() {
    let mut stage = stage(35);
    stage.run_to(3_000);
    let (seen, asked) = viewer_of(&mut stage, 0);
    stage.run_to(6_000);
    prefer(&mut stage, seen, 2);
    stage.run_to(9_500);
    assert_eq!(stage.encodings_seen(seen), [0]);
    stage.run_to(12_000);
    assert_eq!(stage.encodings_seen(seen), [0, 2]);
    // The group it began with, and at ten seconds the next of each: nothing was shown again.
    assert_eq!(stage.keys_seen(seen), 3);
    // Down again, too.
    prefer(&mut stage, seen, 1);
    stage.run_to(22_000);
    assert_eq!(stage.encodings_seen(seen), [0, 2, 1]);
    stage.assert_whole(seen, asked);
    let now = stage.net.now;
    let freeze = stage.net.sink(seen).decoder.longest_freeze(now);
    assert!(freeze < 100 * MS, "{freeze:?}");
    stage.net.assert_sound();
}

#[test]
fn group_that_is_too_large_leaves_the_smaller_ones_room() {
    let mut stage = small_memory(36);
    stage.run_to(7_000);
    let (seen, asked) = stage.late_viewer();
    stage.net.run_for(2_500 * MS);
    assert_eq!(stage.encodings_seen(seen), [1]);
    assert!(stage.caught_up_after(seen, asked) < 2_500 * MS);
    // The best is asked for, in case that helps.
    let best = &stage.net.source(stage.video).encodings[2];
    assert!(best.key_requests.iter().any(|at| *at > asked));
    stage.run_to(12_000);
    assert_eq!(stage.encodings_seen(seen), [1, 2]);
    stage.assert_whole(seen, asked);
    stage.net.assert_sound();
}

#[test]
fn better_key_frame_that_comes_during_the_replay_ends_it() {
    let mut stage = small_memory(37);
    stage.run_to(9_500);
    let (seen, asked) = stage.late_viewer();
    stage.net.run_for(400 * MS);
    assert_eq!(stage.encodings_seen(seen), [1]);
    stage.net.run_for(4 * SECOND);
    assert_eq!(stage.encodings_seen(seen), [1, 2]);
    stage.assert_whole(seen, asked);
    assert!(stage.caught_up_after(seen, asked) < SECOND);
    stage.net.assert_sound();
}

#[test]
fn viewer_whose_encoding_dies_is_replayed_the_next_best() {
    let mut stage = stage(38);
    stage.run_to(6_000);
    stage.net.source(stage.video).encodings[2].set_active(false);
    let died = stage.net.now;
    stage.net.run_for(4 * SECOND - 100 * MS);
    let first = stage.first;
    // Who was there before them all was shown each as it came.
    assert_eq!(stage.encodings_seen(first), [0, 1, 2, 1]);
    let now = stage.net.now;
    let sink = stage.net.sink(first);
    assert_eq!(
        (sink.lost(), sink.duplicates, sink.decoder.jumps),
        (vec![], 0, 0)
    );
    // As long as it takes until a silent encoding is taken for dead.
    let freeze = sink.decoder.longest_freeze(now);
    assert!((2 * SECOND..2_200 * MS).contains(&freeze), "{freeze:?}");
    assert!(stage.caught_up_after(first, died) < 4 * SECOND);
    stage.net.assert_sound();
}

#[test]
fn viewer_of_encodings_that_are_all_gone_sees_nothing_twice() {
    let mut stage = stage(39);
    stage.run_to(4_000);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(3 * SECOND);
    stage.request_key_frame(seen);
    stage.net.run_for(2 * SECOND);
    let keys = stage.keys_seen(seen);
    stage.net.source(stage.video).stopped = true;
    for _ in 0..4 {
        stage.net.run_for(3 * SECOND);
        stage.request_key_frame(seen);
    }
    assert_eq!(stage.keys_seen(seen), keys);
    assert_eq!(stage.encodings_seen(seen), [2]);
    stage.net.assert_sound();
}

#[test]
fn later_request_is_answered_by_the_group_of_what_is_being_sent() {
    let mut stage = stage(40);
    stage.run_to(2_000);
    let (seen, _) = viewer_of(&mut stage, 0);
    stage.net.run_for(3 * SECOND);
    // Waits for the best, which does not come before its time.
    prefer(&mut stage, seen, 2);
    stage.request_key_frame(seen);
    stage.net.run_for(1_500 * MS);
    stage.request_key_frame(seen);
    stage.net.run_for(2 * SECOND);
    assert_eq!(stage.keys_seen(seen), 2);
    assert_eq!(stage.encodings_seen(seen), [0]);
    stage.run_to(11_000);
    assert_eq!(stage.encodings_seen(seen), [0, 2]);
    stage.net.assert_sound();
}

#[test]
fn losses_on_both_ways_are_made_up_for() {
    let mut stage = stage(41);
    let seen = stage.viewers_while_packets_are_lost(&LossyStart {
        loss: 0.05,
        delay: 20 * MS,
        after: 6_000,
        viewers: 3,
        times: 12,
        apart: 31 * MS,
    });
    for (seen, asked) in seen {
        stage.assert_whole(seen, asked);
        assert_eq!(stage.encodings_seen(seen), [2]);
    }
    stage.net.assert_sound();
}

#[test]
fn viewer_who_pauses_is_replayed_its_encoding_when_resuming() {
    let mut stage = stage(42);
    stage.run_to(2_000);
    let consumer = stage.first;
    stage.tell(Command::PauseConsumer { consumer });
    stage.run_to(8_000);
    let resumed = stage.net.now;
    stage.tell(Command::ResumeConsumer { consumer });
    stage.net.run_for(8 * SECOND);
    stage.assert_whole(consumer, resumed);
    assert_eq!(stage.encodings_seen(consumer), [0, 1, 2]);
    assert!(stage.caught_up_after(consumer, resumed) < 3 * SECOND);
    stage.net.assert_sound();
}

fn stage(seed: u64) -> Stage {
    Stage::simulcast(seed, GroupOfPicturesOptions::default())
}

/// Room for the two smaller groups.
fn small_memory(seed: u64) -> Stage {
    let options = GroupOfPicturesOptions {
        max_bytes: 2_000_000,
        ..GroupOfPicturesOptions::default()
    };
    Stage::simulcast(seed, options)
}

fn viewer_of(stage: &mut Stage, spatial: u8) -> (ConsumerId, Instant) {
    let viewer = stage.net.join();
    let asked = stage.net.now;
    let seen = stage.net.subscribe_with(viewer, stage.video, |options| {
        options.preferred_layers = Some((spatial, None));
    });
    (seen, asked)
}

fn prefer(stage: &mut Stage, consumer: ConsumerId, spatial: u8) {
    stage.tell(Command::SetPreferredLayers {
        consumer,
        spatial,
        temporal: None,
    });
}
