//! A publisher goes and comes back: its viewers' streams go on under the SSRCs they had.

use std::time::Duration;

use media::{Command, CommandError, ConsumeOptions, ConsumerId, ProducerId, Reply};
use netem::Config;

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup, parameters};

/// A viewer who watches one publisher after another.
struct Broadcast {
    net: Net,
    viewer: PeerKey,
    video: ProducerId,
    seen: ConsumerId,
}

#[test]
fn stream_goes_on_as_after_a_pause() {
    let mut broadcast = Broadcast::new(1);
    broadcast.net.run_for(2 * SECOND);
    broadcast.leave();
    let before = broadcast.end_of_stream();
    broadcast.net.run_for(7 * SECOND);
    broadcast.come_back(900);
    broadcast.net.run_for(2 * SECOND);
    let net = &mut broadcast.net;
    let sink = net.sink(broadcast.seen);
    assert_eq!((sink.lost(), sink.duplicates), (vec![], 0));
    let (_, first) = sink
        .packets
        .range(before.0 + 1..)
        .next()
        .expect("it is seen");
    assert!(
        first.video.expect("VP8").1.key,
        "it goes on with a key frame"
    );
    let (ticks, elapsed) = (first.timestamp - before.1, first.at - before.2);
    let elapsed = (elapsed.as_millis() * 90) as u64;
    assert!(ticks.abs_diff(elapsed) < 90 * 50, "{ticks} for {elapsed}");
    assert_eq!((sink.decoder.jumps, sink.plis_sent), (0, 0));
    net.assert_sound();
}

/// The roll-over counter moves twice, and each time the publisher comes and goes in the middle.
#[test]
fn numbers_never_come_twice_however_often_the_publisher_returns() {
    let mut broadcast = Broadcast::new(2);
    let key = broadcast.viewer;
    let lossy = Config::lossy(0.02).with_delay(10 * MS);
    let mut packets = 0;
    for round in 0..14 {
        broadcast.net.peers[key.0].down.set_config(lossy);
        broadcast.net.run_for(6 * SECOND);
        let clean = Config::default().with_delay(10 * MS);
        broadcast.net.set_links(key, clean);
        broadcast.net.run_for(SECOND);
        broadcast.leave();
        let sink = broadcast.net.sink(broadcast.seen);
        assert!(sink.packets.len() > packets + 4_000, "round {round}");
        packets = sink.packets.len();
        broadcast.net.run_for(200 * MS);
        broadcast.come_back(1_000 + round);
    }
    let sink = broadcast.net.sink(broadcast.seen);
    let (first, last) = (sink.packets.keys().next(), sink.packets.keys().last());
    assert!(last.unwrap() - first.unwrap() > 65_536);
    assert!(sink.rtx_packets > 0 && sink.lost().len() < 100);
    let numbers = &sink.rtx_numbers;
    let span = numbers.last().unwrap() - numbers.first().unwrap();
    assert!(span < sink.rtx_packets * 2, "{span}: repairs go on as well");
    assert_eq!(sink.duplicates, 0);
    broadcast.net.assert_sound();
}

#[test]
fn sender_reports_go_on_counting_and_keep_the_clock() {
    let mut broadcast = Broadcast::new(3);
    broadcast.net.run_for(3 * SECOND);
    broadcast.leave();
    broadcast.net.run_for(3 * SECOND);
    broadcast.come_back(900);
    broadcast.net.run_for(3 * SECOND);
    let sink = broadcast.net.sink(broadcast.seen);
    for pair in sink.sender_reports.windows(2) {
        let ((_, ntp, rtp), (_, later_ntp, later_rtp)) = (pair[0], pair[1]);
        let elapsed = ((u128::from(later_ntp - ntp) * 90_000) >> 32) as u32;
        let ticks = later_rtp.wrapping_sub(rtp);
        assert!(ticks.abs_diff(elapsed) < 90 * 60, "{ticks} for {elapsed}");
    }
    broadcast.net.assert_sound();
}

#[test]
fn successor_takes_over_before_its_predecessor_has_ended() {
    let mut broadcast = Broadcast::new(6);
    let (number, ..) = broadcast.end_of_stream();
    let before = broadcast.video;
    broadcast.come_back(900);
    broadcast.net.source(before).stopped = true;
    broadcast.net.run_for(SECOND);
    let (later, ..) = broadcast.end_of_stream();
    assert!(later > number, "it goes on");
    let closed = broadcast
        .net
        .request(Command::CloseProducer { producer: before });
    assert!(matches!(closed, Ok(Reply::Done)));
    let (number, ..) = broadcast.end_of_stream();
    broadcast.net.run_for(SECOND);
    let (later, ..) = broadcast.end_of_stream();
    assert!(later > number, "the end of the first is not its own");
    broadcast.net.assert_sound();
}

#[test]
fn retransmission_stream_cannot_become_a_media_stream() {
    let mut broadcast = Broadcast::new(4);
    let repairs = broadcast.net.sink(broadcast.seen).setup.rtx_ssrc.unwrap();
    broadcast.leave();
    broadcast.publish(900);
    let reply = broadcast.consume(repairs, Some(0x7777));
    assert!(
        matches!(reply, Err(CommandError::StreamInUse(_))),
        "{reply:?}"
    );
    broadcast.net.assert_sound();
}

#[test]
fn streams_kept_of_one_transport_are_limited() {
    let mut broadcast = Broadcast::new(5);
    let mut made = 1;
    let refused = loop {
        let reply = broadcast.consume(0x5000_0000 + 2 * made, None);
        if reply.is_err() {
            break reply;
        }
        made += 1;
    };
    assert!(matches!(
        refused,
        Err(CommandError::InvalidRtpParameters(_))
    ));
    assert_eq!(made, 64, "128 SSRCs");
    // Those that are there can still be taken up.
    broadcast.leave();
    broadcast.come_back(900);
    broadcast.net.run_for(SECOND);
    broadcast.net.assert_sound();
}

impl Broadcast {
    fn new(seed: u64) -> Self {
        let mut net = Net::new(seed);
        let (sender, viewer) = (net.join(), net.join());
        let video = net.publish(sender, source(10));
        let seen = net.subscribe_with(viewer, video, resumable);
        net.run_for(500 * MS);
        assert!(!net.sink(seen).pictures().is_empty());
        Self {
            net,
            viewer,
            video,
            seen,
        }
    }

    /// Number, timestamp and arrival of the last packet.
    fn end_of_stream(&mut self) -> (u64, u64, std::time::Instant) {
        let sink = self.net.sink(self.seen);
        let (number, last) = sink.packets.iter().next_back().expect("it is seen");
        (*number, last.timestamp, last.at)
    }

    fn leave(&mut self) {
        self.net.source(self.video).stopped = true;
        // What is on its way arrives.
        self.net.run_for(Duration::from_millis(100));
        let producer = self.video;
        let closed = self.net.request(Command::CloseProducer { producer });
        assert!(matches!(closed, Ok(Reply::Done)));
    }

    fn publish(&mut self, ssrc: u32) {
        let sender = self.net.join();
        self.video = self.net.publish(sender, source(ssrc));
    }

    fn come_back(&mut self, ssrc: u32) {
        self.publish(ssrc);
        let (before, video) = (self.seen, self.video);
        self.seen = self.net.subscribe_again(before, video, resumable);
    }

    fn consume(&mut self, ssrc: u32, rtx_ssrc: Option<u32>) -> Result<Reply, CommandError> {
        let setup = source(10);
        let (mut options, _) = parameters::consume_options(self.video, &setup, ssrc);
        resumable(&mut options);
        options.paused = true;
        if let (Some(rtx), Some(ssrc)) = (&mut options.rtp_parameters.encodings[0].rtx, rtx_ssrc) {
            rtx.ssrc = ssrc;
        }
        let consumer = ConsumerId(self.net.fresh_id());
        self.net.request(Command::Consume {
            transport: self.net.peers[self.viewer.0].transport,
            consumer,
            options: Box::new(options),
        })
    }
}

/// Many packets a second, each publisher with numbers of its own.
fn source(ssrc: u32) -> SourceSetup {
    let mut setup = SourceSetup::vp8(ssrc);
    let encoding = &mut setup.encodings[0];
    encoding.delta_packets = 25;
    encoding.key_packets = 60;
    encoding.packet_size = 100;
    encoding.first_sequence = ssrc as u16 * 61;
    encoding.first_timestamp = ssrc * 1_000_003;
    encoding.first_picture_id = ssrc as u16;
    setup
}

fn resumable(options: &mut ConsumeOptions) {
    options.resumable = true;
}
