//! Sources and orders of events that are unusual and legal.

use media::{Command, ConsumerId};
use netem::Config;

use super::common::{MS, Net, SECOND, SourceSetup};

#[test]
fn consumer_made_before_its_transport_connects_starts_with_a_key_frame() {
    let mut net = Net::new(1);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(2 * SECOND);
    let viewer = net.create_peer(true);
    net.set_links(viewer, Config::default().with_delay(10 * MS));
    net.client(viewer).ice.enabled = false;
    let seen = net.subscribe(viewer, video);
    net.sink(seen).sends_pli = false;
    net.run_for(2 * SECOND);
    net.connect(viewer).expect("parameters are valid");
    let now = net.now;
    net.client(viewer).ice.enabled = true;
    net.client(viewer).ice.check_now(now);
    net.run_for(2 * SECOND);
    let first = *net.sink(seen).pictures().first().expect("pictures came");
    let connected = net.client(viewer).connected_at.expect("it connected");
    assert!(
        first.at - connected <= 300 * MS,
        "{:?}",
        first.at - connected
    );
    assert_eq!(net.sink(seen).decoder.jumps, 0);
    net.assert_sound();
}

#[test]
fn consumer_made_before_the_first_packet_sees_the_first_picture() {
    let mut net = Net::new(2);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.source(video).stopped = true;
    let seen = net.subscribe(viewer, video);
    net.sink(seen).sends_pli = false;
    net.run_for(5 * SECOND);
    let start = net.now;
    net.source(video).stopped = false;
    net.run_for(SECOND);
    let first = net.sink(seen).pictures().first().expect("pictures came").at;
    assert!(first - start <= 150 * MS, "{:?}", first - start);
    net.assert_sound();
}

#[test]
fn vp8_without_picture_ids_is_forwarded() {
    let mut net = Net::new(3);
    let (sender, viewer) = (net.join(), net.join());
    let mut setup = SourceSetup::vp8_simulcast(10);
    setup.sends_picture_ids = false;
    setup.temporal_layers = 1;
    let video = net.publish(sender, setup);
    let consumer = net.subscribe(viewer, video);
    net.run_for(4 * SECOND);
    for spatial in [0, 2, 1] {
        let command = Command::SetPreferredLayers {
            consumer,
            spatial,
            temporal: None,
        };
        net.request(command).expect("it is there");
        net.run_for(2 * SECOND);
        let last = net.sink(consumer).pictures().last().copied();
        assert_eq!(last.map(|picture| picture.piece.encoding), Some(spatial));
    }
    assert_eq!(net.sink(consumer).decoder.jumps, 0);
    net.assert_sound();
}

/// Camera and screen of a client without the MID extension use the same RIDs. The camera's top
/// layer never starts (a small picture); the screen's must not be taken for it.
#[test]
fn two_simulcast_sources_without_mid_are_told_apart() {
    let mut net = Net::new(4);
    let (sender, viewer) = (net.join(), net.join());
    let setup = |ssrc, mid| SourceSetup {
        sends_mid: false,
        mid,
        ..SourceSetup::vp8_simulcast(ssrc)
    };
    let camera = net.publish(sender, setup(10, "1"));
    net.source(camera).encodings[2].set_active(false);
    let camera_seen = net.subscribe(viewer, camera);
    net.run_for(5 * SECOND);
    let screen = net.publish(sender, setup(1_000, "2"));
    let screen_seen = net.subscribe(viewer, screen);
    net.run_for(5 * SECOND);
    let encodings = |net: &mut Net, seen: ConsumerId| {
        let pictures = net.sink(seen).pictures();
        pictures.last().expect("pictures came").piece.encoding
    };
    assert_eq!(encodings(&mut net, camera_seen), 1);
    assert_eq!(encodings(&mut net, screen_seen), 2);
    net.assert_sound();
}

#[test]
fn two_simulcast_sources_without_mid_are_repaired_each_by_its_own_rtx() {
    for seed in 0..4 {
        let mut net = Net::new(seed);
        let (sender, viewer) = (net.join(), net.join());
        let mut seen = Vec::new();
        for (ssrc, mid) in [(10, "1"), (1_000, "2")] {
            let mut setup = SourceSetup {
                sends_mid: false,
                mid,
                ..SourceSetup::vp8_simulcast(ssrc)
            };
            for encoding in &mut setup.encodings {
                // Clocks start at random.
                encoding.first_timestamp ^= ssrc.wrapping_mul(0x0100_0193);
            }
            let producer = net.publish(sender, setup);
            seen.push(net.subscribe(viewer, producer));
        }
        net.run_for(SECOND);
        let lossy = Config::lossy(0.05).with_delay(10 * MS);
        net.peers[sender.0].up.set_config(lossy);
        net.run_for(10 * SECOND);
        net.set_links(sender, Config::default().with_delay(10 * MS));
        net.run_for(2 * SECOND);
        for consumer in seen {
            assert_eq!(net.sink(consumer).lost(), [0_u64; 0], "seed {seed}");
        }
        net.assert_sound();
    }
}

#[test]
fn two_consumers_of_one_producer_on_one_transport_are_independent() {
    let mut net = Net::new(5);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8_simulcast(10));
    let (one, two) = (net.subscribe(viewer, video), net.subscribe(viewer, video));
    net.run_for(3 * SECOND);
    net.request(Command::PauseConsumer { consumer: one })
        .expect("it is there");
    net.run_for(2 * SECOND);
    net.request(Command::CloseConsumer { consumer: one })
        .expect("it is there");
    let before = net.sink(two).pictures().len();
    net.run_for(2 * SECOND);
    assert!(net.sink(two).pictures().len() >= before + 58);
    assert_eq!(net.sink(two).lost(), [0_u64; 0]);
    net.assert_sound();
}

#[test]
fn sender_sees_itself() {
    let mut net = Net::new(6);
    let sender = net.join();
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(sender, video);
    net.run_for(3 * SECOND);
    assert!(net.sink(seen).pictures().len() >= 85);
    net.assert_sound();
}

#[test]
fn source_whose_clock_jumps_goes_on() {
    for jump in [90_000 * 60, u32::MAX - 90_000 * 60] {
        let mut net = Net::new(7);
        let (sender, viewer) = (net.join(), net.join());
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(viewer, video);
        net.run_for(2 * SECOND);
        // A laptop slept, or an encoder was replaced.
        net.source(video).jump_clock(jump);
        let before = net.sink(seen).packets.len();
        net.run_for(3 * SECOND);
        let sink = net.sink(seen);
        assert!(sink.packets.len() > before + 170, "jump by {jump}");
        assert_eq!((sink.lost(), sink.decoder.errors.len()), (vec![], 0));
    }
}

#[test]
fn source_that_skips_numbers_goes_on_after_a_key_frame() {
    let mut net = Net::new(8);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    let before = net.sink(seen).pictures().len();
    net.source(video).encodings[0].skip_numbers(20_000);
    net.run_for(5 * SECOND);
    let after = net.sink(seen).pictures().len();
    assert!(after >= before + 120, "{before} → {after}");
    let asked = net.source(video).encodings[0].nacked.len();
    assert!(asked <= 3_000, "{asked} packets asked for that never were");
}

#[test]
fn thousand_pauses_end_in_the_right_state() {
    let mut net = Net::new(9);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let consumer = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let requests = net.source(video).key_requests().len();
    for _ in 0..1_000 {
        net.request(Command::PauseConsumer { consumer })
            .expect("it is there");
        net.request(Command::ResumeConsumer { consumer })
            .expect("it is there");
        net.run_for(10 * MS);
    }
    let requests = net.source(video).key_requests().len() - requests;
    assert!(requests <= 52, "{requests} key-frame requests in 10 s");
    let before = net.sink(consumer).pictures().len();
    net.run_for(2 * SECOND);
    assert!(net.sink(consumer).pictures().len() >= before + 50);
    net.request(Command::PauseConsumer { consumer })
        .expect("it is there");
    net.run_for(100 * MS);
    let before = net.sink(consumer).packets.len();
    net.run_for(SECOND);
    assert_eq!(net.sink(consumer).packets.len(), before);
    net.assert_sound();
}

#[test]
fn producer_closed_and_published_again_shows_a_picture_each_time() {
    let mut net = Net::new(10);
    let (sender, viewer) = (net.join(), net.join());
    for turn in 0..20 {
        // A browser keeps the SSRC when a track is stopped and sent again.
        let producer = net.publish(sender, SourceSetup::vp8(10 + turn));
        let seen = net.subscribe(viewer, producer);
        let start = net.now;
        net.run_for(SECOND);
        let first = net
            .sink(seen)
            .pictures()
            .first()
            .expect("a picture came")
            .at;
        assert!(
            first - start <= 300 * MS,
            "turn {turn}: {:?}",
            first - start
        );
        net.source(producer).stopped = true;
        net.request(Command::CloseProducer { producer })
            .expect("it is there");
    }
    let dump = net.dump();
    assert!(
        dump.routers[0]
            .transports
            .iter()
            .all(|transport| transport.ssrcs == 0)
    );
    net.assert_sound();
}

#[test]
fn same_ssrc_published_again_after_close_is_forwarded() {
    let mut net = Net::new(11);
    let (sender, viewer) = (net.join(), net.join());
    let producer = net.publish(sender, SourceSetup::vp8(10));
    net.subscribe(viewer, producer);
    net.run_for(2 * SECOND);
    net.request(Command::CloseProducer { producer })
        .expect("it is there");
    net.source(producer).stopped = true;
    net.run_for(SECOND);
    let mut setup = SourceSetup::vp8(10);
    // The stream goes on counting.
    setup.encodings[0].first_sequence = 6_000;
    let again = net.publish(sender, setup);
    let seen = net.subscribe(viewer, again);
    net.run_for(2 * SECOND);
    assert!(
        net.sink(seen).pictures().len() >= 55,
        "{}",
        net.sink(seen).pictures().len()
    );
    net.assert_sound();
}

#[test]
fn rate_limited_viewer_still_gets_pictures() {
    let mut net = Net::new(12);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8_simulcast(10));
    let seen = net.subscribe(viewer, video);
    let other = net.join();
    let untouched = net.subscribe(other, video);
    net.run_for(3 * SECOND);
    let narrow = Config {
        rate: Some(netem::RateLimit {
            bits_per_second: 1_000_000,
            queue_bytes: 60_000,
        }),
        delay: 10 * MS,
        ..Config::default()
    };
    net.peers[viewer.0].down.set_config(narrow);
    net.run_for(20 * SECOND);
    let now = net.now;
    let freeze = net.sink(seen).decoder.longest_freeze(now);
    println!(
        "longest freeze {freeze:?}, {} pictures",
        net.sink(seen).pictures().len()
    );
    assert!(freeze <= 3 * SECOND, "{freeze:?}");
    let sink = net.sink(untouched);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    net.assert_sound();
}
