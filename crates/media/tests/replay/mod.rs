//! A viewer who comes between two key frames of a publisher that takes no notice of requests is sent
//! the newest group of pictures, catches up, and is then as near to the present as everybody.

mod simulcast;
mod stage;

use media::{Command, GroupOfPicturesOptions};
use netem::Config;

use self::stage::{LossyStart, Stage};
use super::common::{MS, SECOND};

#[test]
fn viewer_in_the_middle_of_a_group_gets_its_key_frame_at_once_and_all_that_followed() {
    let mut stage = Stage::new(1);
    stage.run_to(8_000);
    let (seen, asked) = stage.late_viewer();
    stage.net.run_for(10 * SECOND);
    let group = stage.last_key_before(asked);
    stage.assert_whole(seen, asked);
    let sink = stage.net.sink(seen);
    let first = sink.packets.values().next().expect("it is seen");
    assert!(first.video.unwrap().1.key && first.at - asked <= 50 * MS);
    // Nothing of the group is missing.
    let pictures = sink.pictures();
    assert_eq!(pictures[0].piece.picture, group);
    assert!(
        pictures
            .windows(2)
            .all(|pair| pair[1].piece.picture == pair[0].piece.picture + 1)
    );
    assert_eq!((sink.plis_sent, sink.nacks_sent), (0, 0));
    stage.net.assert_sound();
}

#[test]
fn viewer_has_caught_up_within_a_part_of_the_groups_length() {
    let mut stage = Stage::new(2);
    stage.run_to(8_000);
    let (seen, asked) = stage.late_viewer();
    stage.net.run_for(9 * SECOND);
    // Behind the one who was there before by less than a frame, and by timestamps as well.
    let caught_up = stage.caught_up_after(seen, asked);
    assert!(caught_up < 2_500 * MS, "{caught_up:?}");
    let sink = stage.net.sink(seen);
    let late: Vec<_> = sink
        .pictures()
        .iter()
        .filter(|it| it.at > asked + 4 * SECOND)
        .collect();
    for pair in late.windows(2) {
        let (ticks, time) = (
            pair[1].timestamp - pair[0].timestamp,
            pair[1].at - pair[0].at,
        );
        assert!(
            (2_900..=3_100).contains(&ticks),
            "{ticks} {time:?}: live again"
        );
    }
    stage.net.assert_sound();
}

/// What a player sees: each frame comes when its timestamp says, or it would buffer the difference.
#[test]
fn timestamps_are_those_of_the_moments_at_which_frames_are_sent() {
    let mut stage = Stage::new(3);
    stage.run_to(8_500);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(9 * SECOND);
    let sink = stage.net.sink(seen);
    let first = sink.pictures()[0];
    for picture in sink.pictures() {
        let ticks = (picture.timestamp - first.timestamp) as i64;
        let time = ((picture.at - first.at).as_micros() * 9 / 100) as i64;
        // A frame's last packet is portions behind its first.
        assert!((ticks - time).abs() < 90 * 60, "{ticks} at {time}");
    }
    for (at, _, rtp) in &sink.sender_reports {
        let time = (*at - first.at).as_micros() as i64 * 9 / 100;
        let ticks = i64::from(rtp.wrapping_sub(first.timestamp as u32) as i32);
        assert!((ticks - time).abs() < 90 * 60, "report: {ticks} at {time}");
    }
    assert!(sink.sender_reports.len() > 5);
    stage.net.assert_sound();
}

#[test]
fn new_key_frame_during_the_replay_is_jumped_to() {
    let mut stage = Stage::new(4);
    stage.run_to(9_500);
    let (seen, asked) = stage.late_viewer();
    stage.net.run_for(5 * SECOND);
    let key = stage.last_key_before(stage.net.now);
    assert!(key > stage.last_key_before(asked), "one came");
    let sink = stage.net.sink(seen);
    let numbers: Vec<_> = sink.pictures().iter().map(|it| it.piece.picture).collect();
    let jump = numbers.windows(2).position(|pair| pair[1] != pair[0] + 1);
    let jump = jump.expect("the rest of the old group was left out");
    assert_eq!(numbers[jump + 1], key);
    assert!(
        numbers[jump + 2..]
            .windows(2)
            .all(|pair| pair[1] == pair[0] + 1)
    );
    // Out of turn by the source's count, and yet one stream.
    stage.assert_whole(seen, asked);
    assert!(stage.caught_up_after(seen, asked) < 800 * MS);
    stage.net.assert_sound();
}

#[test]
fn viewers_who_come_one_after_another_each_have_their_own_place() {
    let mut stage = Stage::new(5);
    stage.run_to(7_500);
    let viewers = [stage.net.join(), stage.net.join(), stage.net.join()];
    let mut seen = Vec::new();
    for viewer in viewers {
        let asked = stage.net.now;
        seen.push((stage.net.subscribe(viewer, stage.video), asked));
        stage.net.run_for(400 * MS);
    }
    stage.net.run_for(8 * SECOND);
    for (seen, asked) in seen {
        stage.assert_whole(seen, asked);
        assert!(stage.caught_up_after(seen, asked) < 2_500 * MS);
    }
    // Who was there before has noticed nothing.
    let now = stage.net.now;
    let sink = stage.net.sink(stage.first);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert!(sink.decoder.longest_freeze(now) < 60 * MS);
    stage.net.assert_sound();
}

#[test]
fn packets_lost_during_the_replay_are_sent_again() {
    let mut stage = Stage::new(6);
    stage.run_to(8_000);
    let viewer = stage
        .net
        .join_through(Config::lossy(0.03).with_delay(15 * MS));
    let asked = stage.net.now;
    let seen = stage.net.subscribe(viewer, stage.video);
    stage.net.run_for(4 * SECOND);
    stage
        .net
        .set_links(viewer, Config::default().with_delay(15 * MS));
    stage.net.run_for(SECOND);
    let sink = stage.net.sink(seen);
    assert!(sink.rtx_packets > 30, "{}", sink.rtx_packets);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert_eq!(sink.duplicates, 0);
    let first = &sink.packets.values().next().unwrap();
    assert!(first.at - asked < 200 * MS);
    stage.net.assert_sound();
}

#[test]
fn packets_the_publisher_lost_have_their_place_in_the_replay() {
    let mut stage = Stage::new(7);
    let seen = stage.viewers_while_packets_are_lost(&LossyStart {
        loss: 0.1,
        delay: 30 * MS,
        after: 8_000,
        viewers: 2,
        times: 40,
        apart: 9 * MS,
    });
    for (seen, asked) in seen {
        stage.assert_whole(seen, asked);
    }
    stage.net.assert_sound();
}

#[test]
fn key_frame_requests_do_not_start_the_replay_again() {
    let mut stage = Stage::new(8);
    stage.run_to(8_000);
    let (seen, _) = stage.late_viewer();
    for _ in 0..19 {
        stage.net.run_for(100 * MS);
        stage.request_key_frame(seen);
    }
    assert_eq!(stage.keys_seen(seen), 1);
    stage.net.assert_sound();
}

#[test]
fn later_request_of_a_deaf_publishers_viewer_is_answered_by_a_replay() {
    let mut stage = Stage::new(9);
    stage.run_to(4_000);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(3 * SECOND);
    assert_eq!(stage.keys_seen(seen), 1);
    // Nobody knows yet that asking is of no use.
    stage.request_key_frame(seen);
    stage.net.run_for(500 * MS);
    assert_eq!(stage.keys_seen(seen), 1);
    stage.net.run_for(1_500 * MS);
    assert_eq!(stage.keys_seen(seen), 2);
    // Now it is known; but not more often than once a second.
    stage.run_to(18_000);
    let before = stage.keys_seen(seen);
    for _ in 0..10 {
        stage.request_key_frame(seen);
        stage.net.run_for(10 * MS);
    }
    stage.net.run_for(1_900 * MS);
    assert_eq!(stage.keys_seen(seen), before + 1);
    let now = stage.net.now;
    let sink = stage.net.sink(seen);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert!(sink.decoder.longest_freeze(now) < 100 * MS);
    sink.decoder.assert_continuous();
    stage.net.assert_sound();
}

#[test]
fn viewer_of_a_publisher_that_is_gone_sees_nothing_twice() {
    let mut stage = Stage::new(19);
    stage.run_to(4_000);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(3 * SECOND);
    // So that it is known to take no notice.
    stage.request_key_frame(seen);
    stage.net.run_for(2 * SECOND);
    stage.net.source(stage.video).stopped = true;
    stage.net.run_for(2 * SECOND);
    let before = (stage.keys_seen(seen), stage.net.sink(seen).packets.len());
    for _ in 0..5 {
        stage.request_key_frame(seen);
        stage.net.run_for(3 * SECOND);
    }
    let after = (stage.keys_seen(seen), stage.net.sink(seen).packets.len());
    assert_eq!(before, after);
    stage.net.assert_sound();
}

#[test]
fn publisher_that_listens_is_asked_instead() {
    let mut stage = Stage::new(10);
    stage.net.source(stage.video).encodings[0].answers_requests = true;
    stage.run_to(4_000);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(3 * SECOND);
    assert!(stage.net.source(stage.video).key_requests().is_empty());
    stage.request_key_frame(seen);
    stage.net.run_for(100 * MS);
    assert_eq!(stage.keys_seen(seen), 2);
    assert_eq!(
        stage.net.source(stage.video).encodings[0].key_frames.len(),
        2
    );
    stage.net.assert_sound();
}

#[test]
fn viewer_who_pauses_is_replayed_to_when_resuming() {
    let mut stage = Stage::new(11);
    stage.run_to(2_000);
    let consumer = stage.first;
    stage.tell(Command::PauseConsumer { consumer });
    stage.run_to(8_000);
    let resumed = stage.net.now;
    stage.tell(Command::ResumeConsumer { consumer });
    stage.net.run_for(8 * SECOND);
    let sink = stage.net.sink(consumer);
    let mut again = sink.packets.values().filter(|packet| packet.at >= resumed);
    let first = again.next().unwrap();
    assert!(first.video.unwrap().1.key && first.at - resumed <= 50 * MS);
    let before = sink
        .packets
        .values()
        .rfind(|packet| packet.at < resumed)
        .unwrap();
    let ticks = first.timestamp - before.timestamp;
    let time = ((first.at - before.at).as_millis() * 90) as u64;
    assert!(ticks.abs_diff(time) < 90 * 50, "{ticks} {time}");
    assert!(stage.caught_up_after(consumer, resumed) < 2_500 * MS);
    stage.assert_whole(consumer, resumed);
    stage.net.assert_sound();
}

#[test]
fn stream_that_is_taken_up_again_goes_on_with_a_replay() {
    let mut stage = Stage::new(17);
    stage.run_to(3_000);
    let viewer = stage.net.join();
    let resumable = |options: &mut media::ConsumeOptions| options.resumable = true;
    let before = stage.net.subscribe_with(viewer, stage.video, resumable);
    stage.net.run_for(2 * SECOND);
    let consumer = before;
    stage.tell(Command::CloseConsumer { consumer });
    stage.run_to(8_000);
    let asked = stage.net.now;
    let video = stage.video;
    let seen = stage.net.subscribe_again(before, video, resumable);
    stage.net.run_for(6 * SECOND);
    stage.assert_whole(seen, asked);
    assert!(stage.caught_up_after(seen, asked) < 2_500 * MS);
    let sink = stage.net.sink(seen);
    let mut packets = sink.packets.values().skip_while(|it| it.at < asked);
    let (first, last) = (
        packets.next().unwrap(),
        sink.packets.values().last().unwrap(),
    );
    let ticks = last.timestamp - first.timestamp;
    let time = ((last.at - first.at).as_millis() * 90) as u64;
    assert!(ticks.abs_diff(time) < 90 * 60, "{ticks} {time}");
    stage.net.assert_sound();
}

#[test]
fn group_that_outgrows_its_bounds_is_not_replayed() {
    for options in [
        GroupOfPicturesOptions {
            max_bytes: 500_000,
            ..GroupOfPicturesOptions::default()
        },
        GroupOfPicturesOptions {
            max_duration: 5 * SECOND,
            ..GroupOfPicturesOptions::default()
        },
    ] {
        let mut stage = Stage::with(12, options);
        stage.run_to(8_000);
        let viewer = stage.net.join();
        let asked = stage.net.now;
        let seen = stage.net.subscribe(viewer, stage.video);
        stage.net.run_for(SECOND);
        assert!(stage.net.sink(seen).packets.is_empty());
        // From the next key frame on there is one again.
        stage.run_to(11_000);
        let first = stage.net.sink(seen).packets.values().next().unwrap();
        assert!(first.at - asked > SECOND);
        let late = stage.net.subscribe(viewer, stage.video);
        stage.net.run_for(50 * MS);
        assert_eq!(stage.keys_seen(late), 1);
        stage.net.assert_sound();
    }
}

#[test]
fn group_dropped_during_the_replay_leaves_the_viewer_waiting_for_a_key_frame() {
    let mut stage = Stage::with(
        13,
        GroupOfPicturesOptions {
            max_duration: 8_200 * MS,
            ..GroupOfPicturesOptions::default()
        },
    );
    stage.run_to(7_900);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(1_500 * MS);
    let early = stage.net.sink(seen).packets.len();
    stage.net.run_for(4 * SECOND);
    let sink = stage.net.sink(seen);
    assert!(early > 0 && sink.packets.len() > early);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert_eq!(stage.keys_seen(seen), 2);
    stage.net.assert_sound();
}

#[test]
fn closing_in_the_middle_of_a_replay_harms_nobody() {
    let mut stage = Stage::new(14);
    stage.run_to(8_000);
    let viewers = [stage.net.join(), stage.net.join(), stage.net.join()];
    let seen = viewers.map(|viewer| stage.net.subscribe(viewer, stage.video));
    stage.net.run_for(200 * MS);
    let consumer = seen[0];
    stage.tell(Command::CloseConsumer { consumer });
    let transport = stage.net.peers[viewers[1].0].transport;
    stage.tell(Command::CloseTransport { transport });
    stage.net.run_for(200 * MS);
    let packets = stage.net.sink(seen[2]).packets.len();
    assert!(packets > stage.net.sink(seen[0]).packets.len());
    let producer = stage.video;
    stage.tell(Command::CloseProducer { producer });
    stage.net.run_for(3 * SECOND);
    assert!(stage.net.sink(seen[2]).packets.len() < packets + 300);
    stage.net.assert_sound();
}

#[test]
fn pause_of_the_publisher_ends_group_and_replay() {
    let mut stage = Stage::new(15);
    stage.run_to(8_000);
    let (seen, _) = stage.late_viewer();
    stage.net.run_for(200 * MS);
    let producer = stage.video;
    stage.tell(Command::PauseProducer { producer });
    stage.net.run_for(500 * MS);
    let packets = stage.net.sink(seen).packets.len();
    stage.tell(Command::ResumeProducer { producer });
    stage.net.run_for(500 * MS);
    assert_eq!(
        stage.net.sink(seen).packets.len(),
        packets,
        "no key frame yet"
    );
    stage.run_to(12_000);
    assert_eq!(stage.keys_seen(seen), 2);
    stage.net.assert_sound();
}

#[test]
fn many_viewers_at_one_moment_are_all_served() {
    let mut stage = Stage::new(16);
    stage.run_to(2_000);
    let viewers: Vec<_> = (0..5).map(|_| stage.net.join()).collect();
    stage.run_to(8_000);
    let asked = stage.net.now;
    let mut seen = Vec::new();
    for viewer in viewers {
        seen.extend((0..4).map(|_| stage.net.subscribe(viewer, stage.video)));
    }
    stage.net.run_for(4 * SECOND);
    for seen in seen {
        stage.assert_whole(seen, asked);
    }
    let dump = stage.net.dump();
    assert_eq!(dump.dropped_transmit, 0);
    stage.net.assert_sound();
}
