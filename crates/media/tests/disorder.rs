//! Packets that come late, twice or broken.

use netem::{Config, Reorder};

use super::common::{MS, Net, SECOND, SourceSetup};

#[test]
fn duplicate_packets_from_a_publisher_are_never_forwarded_twice() {
    let mut net = Net::new(1);
    let (sender, receiver) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(receiver, video);
    let twice = Config {
        duplicate: 1.0,
        delay: 10 * MS,
        ..Config::default()
    };
    net.peers[sender.0].up.set_config(twice);
    net.run_for(5 * SECOND);
    let sink = net.sink(seen);
    assert_eq!(sink.duplicates, 0);
    assert!(sink.pictures().len() > 140);
    // Each copy is a replay to SRTP.
    let stats = net.dump().routers[0].transports[0].stats.clone();
    assert!(stats.srtp_failures > 300, "{}", stats.srtp_failures);
    net.assert_sound();
}

#[test]
fn reordered_packets_keep_their_numbers_and_all_arrive() {
    for seed in 0..4 {
        let mut net = Net::new(seed);
        let (sender, receiver) = (net.join(), net.join());
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(receiver, video);
        let late = Config {
            delay: 20 * MS,
            reorder: Some(Reorder {
                probability: 0.05,
                hold: 15 * MS,
            }),
            ..Config::default()
        };
        net.set_links(sender, late);
        net.run_for(10 * SECOND);
        net.set_links(sender, Config::default().with_delay(20 * MS));
        net.run_for(SECOND);
        let sink = net.sink(seen);
        assert_eq!(
            (sink.lost(), sink.duplicates, sink.decoder.jumps),
            (vec![], 0, 0)
        );
        assert!(sink.pictures().len() > 320);
        net.assert_sound();
    }
}

#[test]
fn jitter_of_thirty_milliseconds_freezes_nothing() {
    for seed in 0..4 {
        let mut net = Net::new(seed);
        let (sender, receiver) = (net.join(), net.join());
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(receiver, video);
        net.run_for(SECOND);
        let jitter = Config {
            delay: 40 * MS,
            jitter: 30 * MS,
            ..Config::default()
        };
        net.set_links(sender, jitter);
        net.set_links(receiver, jitter);
        net.run_for(10 * SECOND);
        let now = net.now;
        let sink = net.sink(seen);
        assert_eq!(sink.decoder.jumps, 0);
        let freeze = sink.decoder.longest_freeze(now);
        assert!(freeze <= 300 * MS, "seed {seed}: {freeze:?}");
        net.assert_sound();
    }
}

#[test]
fn broken_packets_are_counted_and_repaired() {
    let mut net = Net::new(3);
    let (sender, receiver) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(receiver, video);
    let broken = Config {
        corrupt: 0.02,
        delay: 10 * MS,
        ..Config::default()
    };
    net.peers[sender.0].up.set_config(broken);
    net.run_for(10 * SECOND);
    net.set_links(sender, Config::default().with_delay(10 * MS));
    net.run_for(SECOND);
    let corrupted = net.peers[sender.0].up.stats().corrupted;
    let dump = net.dump();
    let stats = &dump.routers[0].transports[0].stats;
    let elsewhere = dump.dropped_stun + dump.dropped_unknown_protocol + stats.dropped;
    assert!(corrupted >= 5);
    assert!(
        stats.srtp_failures + elsewhere >= corrupted - 1,
        "{stats:?} of {corrupted}"
    );
    let sink = net.sink(seen);
    assert_eq!((sink.lost(), sink.duplicates), (vec![], 0));
    net.assert_sound();
}
