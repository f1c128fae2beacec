//! How one peer joins: the words of protocol.md in the order mediasoup-client says them.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use media::client::{ClientIdentity, ClientTransport};
use ortc::types::{DtlsParameters, IceCandidate, IceParameters, IceProtocol, RtpCapabilities};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::oneshot::{self, Receiver},
    time::timeout,
};

use crate::{
    error::BenchError,
    options::{Options, Traffic},
    parameters::{self, Consumer},
    signaling::{Connector, Socket, Trouble},
    traffic::{MediaThread, NewPeer, PeerId, Role, SourceSetup, StreamSetup},
};

/// A transport, and its first packet, take no longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Lets peers join.
pub(crate) struct Joiner<'a> {
    /// What they do.
    pub(crate) options: &'a Options,
    /// The way to the server.
    pub(crate) connector: Connector,
    /// Where their media is handled.
    pub(crate) media: &'a MediaThread,
    /// Their certificate.
    pub(crate) identity: ClientIdentity,
    /// What goes wrong later.
    pub(crate) trouble: Trouble,
    /// Rooms of this run are called so.
    pub(crate) name: String,
    /// Transports connected until now.
    pub(crate) handshakes: AtomicU64,
}

/// A peer that is in; dropping it leaves.
pub(crate) struct Member {
    _socket: Socket,
    /// From opening the WebSocket to the first packet, or the connected transport.
    pub(crate) took: Duration,
}

/// A publisher's source, as subscribers find it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its room.
    pub(crate) room: u32,
    /// Its number among all publishers.
    pub(crate) publisher: u32,
    producer_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    rtp_capabilities: Value,
}

#[derive(Deserialize)]
struct Answer<T> {
    params: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transport {
    id: String,
    ice_parameters: IceParameters,
    ice_candidates: Vec<IceCandidate>,
    dtls_parameters: DtlsParameters,
}

#[derive(Deserialize)]
struct Produced {
    id: String,
}

impl Joiner<'_> {
    /// Joins and sends a source, unless everybody is silent.
    pub(crate) async fn publisher(
        &self,
        publisher: u32,
    ) -> Result<(Member, Option<Source>), BenchError> {
        let room = publisher / self.options.publishers;
        let opened = Instant::now();
        let (socket, joined) = self.enter(room).await?;
        let transport = create(&socket, false).await?;
        let role = if self.options.idle {
            Role::Silent
        } else {
            Role::Publisher
        };
        let connecting = self.connect(&socket, &transport, role).await?;
        let source = if self.options.idle {
            None
        } else {
            let capabilities = serde_json::from_value(joined.rtp_capabilities);
            let capabilities = capabilities.map_err(|error| BenchError::Protocol {
                event: "joinRoom",
                reason: error.to_string(),
            })?;
            let setup = self.source(publisher);
            let producer_id = self
                .produce(&socket, &transport.id, &capabilities, &setup)
                .await?;
            Some((setup, producer_id))
        };
        let (peer, connected) = connecting;
        let at = self.connected(connected).await?;
        let source = source.map(|(setup, producer_id)| {
            self.media.publish(peer, setup);
            Source {
                room,
                publisher,
                producer_id,
            }
        });
        let member = Member {
            _socket: socket,
            took: at.saturating_duration_since(opened),
        };
        Ok((member, source))
    }

    /// Joins a room and receives these sources.
    pub(crate) async fn subscriber(
        &self,
        room: u32,
        number: u32,
        sources: &[Source],
    ) -> Result<Member, BenchError> {
        let opened = Instant::now();
        let (socket, joined) = self.enter(room).await?;
        let transport = create(&socket, true).await?;
        let mut consumers = Vec::new();
        for source in sources {
            let payload = json!({
                "rtpCapabilities": &joined.rtp_capabilities,
                "remoteProducerId": source.producer_id,
                "serverConsumerTransportId": transport.id,
            });
            let answer: Answer<Consumer> = socket.request("consume", &payload).await?;
            consumers.push((source, answer.params));
        }
        let (peer, connected) = self.connect(&socket, &transport, Role::Receiver).await?;
        let mut arrivals = Vec::new();
        for (source, consumer) in &consumers {
            let setup = self.stream(source, consumer, number)?;
            arrivals.push(self.media.subscribe(peer, setup));
        }
        let mut ready = self.connected(connected).await?;
        for (_, consumer) in &consumers {
            let payload = json!({ "serverConsumerId": consumer.id });
            let _: Value = socket.request("consumer-resume", &payload).await?;
        }
        // In once something of one source came; the others are on their way.
        if let Some(first) = arrivals.into_iter().next() {
            ready = first_packet(first).await?;
        }
        Ok(Member {
            _socket: socket,
            took: ready.saturating_duration_since(opened),
        })
    }

    async fn enter(&self, room: u32) -> Result<(Socket, Joined), BenchError> {
        let socket = Socket::connect(&self.connector, self.trouble.clone()).await?;
        let room = json!({ "roomName": format!("{}-{room}", self.name) });
        let joined = socket.request("joinRoom", &room).await?;
        Ok((socket, joined))
    }

    /// Starts ICE and tells the server our certificate; both go on meanwhile.
    async fn connect(
        &self,
        socket: &Socket,
        transport: &Transport,
        role: Role,
    ) -> Result<(PeerId, Receiver<Result<Instant, String>>), BenchError> {
        let id = self.media.peer_id();
        let server = address(&transport.ice_candidates).await?;
        let client = ClientTransport::new(
            &self.identity,
            transport.ice_parameters.clone(),
            transport.dtls_parameters.clone(),
            fastrand::u64(..),
            Instant::now(),
        );
        let client = client.map_err(|error| BenchError::Transport(error.to_string()))?;
        let (told, connected) = oneshot::channel();
        self.media.add(NewPeer {
            id,
            server,
            transport: Box::new(client),
            role,
            connected: told,
        });
        let (event, name) = match role {
            Role::Receiver => ("transport-recv-connect", "serverConsumerTransportId"),
            Role::Publisher | Role::Silent => ("transport-connect", "transportId"),
        };
        let payload =
            json!({ name: transport.id, "dtlsParameters": self.identity.dtls_parameters() });
        let _: Value = socket.request(event, &payload).await?;
        Ok((id, connected))
    }

    async fn connected(
        &self,
        connected: Receiver<Result<Instant, String>>,
    ) -> Result<Instant, BenchError> {
        let result = timeout(CONNECT_TIMEOUT, connected).await;
        let result = result.map_err(|_| late("ICE and DTLS"))?;
        let gone = |_| BenchError::Transport("the media thread ended".to_owned());
        let at = result.map_err(gone)?.map_err(BenchError::Transport)?;
        self.handshakes.fetch_add(1, Ordering::Relaxed);
        Ok(at)
    }

    async fn produce(
        &self,
        socket: &Socket,
        transport: &str,
        router: &RtpCapabilities,
        setup: &SourceSetup,
    ) -> Result<String, BenchError> {
        let traffic = &setup.traffic;
        let parameters = parameters::producer(traffic, router, &setup.ssrcs, &setup.cname)?;
        let payload = json!({
            "transportId": transport,
            "kind": traffic.kind,
            "rtpParameters": parameters,
            "appData": { "source": "bench" },
        });
        let produced: Produced = socket.request("transport-produce", &payload).await?;
        Ok(produced.id)
    }

    fn source(&self, publisher: u32) -> SourceSetup {
        let traffic = self.options.traffic();
        let all = self.options.publishers * self.options.rooms;
        // Apart by more than one: the SSRC after each is its retransmission stream's.
        let base = fastrand::u32(1..0x7FFF_0000);
        SourceSetup {
            publisher,
            phase: f64::from(publisher) / f64::from(all),
            payload_type: parameters::payload_type(traffic.kind),
            ssrcs: (0..u32::from(traffic.encodings))
                .map(|n| base + n * 16)
                .collect(),
            cname: format!("bench-{publisher}"),
            traffic,
        }
    }

    fn stream(
        &self,
        source: &Source,
        consumer: &Consumer,
        number: u32,
    ) -> Result<StreamSetup, BenchError> {
        let (ssrc, rtx_ssrc, wide_id) = consumer.stream()?;
        let Traffic {
            kind, encodings, ..
        } = self.options.traffic();
        let verify = self.options.verifies(number);
        Ok(StreamSetup {
            publisher: source.publisher,
            kind,
            ssrc,
            rtx_ssrc,
            wide_id,
            best_encoding: encodings - 1,
            verify,
            // The first of a room is there before all others.
            watch_gaps: verify && number == 0,
            loss: self.options.loss,
        })
    }
}

async fn create(socket: &Socket, consumer: bool) -> Result<Transport, BenchError> {
    let payload = json!({ "consumer": consumer });
    let answer: Answer<Transport> = socket.request("createWebRtcTransport", &payload).await?;
    Ok(answer.params)
}

async fn first_packet(first: Receiver<Instant>) -> Result<Instant, BenchError> {
    let arrived = timeout(CONNECT_TIMEOUT, first).await;
    let arrived = arrived.map_err(|_| late("the first media packet"))?;
    arrived.map_err(|_| BenchError::Transport("the media thread ended".to_owned()))
}

fn late(what: &'static str) -> BenchError {
    BenchError::Timeout {
        what,
        limit: CONNECT_TIMEOUT,
    }
}

/// Where the server's first UDP candidate is; it may be a name.
async fn address(candidates: &[IceCandidate]) -> Result<SocketAddr, BenchError> {
    let error = |reason: String| BenchError::Transport(reason);
    let mut candidates = candidates.iter();
    let udp = candidates.find(|candidate| candidate.protocol == IceProtocol::Udp);
    let udp = udp.ok_or_else(|| error("the server offers no UDP candidate".to_owned()))?;
    let found = tokio::net::lookup_host((udp.address.as_str(), udp.port)).await;
    let mut found = found.map_err(|reason| error(format!("{}: {reason}", udp.address)))?;
    found
        .next()
        .ok_or_else(|| error(format!("{} has no address", udp.address)))
}
