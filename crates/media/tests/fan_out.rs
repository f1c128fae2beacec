//! What happens to media between its receipt and its forwarding.

use std::time::{Duration, Instant};

use media::{Command, ConsumerId, ProducerId, RequestId, SocketId, Tuple};

use super::common::{Net, PeerKey, SECOND, SourceSetup, rtp};

/// A picture's packets.
const PICTURE: u8 = 8;
/// The router's id of the extension that says when a packet left.
const ABS_SEND_TIME: u8 = 4;
const FRAME: Duration = Duration::from_millis(32);

/// A sender and three receivers of its stream, in a steady state.
struct Room {
    net: Net,
    sender: PeerKey,
    producer: ProducerId,
    receivers: Vec<(PeerKey, ConsumerId)>,
}

impl Room {
    fn new(seed: u64) -> Self {
        let mut net = Net::new(seed);
        let sender = net.join();
        let keys: Vec<_> = (0..3).map(|_| net.join()).collect();
        let mut source = SourceSetup::vp8(1);
        source.frame_interval = FRAME;
        source.encodings[0].delta_packets = PICTURE;
        let producer = net.publish(sender, source);
        let receivers = keys
            .into_iter()
            .map(|key| (key, net.subscribe(key, producer)))
            .collect();
        net.run_for(2 * SECOND);
        Self {
            net,
            sender,
            producer,
            receivers,
        }
    }

    /// The sender's next picture is received, and waits.
    fn receive_a_picture(&mut self) {
        let Net {
            worker, peers, now, ..
        } = &mut self.net;
        let client = &mut peers[self.sender.0].client;
        let tuple = Tuple {
            socket: SocketId(0),
            remote: client.address,
        };
        let mut media = 0;
        while media < PICTURE {
            *now += FRAME / 8;
            client.handle_timeout(*now);
            while let Some(mut bytes) = client.poll_transmit() {
                media += u8::from(bytes[0] >= 128 && !rtp::is_rtcp(&bytes));
                worker.handle_datagram(*now, tuple, &mut bytes);
            }
        }
        assert_eq!(media, PICTURE);
    }

    /// Carries out a command before anything that waits has left.
    fn command(&mut self, command: Command) {
        let request = RequestId(u64::MAX);
        self.net
            .worker
            .handle_command(self.net.now, request, command);
    }

    /// Takes all that leaves: whom each media packet goes to.
    fn destinations(&mut self) -> Vec<PeerKey> {
        let mut found = Vec::new();
        loop {
            let batch = self.net.worker.poll_transmit(self.net.now);
            if batch.is_empty() {
                return found;
            }
            for sent in batch.iter() {
                let is = |key: &PeerKey| self.net.peers[key.0].client.address == sent.tuple.remote;
                let to = self.receivers.iter().map(|(key, _)| *key).find(is);
                if sent.contents[0] >= 128 && !rtp::is_rtcp(sent.contents) {
                    found.push(to.expect("media goes to receivers only"));
                }
            }
            batch.clear();
        }
    }

    /// Takes what leaves at a moment: when its media packets say they left, in 2⁻¹⁸ s.
    fn stamps_at(&mut self, now: Instant) -> Vec<u32> {
        let batch = self.net.worker.poll_transmit(now);
        let mut stamps = Vec::new();
        for sent in batch.iter() {
            let mut bytes = sent.contents.to_vec();
            if bytes[0] >= 128 && !rtp::is_rtcp(&bytes) {
                // What padding there is, is sealed.
                bytes[0] &= !0x20;
                let packet = rtp::Rtp::decode(&bytes).unwrap();
                let stamp = packet.extension(ABS_SEND_TIME).unwrap();
                stamps.push(u32::from_be_bytes([0, stamp[0], stamp[1], stamp[2]]));
            }
        }
        batch.clear();
        stamps
    }

    fn sound_after(mut self, gone: &[ConsumerId]) {
        self.net.run_for(2 * SECOND);
        assert_eq!(self.net.dump().panics, 0);
        assert_eq!(self.net.worker.backlog(), 0);
        for (_, consumer) in self.receivers.clone() {
            if !gone.contains(&consumer) {
                assert_eq!(self.net.sink(consumer).decoder.jumps, 0);
            }
        }
    }
}

fn times(keys: &[PeerKey]) -> Vec<PeerKey> {
    let each = |key: &PeerKey| [*key; PICTURE as usize];
    keys.iter().flat_map(each).collect()
}

#[test]
fn packets_received_together_leave_receiver_by_receiver() {
    let mut room = Room::new(1);
    room.receive_a_picture();
    assert_eq!(room.net.worker.backlog(), 3 * usize::from(PICTURE));
    let keys: Vec<_> = room.receivers.iter().map(|(key, _)| *key).collect();
    assert_eq!(room.destinations(), times(&keys));
    assert_eq!(room.net.worker.backlog(), 0);
}

#[test]
fn packets_say_when_they_left_not_when_they_came() {
    let mut room = Room::new(6);
    let mut left = Vec::new();
    for waited in [Duration::ZERO, Duration::from_millis(500)] {
        room.receive_a_picture();
        let now = room.net.now + waited;
        let stamps = room.stamps_at(now);
        assert_eq!(stamps.len(), 3 * usize::from(PICTURE));
        left.push((now, stamps));
    }
    let passed = (left[1].0 - left[0].0).as_secs_f64() * f64::from(1 << 18);
    for (first, second) in left[0].1.iter().zip(&left[1].1) {
        let told = f64::from(second.wrapping_sub(*first) & 0xFF_FFFF);
        assert!((told - passed).abs() < 2.0, "{told} instead of {passed}");
    }
}

#[test]
fn a_receiver_that_leaves_gets_nothing_that_waited_and_the_others_all() {
    let mut room = Room::new(2);
    room.receive_a_picture();
    let (gone, consumer) = room.receivers[1];
    let transport = room.net.peers[gone.0].transport;
    room.command(Command::CloseTransport { transport });
    let keys = [room.receivers[0].0, room.receivers[2].0];
    assert_eq!(room.destinations(), times(&keys));
    room.sound_after(&[consumer]);
}

#[test]
fn what_waits_of_a_producer_goes_with_it() {
    let mut room = Room::new(3);
    room.receive_a_picture();
    let producer = room.producer;
    room.command(Command::CloseProducer { producer });
    assert_eq!(room.destinations(), []);
    let all: Vec<_> = room
        .receivers
        .iter()
        .map(|(_, consumer)| *consumer)
        .collect();
    room.sound_after(&all);
}

#[test]
fn what_waits_in_a_router_goes_with_it() {
    let mut room = Room::new(4);
    room.receive_a_picture();
    let router = room.net.router;
    room.command(Command::CloseRouter { router });
    assert_eq!(room.destinations(), []);
    assert_eq!(room.net.worker.backlog(), 0);
}

#[test]
fn a_consumer_made_in_between_begins_with_a_key_frame() {
    let mut room = Room::new(5);
    let late = room.net.join();
    room.receive_a_picture();
    let consumer = room.net.subscribe(late, room.producer);
    room.receivers.push((late, consumer));
    room.net.run_for(2 * SECOND);
    let sink = room.net.sink(consumer);
    assert!(sink.packets.len() > 100);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    room.sound_after(&[]);
}
