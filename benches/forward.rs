//! One video stream to N receivers through a real worker thread and real sockets on loopback.
//!
//! The worker is pinned to the first core, this program's own thread to the last. Clients are the
//! media engine's simulated ones, on real sockets and real time: real checks, handshakes and keys.
//! One receiver decrypts and judges every packet; the others count, by the number in the header.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "bench code"
)]

#[path = "../crates/media/tests/common/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "benches use a part of the simulated client"
)]
mod common;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/thread.rs"]
mod thread;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use common::{SourceSetup, parameters};
use miso::{
    config::MediaConfig,
    engine::{ProducerHandle, RouterEvents, RouterHandle, WorkerPool},
};
use peer::{Clock, Peer};
use thread::{Cores, CpuTime};
use tokio::runtime::Runtime;

const RECEIVERS: [usize; 3] = [10, 50, 200];
/// 250 packets a second, eight at a time, as an encoder sends a frame.
const BURST: u8 = 8;
const FRAME: Duration = Duration::from_millis(32);
const PAYLOAD: usize = 1_100;
/// Until buffers have their size and the first reports are exchanged.
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(8);
/// For what is still under way.
const DRAIN: Duration = Duration::from_millis(300);

fn main() {
    let cores = Cores::of_program();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "{:>9} {:>10} {:>6} {:>9} {:>9} {:>14} {:>9} {:>9}",
        "receivers",
        "forwarded",
        "lost",
        "received",
        "CPU µs",
        "user/sys ticks",
        "p50 µs",
        "p99 µs"
    );
    for receivers in RECEIVERS {
        let mut room = Room::new(&runtime, &cores, receivers);
        println!("{}", room.measure(&runtime));
        runtime.block_on(room.pool.shutdown());
    }
}

/// A worker, a sender (the first peer) and receivers.
struct Room {
    pool: WorkerPool,
    router: RouterHandle,
    _events: RouterEvents,
    peers: Vec<Peer>,
    clock: Clock,
}

impl Room {
    fn new(runtime: &Runtime, cores: &Cores, receivers: usize) -> Self {
        let config = MediaConfig {
            ips: vec![Ipv4Addr::LOCALHOST.into()],
            port: 0,
            workers: 1,
            ..MediaConfig::default()
        };
        cores.use_all();
        let pool = WorkerPool::start(&config).unwrap();
        cores.use_last();
        let (router, events) = runtime.block_on(pool.create_router()).unwrap();
        let mut room = Self {
            pool,
            router,
            _events: events,
            peers: Vec::new(),
            clock: Clock::default(),
        };
        for _ in 0..=receivers {
            room.join(runtime);
        }
        let connected = |room: &Self| room.peers.iter().all(|peer| peer.client.is_connected());
        room.run_until(Duration::from_secs(30), connected);
        assert!(connected(&room), "not everybody connected");
        room.route(runtime);
        room
    }

    fn join(&mut self, runtime: &Runtime) {
        let created = runtime.block_on(self.router.create_web_rtc_transport());
        let (transport, data) = created.unwrap();
        let server = &data.ice_candidates[0];
        let server = SocketAddr::new(server.address.parse().unwrap(), server.port);
        let peer = Peer::new(server, &data.ice_parameters, transport);
        let connect = peer.transport.connect(peer.client.dtls_parameters());
        runtime.block_on(connect).unwrap();
        self.peers.push(peer);
    }

    /// The first peer's video to all others.
    fn route(&mut self, runtime: &Runtime) {
        let mut source = SourceSetup::vp8(1);
        source.frame_interval = FRAME;
        source.encodings[0].delta_packets = BURST;
        source.encodings[0].key_packets = BURST;
        source.encodings[0].packet_size = PAYLOAD;
        let producing = self.peers[0]
            .transport
            .produce(parameters::produce_options(&source));
        let producer: ProducerHandle = runtime.block_on(producing).unwrap();
        for (ssrc, peer) in (0x7000_0000..).step_by(16).zip(&mut self.peers[1..]) {
            let (options, sink) = parameters::consume_options(producer.id(), &source, ssrc);
            runtime.block_on(peer.transport.consume(options)).unwrap();
            peer.client.add_sink(sink);
        }
        self.peers[1].judges = true;
        self.peers[0].client.add_source(source, Instant::now());
    }

    fn measure(&mut self, runtime: &Runtime) -> String {
        self.run_for(WARM_UP);
        self.silence();
        let sent = self.clock.newest();
        for peer in &mut self.peers[1..] {
            peer.start_counting(sent);
        }
        let (before, cpu_before) = (self.forwarded(runtime), CpuTime::of("miso-media-0"));
        self.peers[0].client.sources[0].stopped = false;
        self.run_for(MEASURED);
        self.silence();
        let cpu = CpuTime::of("miso-media-0") - cpu_before;
        let forwarded = self.forwarded(runtime) - before;
        self.judge();
        let received: u64 = self.peers[1..].iter().map(|peer| peer.received).sum();
        let mut delays: Vec<u32> = self.peers[1..]
            .iter()
            .flat_map(|peer| peer.delays.iter().copied())
            .collect();
        delays.sort_unstable();
        format!(
            "{:>9} {:>10} {:>6} {:>9} {:>9.2} {:>14} {:>9} {:>9}",
            self.peers.len() - 1,
            forwarded,
            forwarded.saturating_sub(received),
            received,
            cpu.nanoseconds as f64 / 1_000.0 / forwarded as f64,
            format!("{}/{}", cpu.user, cpu.system),
            delays[delays.len() / 2],
            delays[delays.len() * 99 / 100],
        )
    }

    /// Stops the sender and waits until everything has arrived.
    fn silence(&mut self) {
        self.peers[0].client.sources[0].stopped = true;
        self.run_for(DRAIN);
    }

    /// What the judging receiver got was in order, whole, and decodable without a gap.
    fn judge(&self) {
        let client = &self.peers[1].client;
        assert!(
            client.undecryptable.is_empty(),
            "{:?}",
            client.undecryptable
        );
        let sink = &client.sinks[0];
        sink.assert_sound();
        assert!(sink.packets.len() > 1_000, "{}", sink.packets.len());
    }

    /// Packets the worker's consumers were sent, ever.
    fn forwarded(&self, runtime: &Runtime) -> u64 {
        let dumps = runtime.block_on(self.pool.dump());
        let routers = dumps.iter().flat_map(|worker| &worker.routers);
        let consumers = routers.flat_map(|router| &router.consumers);
        consumers.map(|consumer| consumer.packets).sum()
    }

    fn run_for(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets clients send and receive. Nobody waits on the receivers' sockets: the kernel would wake
    /// this thread at the worker's expense, which receivers elsewhere do not do. Delays are taken
    /// from the kernel's timestamps, so that reading late does not show.
    fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + limit;
        let mut everybody = Instant::now();
        while Instant::now() < deadline && !done(self) {
            let now = Instant::now();
            self.peers[0].send(now, Some(&mut self.clock));
            if now >= everybody {
                everybody = now + LOOK;
                for peer in &mut self.peers {
                    peer.receive(&self.clock);
                }
                for peer in &mut self.peers[1..] {
                    peer.send(now, None);
                }
            }
            let frame = self.peers[0].client.poll_timeout().unwrap_or(deadline);
            let wake = deadline.min(everybody).min(frame);
            std::thread::sleep(wake.saturating_duration_since(Instant::now()));
        }
    }
}

/// How often receivers look at their sockets and timers; the kernel keeps some 90 packets for each.
const LOOK: Duration = Duration::from_millis(5);
