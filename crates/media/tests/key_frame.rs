//! Key frames come soon, are asked for again when the request is lost, and not more often than a
//! publisher can bear.

use std::time::Instant;

use media::{Command, ConsumerId};
use netem::Config;
use rtc_rtcp::payload_feedbacks::full_intra_request::{FirEntry, FullIntraRequest};
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

#[test]
fn dump_tells_how_often_key_frames_come_and_how_large_pictures_are() {
    let mut net = Net::new(77);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    let sound = net.publish(sender, SourceSetup::opus(50));
    net.run_for(SECOND);
    let facts = |net: &mut Net, id| {
        let router = net.dump().routers.remove(0);
        let producer = router.producers.into_iter().find(|one| one.id == id);
        let producer = producer.expect("it is there");
        let interval = producer.key_frame_interval;
        (producer.key_frames, interval, producer.resolution)
    };
    assert_eq!(facts(&mut net, video), (1, None, Some((640, 360))));
    net.run_for(SECOND);
    net.source(video).encodings[0].skip_numbers(0);
    net.run_for(SECOND);
    let (count, interval, size) = facts(&mut net, video);
    assert_eq!((count, size), (2, Some((640, 360))));
    assert!((1.9..2.1).contains(&interval.unwrap()), "{interval:?}");
    assert_eq!(facts(&mut net, sound), (0, None, None));
    net.assert_sound();
}

#[test]
fn new_viewer_sees_a_picture_within_a_round_trip() {
    let mut net = Net::new(1);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(3 * SECOND);
    for _ in 0..3 {
        let viewer = net.join();
        let start = net.now;
        let seen = net.subscribe(viewer, video);
        net.sink(seen).sends_pli = false;
        net.run_for(2 * SECOND);
        // PLI up, at most one picture's wait, key frame down: 20 + 33 + 20 ms.
        assert!(first_picture(&mut net, seen) - start <= 120 * MS);
        assert_eq!(net.sink(seen).decoder.jumps, 0);
    }
    net.assert_sound();
}

#[test]
fn viewer_waits_for_the_key_frame_and_gets_nothing_before_it() {
    let mut net = Net::new(2);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(SECOND);
    let viewer = net.join();
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let (_, first) = net
        .sink(seen)
        .packets
        .first_key_value()
        .expect("packets came");
    let (_, piece) = first.video.expect("it is video");
    assert!(piece.key && piece.index == 0, "{piece:?}");
}

#[test]
fn lost_key_frame_request_is_repeated() {
    for seed in 0..10 {
        let mut net = Net::new(seed);
        let sender = net.join();
        let video = net.publish(sender, SourceSetup::vp8(10));
        net.run_for(2 * SECOND);
        let viewer = net.join();
        let start = net.now;
        net.peers[sender.0].down.set_config(Config::lossy(1.0));
        let seen = net.subscribe(viewer, video);
        net.sink(seen).sends_pli = false;
        net.run_for(900 * MS);
        assert!(net.sink(seen).pictures().is_empty());
        net.set_links(sender, Config::default().with_delay(10 * MS));
        net.run_for(3 * SECOND);
        let waited = first_picture(&mut net, seen) - start;
        assert!(waited <= 2_500 * MS, "seed {seed}: {waited:?}");
        net.assert_sound();
    }
}

#[test]
fn lost_key_frame_is_asked_for_again() {
    let mut net = Net::new(3);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(2 * SECOND);
    let viewer = net.join();
    let seen = net.subscribe(viewer, video);
    net.sink(seen).sends_pli = false;
    let start = net.now;
    // The request arrives; what it produces does not.
    net.peers[sender.0].up.set_config(Config::lossy(1.0));
    net.run_for(500 * MS);
    net.set_links(sender, Config::default().with_delay(10 * MS));
    net.run_for(3 * SECOND);
    let waited = first_picture(&mut net, seen) - start;
    assert!(waited <= 2_500 * MS, "{waited:?}");
}

#[test]
fn resumed_viewer_continues_with_a_key_frame() {
    let mut net = Net::new(4);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let consumer = net.subscribe(viewer, video);
    net.run_for(SECOND);
    for pause in [0, 50, 500, 3_000] {
        net.request(Command::PauseConsumer { consumer })
            .expect("it is there");
        net.run_for(pause * MS);
        let before = net.sink(consumer).pictures().len();
        let start = net.now;
        net.request(Command::ResumeConsumer { consumer })
            .expect("it is there");
        net.run_for(SECOND);
        let sink = net.sink(consumer);
        let next = sink.pictures()[before..]
            .iter()
            .find(|picture| picture.piece.key);
        let next = next.expect("a key frame came");
        assert!(
            next.at - start <= 300 * MS,
            "{pause}: {:?}",
            next.at - start
        );
    }
    assert_eq!(net.sink(consumer).decoder.jumps, 0);
    net.assert_sound();
}

#[test]
fn resumed_producer_shows_a_picture_at_once() {
    let mut net = Net::new(5);
    let (sender, viewer) = (net.join(), net.join());
    let producer = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, producer);
    net.run_for(SECOND);
    net.request(Command::PauseProducer { producer })
        .expect("it is there");
    net.run_for(2 * SECOND);
    let before = net.sink(seen).packets.len();
    net.run_for(SECOND);
    assert_eq!(net.sink(seen).packets.len(), before);
    let start = net.now;
    net.request(Command::ResumeProducer { producer })
        .expect("it is there");
    net.run_for(SECOND);
    let sink = net.sink(seen);
    let next = sink.pictures().iter().find(|picture| picture.at > start);
    let next = next.expect("pictures came again");
    assert!(next.piece.key && next.at - start <= 150 * MS);
    assert_eq!(net.sink(seen).decoder.jumps, 0);
    net.assert_sound();
}

#[test]
fn ten_viewers_arriving_together_all_see_a_picture_within_a_second() {
    let mut net = Net::new(6);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(2 * SECOND);
    let viewers: Vec<PeerKey> = (0..10).map(|_| net.join()).collect();
    let asked = net.source(video).key_requests().len();
    let mut arrivals = Vec::new();
    for viewer in viewers {
        arrivals.push((net.now, net.subscribe(viewer, video)));
        net.run_for(10 * MS);
    }
    net.run_for(2 * SECOND);
    for (start, seen) in arrivals {
        assert!(first_picture(&mut net, seen) - start <= SECOND);
    }
    let asked = net.source(video).key_requests().len() - asked;
    assert!(asked <= 10, "{asked} requests");
    net.assert_sound();
}

#[test]
fn flood_of_requests_reaches_the_publisher_five_times_a_second_at_most() {
    let mut net = Net::new(7);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    let viewers: Vec<(PeerKey, ConsumerId)> = (0..5)
        .map(|_| {
            let viewer = net.join();
            (viewer, net.subscribe(viewer, video))
        })
        .collect();
    net.run_for(SECOND);
    let start = net.now;
    for _ in 0..500 {
        for (viewer, seen) in &viewers {
            ask(&mut net, *viewer, *seen);
        }
        net.run_for(10 * MS);
    }
    let requests = net.source(video).key_requests();
    let during: Vec<Instant> = requests.into_iter().filter(|at| *at >= start).collect();
    assert!(
        (10..=26).contains(&during.len()),
        "{} requests in 5 s",
        during.len()
    );
    for pair in during.windows(2) {
        assert!(
            pair[1] - pair[0] >= 190 * MS,
            "{:?} apart",
            pair[1] - pair[0]
        );
    }
    net.assert_sound();
}

#[test]
fn request_during_the_pause_after_another_is_not_swallowed() {
    let mut net = Net::new(8);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    ask(&mut net, viewer, seen);
    net.run_for(100 * MS);
    let keys = net.source(video).encodings[0].key_frames.len();
    // The key frame of the first request has been sent; this one asks for another.
    ask(&mut net, viewer, seen);
    net.run_for(SECOND);
    let more = net.source(video).encodings[0].key_frames.len() - keys;
    assert!(more >= 1, "the second request was lost");
}

#[test]
fn publisher_that_never_answers_is_not_flooded() {
    let mut net = Net::new(9);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(SECOND);
    let viewer = net.join();
    net.source(video).encodings[0].answers_requests = false;
    let before = net.source(video).key_requests().len();
    let seen = net.subscribe(viewer, video);
    net.sink(seen).sends_pli = false;
    net.run_for(30 * SECOND);
    let requests = net.source(video).key_requests().len() - before;
    assert!((2..=60).contains(&requests), "{requests} requests in 30 s");
    assert!(net.sink(seen).packets.is_empty());
}

#[test]
fn full_intra_request_counts_as_a_request() {
    let mut net = Net::new(10);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    let before = net.source(video).key_requests().len();
    let ssrc = net.sink(seen).setup.ssrc;
    let client = net.client(viewer);
    let request = FullIntraRequest {
        sender_ssrc: client.ssrc(),
        media_ssrc: 0,
        fir: vec![FirEntry {
            ssrc,
            sequence_number: 1,
        }],
    };
    client.send_rtcp(&[Box::new(request)]);
    net.run_for(SECOND);
    assert!(net.source(video).key_requests().len() > before);
}

fn ask(net: &mut Net, viewer: PeerKey, seen: ConsumerId) {
    let media_ssrc = net.sink(seen).setup.ssrc;
    let client = net.client(viewer);
    let request = PictureLossIndication {
        sender_ssrc: client.ssrc(),
        media_ssrc,
    };
    client.send_rtcp(&[Box::new(request)]);
}

fn first_picture(net: &mut Net, seen: ConsumerId) -> Instant {
    net.sink(seen)
        .pictures()
        .first()
        .expect("a picture came")
        .at
}
