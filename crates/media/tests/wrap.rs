//! Numbers that come round to zero: sequence numbers, timestamps, picture ids, SRTP's roll-over.

use media::Command;
use netem::Config;

use super::common::{MS, Net, SECOND, SourceSetup};

#[test]
fn streams_begin_far_below_the_first_wrap() {
    let mut net = Net::new(9);
    let (sender, viewer) = (net.join(), net.join());
    let sound = net.publish(sender, SourceSetup::opus(50));
    let heard: Vec<_> = (0..30).map(|_| net.subscribe(viewer, sound)).collect();
    net.run_for(SECOND);
    for consumer in heard {
        let first = *net
            .sink(consumer)
            .packets
            .keys()
            .next()
            .expect("it is heard");
        // A receiver that misses the packets before the wrap would count roll-overs from there.
        assert!(first as u16 <= 0x7FFF, "{first}");
    }
}

#[test]
fn every_number_wraps_without_a_gap() {
    let mut setup = SourceSetup::vp8(10);
    setup.encodings[0].first_sequence = 65_500;
    setup.encodings[0].first_timestamp = u32::MAX - 90_000;
    setup.encodings[0].first_picture_id = 32_760;
    let mut net = Net::new(1);
    let (sender, receiver) = (net.join(), net.join());
    let video = net.publish(sender, setup);
    let seen = net.subscribe(receiver, video);
    net.run_for(5 * SECOND);
    let sink = net.sink(seen);
    assert!(sink.pictures().len() >= 145);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    net.assert_sound();
}

#[test]
fn wraps_under_loss_and_reordering_are_repaired() {
    for seed in 0..8 {
        let mut setup = SourceSetup::vp8(10);
        setup.encodings[0].first_sequence = 65_400;
        setup.encodings[0].first_timestamp = u32::MAX - 180_000;
        let mut net = Net::new(seed);
        let (sender, receiver) = (net.join(), net.join());
        let video = net.publish(sender, setup);
        let seen = net.subscribe(receiver, video);
        net.run_for(SECOND);
        let bad = Config {
            loss: 0.05,
            delay: 20 * MS,
            jitter: 10 * MS,
            ..Config::default()
        };
        net.set_links(sender, bad);
        net.set_links(receiver, bad);
        net.run_for(5 * SECOND);
        net.set_links(sender, Config::default().with_delay(20 * MS));
        net.set_links(receiver, Config::default().with_delay(20 * MS));
        net.run_for(2 * SECOND);
        let sink = net.sink(seen);
        assert_eq!(sink.lost(), [0_u64; 0], "seed {seed}");
        assert!(
            sink.pictures().len() > 215,
            "seed {seed}: {}",
            sink.pictures().len()
        );
        net.assert_sound();
    }
}

#[test]
fn roll_over_counters_above_one_stay_in_step() {
    let mut net = Net::new(2);
    let (sender, receiver) = (net.join(), net.join());
    let video = net.publish(sender, dense());
    let seen = net.subscribe(receiver, video);
    net.run_for(8 * SECOND);
    let packets = net.source(video).encodings[0].packets;
    assert!(packets > 2 * 65_536, "{packets} sent");
    let sink = net.sink(seen);
    assert!(sink.packets.len() > 2 * 65_536);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert_eq!(net.dump().routers[0].transports[0].stats.srtp_failures, 0);
    net.assert_sound();
}

#[test]
fn consumer_paused_across_a_wrap_goes_on_without_a_gap() {
    let mut net = Net::new(3);
    let (sender, receiver) = (net.join(), net.join());
    let video = net.publish(sender, dense());
    let consumer = net.subscribe(receiver, video);
    net.run_for(SECOND);
    net.request(Command::PauseConsumer { consumer })
        .expect("it is there");
    net.run_for(100 * MS);
    let before = net.sink(consumer).packets.len();
    net.run_for(5 * SECOND);
    assert_eq!(net.sink(consumer).packets.len(), before);
    net.request(Command::ResumeConsumer { consumer })
        .expect("it is there");
    net.run_for(SECOND);
    let sink = net.sink(consumer);
    assert!(sink.packets.len() > before + 10_000);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    let (first, last) = (
        &sink.pictures()[0],
        sink.pictures().last().expect("pictures came"),
    );
    let ticks = last.timestamp - first.timestamp;
    let elapsed = (last.at - first.at).as_millis() as u64 * 90;
    assert!(
        ticks.abs_diff(elapsed) < 9_000,
        "{ticks} ticks in {elapsed}"
    );
    net.assert_sound();
}

/// 20,000 small packets a second.
fn dense() -> SourceSetup {
    let mut setup = SourceSetup::vp8(10);
    setup.frame_interval = 10 * MS;
    setup.encodings[0].delta_packets = 200;
    setup.encodings[0].key_packets = 200;
    setup.encodings[0].packet_size = 40;
    setup
}
