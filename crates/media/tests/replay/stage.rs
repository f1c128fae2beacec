//! The scene of the tests of replays: a publisher that takes no notice of requests, and viewers.

use std::time::{Duration, Instant};

use media::{Command, ConsumerId, GroupOfPicturesOptions, ProducerId, Reply};
use netem::Config;

use crate::common::{MS, Net, PeerKey, SECOND, SourceSetup};

/// How viewers come while packets of the publisher are lost.
pub(super) struct LossyStart {
    /// Of the publisher's packets, and how long they take.
    pub(super) loss: f64,
    pub(super) delay: Duration,
    /// Milliseconds after the first key frame.
    pub(super) after: u32,
    /// Each comes `apart` after the one before, and the same ones again and again.
    pub(super) viewers: usize,
    pub(super) times: usize,
    pub(super) apart: Duration,
}

/// A publisher like a streaming program, and somebody who watches from the beginning.
pub(super) struct Stage {
    pub(super) net: Net,
    pub(super) publisher: PeerKey,
    pub(super) video: ProducerId,
    pub(super) first: ConsumerId,
}

impl Stage {
    pub(super) fn new(seed: u64) -> Self {
        Self::with(seed, GroupOfPicturesOptions::default())
    }

    /// 2.4 Mb/s, a key frame every ten seconds and none when asked.
    pub(super) fn with(seed: u64, options: GroupOfPicturesOptions) -> Self {
        let mut setup = SourceSetup::vp8(10);
        setup.encodings[0].delta_packets = 10;
        setup.encodings[0].key_packets = 50;
        Self::of(seed, setup, options)
    }

    /// Three encodings, of 0.24, 0.96 and 2.4 Mb/s, with key frames at one time.
    pub(super) fn simulcast(seed: u64, options: GroupOfPicturesOptions) -> Self {
        let mut setup = SourceSetup::vp8_simulcast(10);
        for (encoding, packets) in setup.encodings.iter_mut().zip([1, 4, 10]) {
            encoding.delta_packets = packets;
            encoding.key_packets = 5 * packets;
        }
        Self::of(seed, setup, options)
    }

    /// The same as OBS Studio lists them, the largest first.
    pub(super) fn largest_first(seed: u64, options: GroupOfPicturesOptions) -> Self {
        let setup = SourceSetup::vp8_simulcast_largest_first(10);
        Self::of(seed, setup, options)
    }

    fn of(seed: u64, mut setup: SourceSetup, options: GroupOfPicturesOptions) -> Self {
        let mut net = Net::new(seed);
        let (publisher, viewer) = (net.join(), net.join());
        setup.key_interval = Some(10 * SECOND);
        let video = net.publish_with(publisher, setup, |produce| {
            produce.group_of_pictures = Some(options);
        });
        for encoding in &mut net.source(video).encodings {
            encoding.answers_requests = false;
        }
        let first = net.subscribe(viewer, video);
        net.run_until(SECOND, |net| !net.sink(first).packets.is_empty());
        Self {
            net,
            publisher,
            video,
            first,
        }
    }

    /// Somebody comes and watches: what it is sent, and since when.
    pub(super) fn late_viewer(&mut self) -> (ConsumerId, Instant) {
        let viewer = self.net.join();
        let asked = self.net.now;
        (self.net.subscribe(viewer, self.video), asked)
    }

    /// Viewers who come while packets are lost, and catch up between a loss and its repair; everything
    /// is repaired in the end. What each was sent, and since when.
    pub(super) fn viewers_while_packets_are_lost(
        &mut self,
        start: &LossyStart,
    ) -> Vec<(ConsumerId, Instant)> {
        let lossy = Config::lossy(start.loss).with_delay(start.delay);
        self.net.peers[self.publisher.0].up.set_config(lossy);
        let viewers: Vec<_> = (0..start.viewers).map(|_| self.net.join()).collect();
        self.run_to(start.after);
        let mut seen = Vec::new();
        for viewer in viewers.into_iter().cycle().take(start.times) {
            seen.push((self.net.subscribe(viewer, self.video), self.net.now));
            self.net.run_for(start.apart);
        }
        self.net.run_for(6 * SECOND);
        let clean = Config::default().with_delay(start.delay);
        self.net.set_links(self.publisher, clean);
        self.net.run_for(SECOND);
        seen
    }

    /// Gives a command that is carried out.
    pub(super) fn tell(&mut self, command: Command) {
        let reply = self.net.request(command);
        reply.expect("it is in order");
    }

    /// Lets time pass until so long after the first key frame.
    pub(super) fn run_to(&mut self, milliseconds: u32) {
        let start = self.net.source(self.video).encodings[0].key_frames[0];
        let until = start + milliseconds * MS;
        self.net.run_for(until - self.net.now);
    }

    pub(super) fn request_key_frame(&mut self, consumer: ConsumerId) {
        let reply = self.net.request(Command::RequestKeyFrame { consumer });
        assert!(matches!(reply, Ok(Reply::Done)));
    }

    /// The picture with which the newest group at a moment starts.
    pub(super) fn last_key_before(&mut self, at: Instant) -> u32 {
        let sink = self.net.sink(self.first);
        let mut keys = sink.pictures().iter().filter(|picture| picture.piece.key);
        let key = keys.rfind(|picture| picture.at <= at);
        key.expect("there was one").piece.picture
    }

    pub(super) fn keys_seen(&mut self, consumer: ConsumerId) -> usize {
        let pictures = self.net.sink(consumer).pictures();
        pictures.iter().filter(|picture| picture.piece.key).count()
    }

    /// The encodings that were seen, each time there was another.
    pub(super) fn encodings_seen(&mut self, consumer: ConsumerId) -> Vec<u8> {
        let pictures = self.net.sink(consumer).pictures().iter();
        let mut encodings: Vec<u8> = pictures.map(|picture| picture.piece.encoding).collect();
        encodings.dedup();
        encodings
    }

    /// No gap, nothing twice, nothing undecodable, from the first packet within 50 ms.
    pub(super) fn assert_whole(&mut self, consumer: ConsumerId, asked: Instant) {
        let sink = self.net.sink(consumer);
        assert_eq!((sink.lost(), sink.duplicates), (vec![], 0));
        assert_eq!(sink.decoder.jumps, 0);
        let mut since = sink.pictures().iter().filter(|picture| picture.at >= asked);
        let wait = since.next().expect("it is seen").at - asked;
        // The key frame of 50,000 bytes is whole at once as well.
        assert!(wait <= 50 * MS, "{wait:?}");
        sink.decoder.assert_continuous();
    }

    /// How long it took until pictures came when they came to the first viewer.
    pub(super) fn caught_up_after(&mut self, consumer: ConsumerId, asked: Instant) -> Duration {
        let times = |net: &mut Net, consumer| -> Vec<(u32, Instant)> {
            let pictures = net.sink(consumer).pictures().iter();
            pictures.map(|it| (it.piece.picture, it.at)).collect()
        };
        if consumer == self.first {
            // The publisher's own time, then: 20 ms of two links.
            let sink = self.net.sink(consumer);
            let mut pictures = sink.pictures().iter().rev();
            let newest = pictures.next().unwrap();
            let behind = pictures.find(|it| {
                let live =
                    newest.at - 33_333 * (newest.piece.picture - it.piece.picture) * (MS / 1_000);
                it.at > live + 10 * MS
            });
            return behind.map_or(Duration::ZERO, |it| it.at - asked);
        }
        let first: std::collections::HashMap<_, _> =
            times(&mut self.net, self.first).into_iter().collect();
        let late = times(&mut self.net, consumer);
        let behind = late.iter().rev().find(|(picture, at)| {
            let live = first.get(picture).copied();
            live.is_some_and(|live| *at > live + 10 * MS)
        });
        behind.map_or(Duration::ZERO, |(_, at)| *at - asked)
    }
}
