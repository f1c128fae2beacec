//! Carrying out commands: finds the entity each one names and hands it to its router.

use std::time::Instant;

use ortc::types::{DtlsParameters, IceCandidate, IceCandidateType, IceProtocol};

use crate::{
    CloseReason, Command, CommandError, ConsumerId, ProducerId, Reply, RequestId, RouterId,
    TransportId, WebRtcTransportData, Worker,
    config::HostCandidate,
    router::{ConsumerKey, Outlet, ProducerKey, Router, RouterKey},
    transport::{ice_lite::IceCredentials, web_rtc::WebRtcTransport},
    web_rtc_server::Place,
};

type Outcome = Result<Reply, CommandError>;

/// Streams begin in the lower half of the sequence numbers (RFC 3711 §3.3.1 assumes it): a receiver
/// that misses the packets before the first wrap could not know that the roll-over counter moved.
const FIRST_SEQUENCE_END: u16 = 1 << 15;

impl Worker {
    /// Carries out a command; its reply is an event.
    pub fn handle_command(&mut self, now: Instant, request: RequestId, command: Command) {
        let now = self.advance(now);
        let result = self.carry_out(now, command);
        self.reply(request, None, result);
    }

    // A table: one arm per command.
    #[allow(clippy::too_many_lines)]
    fn carry_out(&mut self, now: Instant, command: Command) -> Outcome {
        match command {
            Command::CreateRouter { router } => self.create_router(router),
            Command::CloseRouter { router } => self.close_router(now, router),
            Command::CreateWebRtcTransport { router, transport } => {
                self.create_transport(now, router, transport)
            }
            Command::ConnectWebRtcTransport {
                transport,
                dtls_parameters,
            } => self.connect(now, transport, &dtls_parameters),
            Command::RestartIce { transport } => self.restart_ice(now, transport),
            Command::CloseTransport { transport } => {
                self.on_transport(now, transport, |router, place, out| {
                    router.close_transport(now, place.1, CloseReason::Requested, out);
                    Ok(Reply::Done)
                })
            }
            Command::TransportStats { transport } => {
                self.on_transport(now, transport, |router, place, _| {
                    let transport = router.transports.get_mut(place.1);
                    let stats = transport.ok_or(CommandError::TransportNotFound)?.stats(now);
                    Ok(Reply::TransportStats(Box::new(stats)))
                })
            }
            Command::Produce {
                transport,
                producer,
                options,
            } => {
                self.fresh(self.index.producers.contains_key(&producer))?;
                self.on_transport(now, transport, |router, place, out| {
                    router.produce(place.1, producer, &options, out)
                })
            }
            Command::Consume {
                transport,
                consumer,
                options,
            } => {
                self.fresh(self.index.consumers.contains_key(&consumer))?;
                let start = (self.random.u16(..FIRST_SEQUENCE_END), self.random.u32(..));
                self.on_transport(now, transport, |router, place, out| {
                    router.consume(now, place.1, (consumer, *options), start, out)
                })
            }
            Command::PauseProducer { producer } => self.pause_producer(now, producer, true),
            Command::ResumeProducer { producer } => self.pause_producer(now, producer, false),
            Command::CloseProducer { producer } => {
                self.on_producer(now, producer, |router, key, out| {
                    router.close_producer(key, CloseReason::Requested, out);
                })
            }
            Command::PauseConsumer { consumer } => self.pause_consumer(now, consumer, true),
            Command::ResumeConsumer { consumer } => self.pause_consumer(now, consumer, false),
            Command::CloseConsumer { consumer } => {
                self.on_consumer(now, consumer, |router, key, out| {
                    router.close_consumer(key, CloseReason::Requested, out);
                })
            }
            Command::SetPreferredLayers {
                consumer,
                spatial,
                temporal,
            } => self.on_consumer(now, consumer, |router, key, out| {
                router.consumers[key]
                    .consumer
                    .set_preferred_layers(now, spatial, temporal);
                router.settle(now, key, out);
            }),
            Command::RequestKeyFrame { consumer } => {
                self.on_consumer(now, consumer, |router, key, out| {
                    router.consumers[key].consumer.request_key_frame(now);
                    router.settle(now, key, out);
                })
            }
            Command::Dump => Ok(Reply::Dump(Box::new(self.dump()))),
            #[cfg(feature = "fault-injection")]
            Command::InjectPanic { transport } => self.inject_panic(now, transport),
            #[cfg(feature = "fault-injection")]
            Command::InjectSendPanic { transport } => {
                self.on_transport(now, transport, |router, place, _| {
                    router.transports[place.1].panic_at_next_packet = true;
                    Ok(Reply::Done)
                })
            }
        }
    }

    fn create_router(&mut self, id: RouterId) -> Outcome {
        self.fresh(self.index.routers.contains_key(&id))?;
        let key = self.routers.insert(Router::new(id, self.limits.clone()));
        self.index.routers.insert(id, key);
        Ok(Reply::Done)
    }

    fn close_router(&mut self, now: Instant, id: RouterId) -> Outcome {
        let key = self.router_key(id)?;
        self.with_router(key, |router, out| router.close(now, out));
        self.routers.remove(key);
        self.index.routers.remove(&id);
        Ok(Reply::Done)
    }

    fn create_transport(&mut self, now: Instant, router: RouterId, id: TransportId) -> Outcome {
        self.fresh(self.index.transports.contains_key(&id))?;
        let key = self.router_key(router)?;
        let credentials = IceCredentials::generate().map_err(|_| CommandError::Internal)?;
        let rtcp_ssrc = self.random.u32(1..);
        let transport = WebRtcTransport::new(
            id,
            &self.identity,
            credentials,
            &self.limits,
            (now, rtcp_ssrc),
        );
        let data = WebRtcTransportData {
            ice_parameters: transport.ice.parameters(),
            ice_candidates: ice_candidates(&self.candidates),
            dtls_parameters: DtlsParameters {
                role: ortc::types::DtlsRole::Auto,
                fingerprints: self.identity.fingerprints(),
            },
        };
        self.with_router(key, |router, out| router.add_transport(transport, out));
        Ok(Reply::WebRtcTransport(Box::new(data)))
    }

    fn connect(&mut self, now: Instant, id: TransportId, remote: &DtlsParameters) -> Outcome {
        self.on_transport(now, id, |router, place, out| {
            router.connect(now, place.1, remote, out)
        })
    }

    fn restart_ice(&mut self, now: Instant, id: TransportId) -> Outcome {
        let credentials = IceCredentials::generate().map_err(|_| CommandError::Internal)?;
        self.on_transport(now, id, |router, place, out| {
            let transport = router.transports.get_mut(place.1);
            let transport = transport.ok_or(CommandError::TransportNotFound)?;
            let (parameters, dropped) = transport.restart_ice(now, credentials);
            if let Some(ufrag) = dropped {
                out.server.remove_ufrag(&ufrag);
            }
            out.server
                .add_ufrag(parameters.username_fragment.clone(), place);
            router.wake_transport(place.1, out);
            Ok(Reply::IceParameters(parameters))
        })
    }

    fn pause_producer(&mut self, now: Instant, id: ProducerId, paused: bool) -> Outcome {
        self.on_producer(now, id, |router, key, out| {
            router.set_producer_paused(now, key, paused, out);
        })
    }

    fn pause_consumer(&mut self, now: Instant, id: ConsumerId, paused: bool) -> Outcome {
        self.on_consumer(now, id, |router, key, out| {
            router.set_consumer_paused(now, key, paused, out);
        })
    }

    #[cfg(feature = "fault-injection")]
    fn inject_panic(&mut self, now: Instant, transport: Option<TransportId>) -> Outcome {
        let Some(id) = transport else {
            panic!("injected into the worker")
        };
        self.on_transport(now, id, |router, place, _| {
            router.transports[place.1].panic_at_next_datagram = true;
            Ok(Reply::Done)
        })
    }

    fn fresh(&self, taken: bool) -> Result<(), CommandError> {
        if taken {
            Err(CommandError::DuplicateId)
        } else {
            Ok(())
        }
    }

    fn router_key(&self, id: RouterId) -> Result<RouterKey, CommandError> {
        self.index
            .routers
            .get(&id)
            .copied()
            .ok_or(CommandError::RouterNotFound)
    }

    fn on_transport(
        &mut self,
        now: Instant,
        id: TransportId,
        work: impl FnOnce(&mut Router, Place, &mut Outlet<'_>) -> Outcome,
    ) -> Outcome {
        let place = self.index.transports.get(&id).copied();
        let place = place.ok_or(CommandError::TransportNotFound)?;
        self.guarded(now, place, |router, out| work(router, place, out))
            .unwrap_or(Err(CommandError::Internal))
    }

    fn on_producer(
        &mut self,
        now: Instant,
        id: ProducerId,
        work: impl FnOnce(&mut Router, ProducerKey, &mut Outlet<'_>),
    ) -> Outcome {
        let place = self.index.producers.get(&id).copied();
        let (router, key) = place.ok_or(CommandError::ProducerNotFound)?;
        let transport = self.routers[router].producers[key].transport;
        self.guarded(now, (router, transport), |router, out| {
            work(router, key, out)
        })
        .map(|()| Reply::Done)
        .ok_or(CommandError::Internal)
    }

    fn on_consumer(
        &mut self,
        now: Instant,
        id: ConsumerId,
        work: impl FnOnce(&mut Router, ConsumerKey, &mut Outlet<'_>),
    ) -> Outcome {
        let place = self.index.consumers.get(&id).copied();
        let (router, key) = place.ok_or(CommandError::ConsumerNotFound)?;
        let transport = self.routers[router].consumers[key].transport;
        self.guarded(now, (router, transport), |router, out| {
            work(router, key, out)
        })
        .map(|()| Reply::Done)
        .ok_or(CommandError::Internal)
    }
}

/// Host candidates, best first (RFC 8445 §5.1.2.1: type preference 126, component 1).
fn ice_candidates(hosts: &[HostCandidate]) -> Vec<IceCandidate> {
    let candidate = |(rank, host): (usize, &HostCandidate)| IceCandidate {
        foundation: "udpcandidate".to_owned(),
        priority: priority(rank),
        ip: host.address.clone(),
        address: host.address.clone(),
        protocol: IceProtocol::Udp,
        port: host.port,
        kind: IceCandidateType::Host,
        tcp_type: None,
    };
    hosts.iter().enumerate().map(candidate).collect()
}

/// RFC 8445 §5.1.2.1; an earlier address is preferred.
fn priority(rank: usize) -> u32 {
    const HOST_PREFERENCE: u32 = 126;
    const COMPONENT: u32 = 1;
    let local = u32::try_from(rank).map_or(0, |rank| 65_535u32.saturating_sub(rank));
    HOST_PREFERENCE << 24 | local << 8 | (256 - COMPONENT)
}
