//! A client and a worker, without a network between them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ortc::types::{DtlsFingerprint, IceParameters};
use uuid::Uuid;

use super::*;
use crate::{
    Command, EventKind, HostCandidate, Reply, RequestId, RouterId, SocketId, TransportId, Tuple,
    WebRtcTransportData, Worker, WorkerConfig,
};

const TICK: Duration = Duration::from_millis(10);

struct Pair {
    now: Instant,
    worker: Worker,
    client: ClientTransport,
    tuple: Tuple,
    transport: TransportId,
    /// Datagrams the client has sent.
    sent: u64,
    /// Whether the worker hears the client.
    joined: bool,
}

impl Pair {
    #[allow(clippy::disallowed_methods)] // tests may start the clock
    fn new(fingerprints: impl FnOnce(&WebRtcTransportData) -> Vec<DtlsFingerprint>) -> Self {
        let now = Instant::now();
        let config = WorkerConfig {
            candidates: vec![HostCandidate {
                address: "127.0.0.1".to_owned(),
                port: 1,
            }],
            limits: MediaLimits::default(),
            seed: [7; 32],
            ntp_epoch: (now, 0),
        };
        let mut worker = Worker::new(&config).unwrap();
        let (router, transport) = (RouterId(Uuid::nil()), TransportId(Uuid::nil()));
        ask(&mut worker, now, Command::CreateRouter { router });
        let create = Command::CreateWebRtcTransport { router, transport };
        let Reply::WebRtcTransport(data) = ask(&mut worker, now, create) else {
            panic!("a transport answers with its parameters");
        };
        let identity = ClientIdentity::generate().unwrap();
        let connect = Command::ConnectWebRtcTransport {
            transport,
            dtls_parameters: identity.dtls_parameters(),
        };
        ask(&mut worker, now, connect);
        let dtls = DtlsParameters {
            role: DtlsRole::Auto,
            fingerprints: fingerprints(&data),
        };
        let client = ClientTransport::new(&identity, data.ice_parameters, dtls, 1, now).unwrap();
        Self {
            now,
            worker,
            client,
            tuple: Tuple {
                socket: SocketId(0),
                remote: SocketAddr::from(([127, 0, 0, 1], 2)),
            },
            transport,
            sent: 0,
            joined: true,
        }
    }

    /// Everything the worker sends now.
    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        loop {
            let egress = self.worker.poll_transmit(self.now);
            if egress.is_empty() {
                return datagrams;
            }
            datagrams.extend(egress.iter().map(|sent| sent.contents.to_vec()));
            egress.clear();
        }
    }

    /// Lets `time` pass; returns the media datagrams the client got.
    fn run(&mut self, time: Duration) -> Vec<Vec<u8>> {
        let (end, mut media) = (self.now + time, Vec::new());
        while self.now < end {
            self.now += TICK;
            self.client.handle_timeout(self.now);
            self.worker.handle_timeout(self.now);
            while let Some(mut bytes) = self.client.poll_transmit() {
                self.sent += 1;
                if self.joined {
                    self.worker
                        .handle_datagram(self.now, self.tuple, &mut bytes);
                }
            }
            for bytes in self.drain() {
                if bytes[0] < 64 {
                    self.client.handle_datagram(self.now, &bytes);
                } else {
                    media.push(bytes);
                }
            }
        }
        media
    }
}

fn ask(worker: &mut Worker, now: Instant, command: Command) -> Reply {
    worker.handle_command(now, RequestId(0), command);
    loop {
        let event = worker.poll_event().expect("commands are answered at once");
        if let EventKind::Reply { result, .. } = event.kind {
            return result.unwrap();
        }
    }
}

fn announced(data: &WebRtcTransportData) -> Vec<DtlsFingerprint> {
    data.dtls_parameters.fingerprints.clone()
}

#[test]
fn connects_and_exchanges_protected_packets() {
    let mut pair = Pair::new(announced);
    pair.run(Duration::from_secs(1));
    assert!(pair.client.is_connected(), "{:?}", pair.client);

    let mut report = Vec::new();
    rtcp::receiver_report(&mut report, 1, &[]);
    assert!(pair.client.seal_rtcp(&mut report, 0));
    pair.worker
        .handle_datagram(pair.now, pair.tuple, &mut report);
    let transport = pair.transport;
    let ask_stats = Command::TransportStats { transport };
    let Reply::TransportStats(stats) = ask(&mut pair.worker, pair.now, ask_stats) else {
        panic!("statistics were asked for");
    };
    assert_eq!(stats.srtp_failures, 0);
    assert_eq!(stats.dropped, 0);
}

#[test]
fn consent_is_kept_fresh_and_seldom_asked_for() {
    let mut pair = Pair::new(announced);
    pair.run(Duration::from_secs(1));
    let before = pair.sent;
    pair.run(Duration::from_secs(60));
    assert!(pair.client.is_connected(), "{:?}", pair.client);
    assert!((10..=16).contains(&(pair.sent - before)), "{}", pair.sent);
}

#[test]
fn a_silent_server_is_given_up() {
    let mut pair = Pair::new(announced);
    pair.joined = false;
    pair.run(Duration::from_secs(31));
    assert_eq!(pair.client.failure(), Some(&ClientError::Silent));
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn a_server_with_another_certificate_is_refused() {
    let mut pair = Pair::new(|_| {
        vec![DtlsFingerprint {
            algorithm: "sha-256".to_owned(),
            value: ["00"; 32].join(":"),
        }]
    });
    pair.run(Duration::from_secs(2));
    assert!(!pair.client.is_connected());
    assert!(matches!(pair.client.failure(), Some(ClientError::Dtls(_))));
}

#[test]
#[allow(clippy::disallowed_methods)] // tests may start the clock
fn answers_of_strangers_are_not_taken() {
    let now = Instant::now();
    let identity = ClientIdentity::generate().unwrap();
    let ice = IceParameters {
        username_fragment: "theirs".to_owned(),
        password: "secret".to_owned(),
        ice_lite: Some(true),
    };
    let dtls = identity.dtls_parameters();
    let mut client = ClientTransport::new(&identity, ice, dtls, 1, now).unwrap();
    client.handle_timeout(now);
    let check = client.poll_transmit().unwrap();
    // The check itself, as an answer: the id is right, the type is not.
    client.handle_datagram(now, &check);
    let mut forged = check.clone();
    forged[0] = 1;
    client.handle_datagram(now, &forged);
    client.handle_timeout(now);
    assert_eq!(client.poll_transmit(), None);
}

#[test]
fn feedback_of_a_client_is_what_the_engine_reads() {
    let mut compound = Vec::new();
    rtcp::pli(&mut compound, 1, 7);
    assert!(rtcp::nack(&mut compound, 1, 8, &[3, 4, 9]).is_empty());
    let report = rtcp::SenderReport {
        ssrc: 9,
        ntp: 5,
        ..rtcp::SenderReport::default()
    };
    rtcp::sender_report(&mut compound, &report, "name");
    let mut heard = Vec::new();
    rtcp::read(&compound, |incoming| heard.push(incoming));
    let expected = [
        rtcp::Incoming::KeyFrameRequest { ssrc: 7 },
        rtcp::Incoming::Nack {
            ssrc: 8,
            packets: 3,
        },
        rtcp::Incoming::SenderReport { ssrc: 9, ntp: 5 },
    ];
    assert_eq!(heard, expected);
}
