//! A worker, clients and the links between them, driven in virtual time.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use media::{
    CloseReason, Command, CommandError, ConsumerId, DtlsState, EventKind, HostCandidate,
    MediaLimits, ProducerId, Reply, RequestId, RouterId, SocketId, TransportId, Tuple,
    WebRtcTransportData, Worker, WorkerConfig, WorkerDump,
};
use netem::{Netem, Random};
use ortc::types::IceParameters;
use uuid::Uuid;

use super::client::Client;
use super::parameters;
use super::sink::Sink;
use super::source::{Source, SourceSetup};
use super::stun::Credentials;
use super::{epoch, ntp};

/// One simulated world. Prints its seed when a test fails.
pub struct Net {
    pub now: Instant,
    pub seed: u64,
    pub worker: Worker,
    pub router: RouterId,
    pub peers: Vec<Peer>,
    /// Everything the worker told, replies excepted.
    pub events: Vec<(Instant, EventKind)>,
    /// Datagrams the worker sent to an address where nobody is.
    pub stray: Vec<(Instant, SocketAddr, Vec<u8>)>,
    random: Random,
    ids: u128,
    requests: u64,
    replies: HashMap<u64, Result<Reply, CommandError>>,
    published: HashMap<ProducerId, (PeerKey, usize)>,
    subscribed: HashMap<ConsumerId, (PeerKey, usize)>,
}

/// A client and its two links.
pub struct Peer {
    pub client: Client,
    pub transport: TransportId,
    pub data: WebRtcTransportData,
    pub up: Netem,
    pub down: Netem,
    /// Datagrams to the client that are lost, beside what `down` loses.
    pub lose_down: Option<fn(&[u8]) -> bool>,
}

/// Names a peer of a [`Net`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerKey(pub usize);

impl Net {
    /// A worker with one router and nobody in it.
    pub fn new(seed: u64) -> Self {
        Self::with_limits(seed, MediaLimits::default())
    }

    pub fn with_limits(seed: u64, limits: MediaLimits) -> Self {
        let now = epoch() + Duration::from_secs(1);
        let mut random = Random::new(seed);
        let mut worker_seed = [0; 32];
        for chunk in worker_seed.chunks_mut(8) {
            chunk.copy_from_slice(&random.next_u64().to_be_bytes());
        }
        let config = WorkerConfig {
            candidates: vec![HostCandidate {
                address: "192.0.2.1".to_owned(),
                port: 44_444,
            }],
            limits,
            seed: worker_seed,
            ntp_epoch: (now, ntp(now)),
        };
        let mut net = Self {
            now,
            seed,
            worker: Worker::new(&config).expect("a certificate can be made"),
            router: RouterId(Uuid::from_u128(1)),
            peers: Vec::new(),
            events: Vec::new(),
            stray: Vec::new(),
            random,
            ids: 1,
            requests: 0,
            replies: HashMap::new(),
            published: HashMap::new(),
            subscribed: HashMap::new(),
        };
        let router = net.router;
        net.request(Command::CreateRouter { router })
            .expect("a router can be made");
        net
    }

    /// Makes a transport and a client for it, not connected yet.
    pub fn create_peer(&mut self, dtls_active: bool) -> PeerKey {
        let transport = TransportId(self.fresh_id());
        let router = self.router;
        let reply = self.request(Command::CreateWebRtcTransport { router, transport });
        let Ok(Reply::WebRtcTransport(data)) = reply else {
            panic!("no transport: {reply:?}");
        };
        let host = self.peers.len() as u8 + 1;
        let address = SocketAddr::from((Ipv4Addr::new(198, 51, 100, host), 50_000));
        let remote = credentials(&data.ice_parameters);
        let random = self.fork_random();
        let client = Client::new(address, remote, dtls_active, random, self.now);
        let link_seeds = (self.random.next_u64(), self.random.next_u64());
        self.peers.push(Peer {
            client,
            transport,
            data: *data,
            up: Netem::new(netem::Config::default(), link_seeds.0),
            down: Netem::new(netem::Config::default(), link_seeds.1),
            lose_down: None,
        });
        PeerKey(self.peers.len() - 1)
    }

    /// Tells the worker the client's DTLS parameters.
    pub fn connect(&mut self, key: PeerKey) -> Result<Reply, CommandError> {
        let peer = &self.peers[key.0];
        self.request(Command::ConnectWebRtcTransport {
            transport: peer.transport,
            dtls_parameters: peer.client.dtls_parameters(),
        })
    }

    /// A connected client on a perfect network.
    pub fn join(&mut self) -> PeerKey {
        self.join_through(netem::Config::default().with_delay(Duration::from_millis(10)))
    }

    /// A connected client whose two directions both do what `config` says.
    pub fn join_through(&mut self, config: netem::Config) -> PeerKey {
        let key = self.create_peer(true);
        self.connect(key).expect("parameters are valid");
        self.set_links(key, config);
        let connected = self.run_until(Duration::from_secs(20), |net| {
            net.peers[key.0].client.is_connected() && net.is_dtls_connected(key)
        });
        assert!(connected, "peer {key:?} did not connect");
        key
    }

    pub fn set_links(&mut self, key: PeerKey, config: netem::Config) {
        self.peers[key.0].up.set_config(config);
        self.peers[key.0].down.set_config(config);
    }

    /// Starts sending a track.
    pub fn publish(&mut self, key: PeerKey, setup: SourceSetup) -> ProducerId {
        let producer = ProducerId(self.fresh_id());
        let reply = self.try_produce(key, producer, &setup);
        assert!(matches!(reply, Ok(Reply::Done)), "no producer: {reply:?}");
        let now = self.now;
        let index = self.peers[key.0].client.add_source(setup, now);
        self.published.insert(producer, (key, index));
        producer
    }

    /// Only asks the worker for a producer.
    pub fn try_produce(
        &mut self,
        key: PeerKey,
        producer: ProducerId,
        setup: &SourceSetup,
    ) -> Result<Reply, CommandError> {
        self.request(Command::Produce {
            transport: self.peers[key.0].transport,
            producer,
            options: Box::new(parameters::produce_options(setup)),
        })
    }

    /// Starts receiving a track.
    pub fn subscribe(&mut self, key: PeerKey, producer: ProducerId) -> ConsumerId {
        self.subscribe_with(key, producer, |_| {})
    }

    /// Starts receiving a track with changed options.
    pub fn subscribe_with(
        &mut self,
        key: PeerKey,
        producer: ProducerId,
        change: impl FnOnce(&mut media::ConsumeOptions),
    ) -> ConsumerId {
        let ssrc = 0x7000_0000 + 16 * self.ids as u32;
        let setup = self.source(producer).setup.clone();
        let (mut options, sink) = parameters::consume_options(producer, &setup, ssrc);
        change(&mut options);
        let consumer = self.consume(key, options);
        let index = self.peers[key.0].client.add_sink(sink);
        self.subscribed.insert(consumer, (key, index));
        consumer
    }

    /// Receives a track where `before`, whose consumer is gone, was received: to the client it is
    /// one stream.
    pub fn subscribe_again(
        &mut self,
        before: ConsumerId,
        producer: ProducerId,
        change: impl FnOnce(&mut media::ConsumeOptions),
    ) -> ConsumerId {
        let (key, index) = self.subscribed[&before];
        let ssrc = self.sink(before).setup.ssrc;
        let setup = self.source(producer).setup.clone();
        let (mut options, _) = parameters::consume_options(producer, &setup, ssrc);
        change(&mut options);
        let consumer = self.consume(key, options);
        self.subscribed.insert(consumer, (key, index));
        consumer
    }

    fn consume(&mut self, key: PeerKey, options: media::ConsumeOptions) -> ConsumerId {
        let consumer = ConsumerId(self.fresh_id());
        let reply = self.request(Command::Consume {
            transport: self.peers[key.0].transport,
            consumer,
            options: Box::new(options),
        });
        assert!(matches!(reply, Ok(Reply::Consumer { .. })), "{reply:?}");
        consumer
    }

    /// Sends a command and returns its answer, which is immediate.
    pub fn request(&mut self, command: Command) -> Result<Reply, CommandError> {
        self.requests += 1;
        let name = format!("{command:?}");
        self.worker
            .handle_command(self.now, RequestId(self.requests), command);
        self.drain_worker();
        let reply = self.replies.remove(&self.requests);
        reply.unwrap_or_else(|| panic!("no answer to {name}"))
    }

    pub fn dump(&mut self) -> WorkerDump {
        match self.request(Command::Dump) {
            Ok(Reply::Dump(dump)) => *dump,
            other => panic!("no dump: {other:?}"),
        }
    }

    pub fn client(&mut self, key: PeerKey) -> &mut Client {
        &mut self.peers[key.0].client
    }

    pub fn source(&mut self, producer: ProducerId) -> &mut Source {
        let (key, index) = self.published[&producer];
        &mut self.peers[key.0].client.sources[index]
    }

    pub fn sink(&mut self, consumer: ConsumerId) -> &mut Sink {
        let (key, index) = self.subscribed[&consumer];
        &mut self.peers[key.0].client.sinks[index]
    }

    /// Whether the worker said that a peer's handshake is complete.
    pub fn is_dtls_connected(&self, key: PeerKey) -> bool {
        let id = self.peers[key.0].transport;
        self.events.iter().any(|(_, event)| {
            matches!(event, EventKind::DtlsStateChange { transport, state: DtlsState::Connected }
                if *transport == id)
        })
    }

    /// Why the worker closed a peer's transport.
    pub fn closed(&self, key: PeerKey) -> Option<CloseReason> {
        let id = self.peers[key.0].transport;
        self.events.iter().find_map(|(_, event)| match event {
            EventKind::TransportClosed { transport, reason } if *transport == id => Some(*reason),
            _ => None,
        })
    }

    /// One datagram from anywhere, at once.
    pub fn inject(&mut self, from: SocketAddr, bytes: &[u8]) {
        let tuple = Tuple {
            socket: SocketId(0),
            remote: from,
        };
        let mut bytes = bytes.to_vec();
        self.worker.handle_datagram(self.now, tuple, &mut bytes);
        self.drain_worker();
    }

    /// Lets time pass.
    pub fn run_for(&mut self, time: Duration) {
        let deadline = self.now + time;
        self.run_to(deadline, |_| false);
    }

    /// Lets time pass until something is so; `false` when it did not become so in time.
    pub fn run_until(&mut self, limit: Duration, condition: impl Fn(&mut Self) -> bool) -> bool {
        let deadline = self.now + limit;
        self.run_to(deadline, condition)
    }

    fn run_to(&mut self, deadline: Instant, condition: impl Fn(&mut Self) -> bool) -> bool {
        let mut stuck = 0;
        loop {
            self.step();
            if condition(self) {
                return true;
            }
            let next = self.next_timeout().filter(|next| *next <= deadline);
            let Some(next) = next else {
                self.now = deadline;
                self.step();
                return condition(self);
            };
            stuck = if next > self.now { 0 } else { stuck + 1 };
            assert!(
                stuck < 1_000,
                "a timer is due again and again at one moment"
            );
            self.now = self.now.max(next);
        }
    }

    fn step(&mut self) {
        for index in 0..self.peers.len() {
            let peer = &mut self.peers[index];
            peer.client.handle_timeout(self.now);
            while let Some(bytes) = peer.down.poll(self.now) {
                peer.client.handle_datagram(self.now, &bytes);
            }
            peer.client.handle_timeout(self.now);
            while let Some(bytes) = peer.client.poll_transmit() {
                peer.up.push(self.now, bytes);
            }
            let tuple = Tuple {
                socket: SocketId(0),
                remote: peer.client.address,
            };
            while let Some(mut bytes) = self.peers[index].up.poll(self.now) {
                self.worker.handle_datagram(self.now, tuple, &mut bytes);
            }
        }
        self.worker.handle_timeout(self.now);
        self.drain_worker();
    }

    fn drain_worker(&mut self) {
        while self.deliver() {}
        while let Some(event) = self.worker.poll_event() {
            match event.kind {
                EventKind::Reply { request, result } => {
                    self.replies.insert(request.0, result);
                }
                kind => self.events.push((self.now, kind)),
            }
        }
    }

    /// Puts one batch of the worker's datagrams on their links; whether there was one.
    fn deliver(&mut self) -> bool {
        let batch = self.worker.poll_transmit(self.now);
        if batch.is_empty() {
            return false;
        }
        for transmit in batch.iter() {
            let remote = transmit.tuple.remote;
            let peer = self
                .peers
                .iter_mut()
                .find(|peer| peer.client.address == remote);
            match peer {
                Some(peer) if peer.lose_down.is_some_and(|lost| lost(transmit.contents)) => {}
                Some(peer) => peer.down.push(self.now, transmit.contents.to_vec()),
                None => self
                    .stray
                    .push((self.now, remote, transmit.contents.to_vec())),
            }
        }
        batch.clear();
        true
    }

    fn next_timeout(&mut self) -> Option<Instant> {
        let peers = self.peers.iter().flat_map(|peer| {
            let links = [peer.up.poll_timeout(), peer.down.poll_timeout()];
            links.into_iter().chain([peer.client.poll_timeout()])
        });
        let worker = self.worker.poll_timeout();
        peers.chain([worker]).flatten().min()
    }

    pub fn fresh_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn fork_random(&mut self) -> Random {
        Random::new(self.random.next_u64())
    }

    /// What may never happen, whatever a test does to the network.
    pub fn assert_sound(&mut self) {
        let dump = self.dump();
        assert_eq!(dump.panics, 0, "a panic was caught");
        assert_eq!(dump.dropped_transmit, 0, "the batch overflowed");
        for peer in &self.peers {
            let client = &peer.client;
            assert_eq!(client.undecryptable, Vec::<String>::new());
            assert_eq!(client.foreign_ssrcs, Vec::<u32>::new());
            assert_eq!(client.ice.violations, Vec::<String>::new());
            assert_eq!(client.unknown_datagrams, 0);
            assert_eq!(client.nonce_reuses, 0, "one nonce sealed two packets");
            assert!(
                client.largest_datagram <= 1_472,
                "{}",
                client.largest_datagram
            );
            client.sinks.iter().for_each(Sink::assert_sound);
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let elapsed = self.now - epoch();
            eprintln!("seed {}, after {elapsed:?} of virtual time", self.seed);
        }
    }
}

pub fn credentials(parameters: &IceParameters) -> Credentials {
    Credentials {
        ufrag: parameters.username_fragment.clone(),
        password: parameters.password.clone(),
    }
}
