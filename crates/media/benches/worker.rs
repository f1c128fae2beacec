//! The whole forwarding path of a worker, without sockets: one VP8 stream to N receivers.
//!
//! Prints CPU time of the thread per packet *forwarded*: what a packet in costs, divided by N.
//! Handshakes, keys and bytes are real; only the network and its clock are not.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "bench code"
)]

#[path = "../tests/common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "benches use a part of the simulated client"
)]
mod common;
mod support;

use std::time::Duration;

use common::{Net, PeerKey, SECOND, SourceSetup, rtp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::{SocketId, Tuple, Worker};
use support::{ThreadTime, thread_time};

const RECEIVERS: [usize; 4] = [1, 10, 50, 200];
/// Packets of a picture; the worker's output is sent, here dropped, after each.
const BURST: u8 = 8;
const FRAME: Duration = Duration::from_millis(32);

fn forward(criterion: &mut Criterion<ThreadTime>) {
    let mut group = criterion.benchmark_group("forward");
    group.throughput(Throughput::Elements(1));
    for receivers in RECEIVERS {
        let mut room = None;
        group.bench_function(format!("to {receivers}"), |bencher| {
            let room = room.get_or_insert_with(|| Room::new(receivers));
            bencher.iter_custom(|forwarded| room.forward(forwarded));
        });
        if let Some(mut room) = room {
            let dump = room.net.dump();
            assert_eq!((dump.panics, dump.dropped_transmit), (0, 0));
        }
    }
    group.finish();
}

/// A sender and its receivers, connected.
struct Room {
    net: Net,
    sender: PeerKey,
    receivers: usize,
}

impl Room {
    fn new(receivers: usize) -> Self {
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

    /// CPU time of so many forwarded packets: measured over whole pictures and scaled.
    fn forward(&mut self, packets: u64) -> Duration {
        let (mut spent, mut forwarded) = (Duration::ZERO, 0);
        while forwarded < packets {
            let (time, count) = self.picture();
            spent += time;
            forwarded += count;
        }
        spent.mul_f64(packets as f64 / forwarded as f64)
    }

    /// One picture through the worker: time and packets out.
    fn picture(&mut self) -> (Duration, u64) {
        self.net.now += FRAME;
        let mut media = self.others();
        let (now, from) = (self.net.now, self.tuple(self.sender.0));
        let worker = &mut self.net.worker;
        let start = thread_time();
        for bytes in &mut media {
            worker.handle_datagram(now, from, bytes);
        }
        let forwarded = drain(worker);
        let spent = thread_time() - start;
        assert_eq!(forwarded, media.len() * self.receivers);
        (spent, forwarded as u64)
    }

    /// Everything else that is due, untimed; returns the sender's media.
    fn others(&mut self) -> Vec<Vec<u8>> {
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
        drain(&mut self.net.worker);
        while self.net.worker.poll_event().is_some() {}
        media
    }

    fn tuple(&self, index: usize) -> Tuple {
        Tuple {
            socket: SocketId(0),
            remote: self.net.peers[index].client.address,
        }
    }
}

/// Takes all datagrams, as a shell that sends into nothing; how many there were.
fn drain(worker: &mut Worker) -> usize {
    let mut count = 0;
    loop {
        let batch = worker.poll_transmit();
        if batch.is_empty() {
            return count;
        }
        count += batch.iter().len();
        batch.clear();
    }
}

criterion_group! {
    name = worker;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = forward
}
criterion_main!(worker);
