//! Lost packets are asked for, sent again, and forwarded once.

use media::{ConsumerId, ProducerId};
use netem::{Burst, Config};

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

/// One sender, one receiver, video and sound between them.
struct Call {
    net: Net,
    sender: PeerKey,
    receiver: PeerKey,
    video: ProducerId,
    seen: ConsumerId,
}

/// Which leg a test disturbs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leg {
    Publisher,
    Subscriber,
    Both,
}

const LEGS: [Leg; 3] = [Leg::Publisher, Leg::Subscriber, Leg::Both];

#[test]
fn one_percent_loss_is_repaired_on_every_leg() {
    for leg in LEGS {
        let mut call = Call::new(1);
        call.disturb(leg, Config::lossy(0.01));
        call.assert_repaired(leg, 0, 200);
    }
}

#[test]
fn five_percent_loss_is_repaired_on_every_leg() {
    for leg in LEGS {
        let mut call = Call::new(2);
        call.disturb(leg, Config::lossy(0.05));
        call.assert_repaired(leg, 0, 300);
    }
}

#[test]
fn ten_percent_loss_is_repaired_on_every_leg() {
    for leg in LEGS {
        let mut call = Call::new(3);
        call.disturb(leg, Config::lossy(0.1));
        call.assert_repaired(leg, 1, 400);
    }
}

#[test]
fn burst_loss_is_repaired_on_every_leg() {
    let burst = Burst {
        enter: 0.02,
        leave: 0.3,
        loss_in_burst: 1.0,
    };
    for leg in LEGS {
        let mut call = Call::new(4);
        call.disturb(
            leg,
            Config {
                burst: Some(burst),
                ..Config::default()
            },
        );
        call.assert_repaired(leg, 1, 500);
    }
}

#[test]
fn undisturbed_call_loses_repeats_and_asks_for_nothing() {
    let mut call = Call::new(5);
    call.net.run_for(20 * SECOND);
    let sent = call.net.source(call.video).encodings[0].packets;
    let asked = call.net.source(call.video).encodings[0].nacked.len();
    let sink = call.net.sink(call.seen);
    assert_eq!((asked, sink.nacks_sent, sink.duplicates), (0, 0, 0));
    assert!(
        sink.packets.len() as u32 >= sent - 20,
        "{} of {sent}",
        sink.packets.len()
    );
    assert!(sink.pictures().len() >= 590);
    call.net.assert_sound();
}

#[test]
fn one_viewers_loss_costs_nobody_else_anything() {
    let mut call = Call::new(6);
    let other = call.net.join();
    let undisturbed = call.net.subscribe(other, call.video);
    // Its own wish for a key frame would be honest, but it is not what this test is about.
    call.net.sink(call.seen).sends_pli = false;
    call.net.run_for(SECOND);
    let requests = call.net.source(call.video).key_requests().len();
    call.net.peers[call.receiver.0]
        .down
        .set_config(Config::lossy(0.1).with_delay(10 * MS));
    call.net.run_for(20 * SECOND);
    let source = call.net.source(call.video);
    assert_eq!(source.encodings[0].nacked, []);
    assert_eq!(source.key_requests().len(), requests);
    let sink = call.net.sink(undisturbed);
    assert_eq!(
        (sink.nacks_sent, sink.plis_sent, sink.rtx_packets),
        (0, 0, 0)
    );
    assert_eq!(sink.lost(), [0_u64; 0]);
    call.net.assert_sound();
}

/// Sealing a sequence number again with other header extensions would use a GCM nonce twice, so a
/// viewer without RTX gets key frames instead.
#[test]
fn receiver_without_rtx_is_sent_nothing_twice_and_recovers_by_key_frames() {
    let mut call = Call::new(7);
    let viewer = call.net.join();
    let seen = call.net.subscribe_with(viewer, call.video, |options| {
        options.rtp_parameters.codecs.truncate(1);
        options.rtp_parameters.encodings[0].rtx = None;
    });
    call.net.sink(seen).setup.rtx_ssrc = None;
    call.net.sink(seen).setup.rtx_payload_type = None;
    call.net.run_for(SECOND);
    let lossy = Config::lossy(0.05).with_delay(10 * MS);
    call.net.peers[viewer.0].down.set_config(lossy);
    call.net.run_for(10 * SECOND);
    call.net
        .set_links(viewer, Config::default().with_delay(10 * MS));
    call.net.run_for(2 * SECOND);
    let now = call.net.now;
    let sink = call.net.sink(seen);
    assert!(sink.nacks_sent > 0 && sink.decoder.jumps > 0);
    assert_eq!((sink.duplicates, sink.rtx_packets), (0, 0));
    let freeze = sink.decoder.longest_freeze(now);
    assert!(freeze <= SECOND, "{freeze:?}");
    call.net.assert_sound();
}

#[test]
fn sound_lost_on_the_way_in_stays_a_gap_and_does_not_stop_the_rest() {
    let mut call = Call::new(8);
    let sound = call.net.publish(call.sender, SourceSetup::opus(50));
    let heard = call.net.subscribe(call.receiver, sound);
    call.net.run_for(SECOND);
    let lossy = Config::lossy(0.2).with_delay(10 * MS);
    call.net.peers[call.sender.0].up.set_config(lossy);
    call.net.run_for(10 * SECOND);
    call.net
        .set_links(call.sender, Config::default().with_delay(10 * MS));
    call.net.run_for(SECOND);
    let sent = call.net.source(sound).encodings[0].packets as usize;
    let sink = call.net.sink(heard);
    let (arrived, lost) = (sink.packets.len(), sink.lost().len());
    assert_eq!(sink.duplicates, 0);
    // Each packet arrived or left a gap: nothing was renumbered over.
    assert!(arrived + lost >= sent - 5, "{arrived} + {lost} of {sent}");
    for pair in sink.packets.iter().collect::<Vec<_>>().windows(2) {
        let steps = pair[1].0 - pair[0].0;
        assert_eq!(pair[1].1.timestamp - pair[0].1.timestamp, 960 * steps);
    }
}

impl Call {
    fn new(seed: u64) -> Self {
        let mut net = Net::new(seed);
        let sender = net.join();
        let receiver = net.join();
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(receiver, video);
        net.run_for(500 * MS);
        assert!(!net.sink(seen).pictures().is_empty());
        Self {
            net,
            sender,
            receiver,
            video,
            seen,
        }
    }

    /// Twenty disturbed seconds with 40 ms of round trip, then two clean ones.
    fn disturb(&mut self, leg: Leg, config: Config) {
        let delay = 20 * MS;
        let clean = Config::default().with_delay(delay);
        for key in [self.sender, self.receiver] {
            self.net.set_links(key, clean);
        }
        if leg != Leg::Subscriber {
            self.net.set_links(self.sender, config.with_delay(delay));
        }
        if leg != Leg::Publisher {
            self.net.set_links(self.receiver, config.with_delay(delay));
        }
        self.net.run_for(20 * SECOND);
        self.net.set_links(self.sender, clean);
        self.net.set_links(self.receiver, clean);
        self.net.run_for(2 * SECOND);
    }

    fn assert_repaired(&mut self, leg: Leg, jumps: u32, longest_freeze_ms: u64) {
        let now = self.net.now;
        let source = &self.net.source(self.video).encodings[0];
        let asked_publisher = source.nacked.len();
        let pictures_sent = (now - super::common::epoch()).as_secs() as usize * 30 - 90;
        let sink = self.net.sink(self.seen);
        let freeze = sink.decoder.longest_freeze(now).as_millis() as u64;
        let lost = sink.lost().len();
        let figures = format!(
            "{leg:?}: {} packets, {lost} lost, {} by RTX, {} of them needless, {} jumps, freeze {freeze} ms, \
             publisher asked {asked_publisher}, viewer asked {}",
            sink.packets.len(),
            sink.rtx_packets,
            sink.needless_rtx,
            sink.decoder.jumps,
            sink.nacks_sent,
        );
        println!("{figures}");
        assert!(lost * 200 < sink.packets.len(), "{figures}");
        assert_eq!(sink.duplicates, 0, "{figures}");
        assert!(sink.decoder.jumps <= jumps, "{figures}");
        assert!(freeze <= longest_freeze_ms, "{figures}");
        assert!(
            sink.pictures().len() > pictures_sent * 97 / 100,
            "{figures}"
        );
        // A packet that was repaired on its way in is not sent twice on its way out.
        assert!(sink.needless_rtx * 5 <= asked_publisher as u64, "{figures}");
        match leg {
            Leg::Publisher => assert!(asked_publisher > 0, "{figures}"),
            Leg::Subscriber => assert!(asked_publisher == 0 && sink.rtx_packets > 0, "{figures}"),
            Leg::Both => assert!(asked_publisher > 0 && sink.rtx_packets > 0, "{figures}"),
        }
        self.net.assert_sound();
    }
}
