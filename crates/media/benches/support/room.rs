//! A worker with one VP8 stream to N receivers, connected by real handshakes over a simulated
//! network.

use std::time::{Duration, Instant};

use media::{SocketId, Tuple, Worker};

use crate::common::{Net, PeerKey, SECOND, SourceSetup, rtp};

/// Packets of a picture; the worker's output is taken after each picture.
pub const BURST: u8 = 8;
const FRAME: Duration = Duration::from_millis(32);

/// A sender and its receivers, connected.
pub struct Room {
    pub net: Net,
    sender: PeerKey,
    receivers: usize,
}

impl Room {
    pub fn new(receivers: usize) -> Self {
        let mut net = Net::new(1);
        let sender = net.join();
        let keys: Vec<_> = (0..receivers).map(|_| net.join()).collect();
        let mut source = SourceSetup::vp8(1);
        source.frame_interval = FRAME;
        source.encodings[0].delta_packets = BURST;
        source.encodings[0].packet_size = 1_100;
        let producer = net.publish(sender, source);
        let consumers: Vec<_> = keys
            .iter()
            .map(|key| net.subscribe(*key, producer))
            .collect();
        // Past the key frame, and past the first report: names are no longer repeated.
        net.run_for(3 * SECOND);
        net.assert_sound();
        for consumer in consumers {
            assert!(net.sink(consumer).packets.len() > 100);
        }
        Self {
            net,
            sender,
            receivers,
        }
    }

    /// Goes on to the next picture: does everything else that is due, and returns the picture.
    pub fn next_picture(&mut self) -> Vec<Vec<u8>> {
        self.net.now += FRAME;
        let (now, mut media) = (self.net.now, Vec::new());
        for index in 0..self.net.peers.len() {
            let from = self.tuple(index);
            let Net { worker, peers, .. } = &mut self.net;
            let client = &mut peers[index].client;
            client.handle_timeout(now);
            while let Some(mut bytes) = client.poll_transmit() {
                if bytes[0] >= 128 && !rtp::is_rtcp(&bytes) {
                    media.push(bytes);
                } else {
                    worker.handle_datagram(now, from, &mut bytes);
                }
            }
        }
        self.net.worker.handle_timeout(now);
        take_all(&mut self.net.worker, now);
        while self.net.worker.poll_event().is_some() {}
        media
    }

    /// What is measured: a picture through the worker. Returns how many packets came out.
    pub fn forward(&mut self, picture: &mut [Vec<u8>]) -> usize {
        let (now, from) = (self.net.now, self.tuple(self.sender.0));
        for bytes in picture {
            self.net.worker.handle_datagram(now, from, bytes);
        }
        take_all(&mut self.net.worker, now)
    }

    /// How many should.
    pub fn expected(&self, picture: &[Vec<u8>]) -> usize {
        picture.len() * self.receivers
    }

    fn tuple(&self, index: usize) -> Tuple {
        Tuple {
            socket: SocketId(0),
            remote: self.net.peers[index].client.address,
        }
    }
}

/// Takes what the worker has to send, and drops it.
fn take_all(worker: &mut Worker, now: Instant) -> usize {
    let mut taken = 0;
    loop {
        let batch = worker.poll_transmit(now);
        if batch.is_empty() {
            return taken;
        }
        taken += batch.iter().len();
        batch.clear();
    }
}
