//! Async fronts of entities that live on a worker thread. Each call is one command; handles hold no
//! state of the entity.

use std::sync::Arc;

use media::{
    Command, ConsumeOptions, ConsumerId, ProduceOptions, ProducerId, ProducerScore, Reply,
    RouterId, TransportId, TransportStats, WebRtcTransportData,
};
use ortc::types::{DtlsParameters, IceParameters};
use uuid::Uuid;

use super::{EngineError, link::Link};

/// A router. Dropping the last clone closes it, so a room that forgets to cannot leak one.
#[derive(Clone, Debug)]
pub struct RouterHandle {
    inner: Arc<RouterInner>,
}

#[derive(Debug)]
struct RouterInner {
    id: RouterId,
    worker: usize,
    link: Arc<Link>,
}

impl Drop for RouterInner {
    fn drop(&mut self) {
        // A router that is closed already answers "not found", to nobody.
        self.link.tell(Command::CloseRouter { router: self.id });
    }
}

impl RouterHandle {
    pub(super) fn new(id: RouterId, worker: usize, link: Arc<Link>) -> Self {
        Self {
            inner: Arc::new(RouterInner { id, worker, link }),
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> RouterId {
        self.inner.id
    }

    /// The number of the worker it lives on.
    #[must_use]
    pub fn worker(&self) -> usize {
        self.inner.worker
    }

    /// Makes a transport; what a client needs to connect comes with it.
    ///
    /// # Errors
    /// The worker's refusal, its death, or no reply in time.
    pub async fn create_web_rtc_transport(
        &self,
    ) -> Result<(TransportHandle, WebRtcTransportData), EngineError> {
        let transport = TransportId(Uuid::new_v4());
        let create = Command::CreateWebRtcTransport {
            router: self.inner.id,
            transport,
        };
        let undo = Command::CloseTransport { transport };
        match self.inner.link.create(create, undo, None).await? {
            Reply::WebRtcTransport(data) => {
                let link = Arc::clone(&self.inner.link);
                Ok((
                    TransportHandle {
                        id: transport,
                        link,
                    },
                    *data,
                ))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Closes it and everything in it; each entity is announced as an event.
    pub async fn close(&self) {
        let router = self.inner.id;
        close(&self.inner.link, Command::CloseRouter { router }).await;
    }
}

/// A WebRTC transport.
#[derive(Clone, Debug)]
pub struct TransportHandle {
    id: TransportId,
    link: Arc<Link>,
}

impl TransportHandle {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> TransportId {
        self.id
    }

    /// Gives it the client's DTLS fingerprints and role.
    ///
    /// # Errors
    /// Unusable parameters, a second call, or the worker's silence.
    pub async fn connect(&self, dtls_parameters: DtlsParameters) -> Result<(), EngineError> {
        let command = Command::ConnectWebRtcTransport {
            transport: self.id,
            dtls_parameters,
        };
        done(&self.link.request(command).await?)
    }

    /// New ICE credentials; the old ones stay valid until the new ones are used, 30 s at most.
    ///
    /// # Errors
    /// The transport is gone, or the worker silent.
    pub async fn restart_ice(&self) -> Result<IceParameters, EngineError> {
        let command = Command::RestartIce { transport: self.id };
        match self.link.request(command).await? {
            Reply::IceParameters(parameters) => Ok(parameters),
            other => Err(unexpected(&other)),
        }
    }

    /// A source the client sends on this transport.
    ///
    /// # Errors
    /// Streams already in use, parameters that cannot be routed, or the worker's silence.
    pub async fn produce(&self, options: ProduceOptions) -> Result<ProducerHandle, EngineError> {
        let producer = ProducerId(Uuid::new_v4());
        let create = Command::Produce {
            transport: self.id,
            producer,
            options: Box::new(options),
        };
        let undo = Command::CloseProducer { producer };
        done(&self.link.create(create, undo, None).await?)?;
        Ok(ProducerHandle {
            id: producer,
            link: Arc::clone(&self.link),
        })
    }

    /// Sends a producer's media on this transport.
    ///
    /// # Errors
    /// The producer is gone or lives in another router, or the worker is silent.
    pub async fn consume(
        &self,
        options: ConsumeOptions,
    ) -> Result<(ConsumerHandle, ConsumerState), EngineError> {
        let consumer = ConsumerId(Uuid::new_v4());
        let create = Command::Consume {
            transport: self.id,
            consumer,
            options: Box::new(options),
        };
        let undo = Command::CloseConsumer { consumer };
        match self.link.create(create, undo, None).await? {
            Reply::Consumer {
                producer_paused,
                scores,
            } => {
                let state = ConsumerState {
                    producer_paused,
                    scores,
                };
                let link = Arc::clone(&self.link);
                Ok((ConsumerHandle { id: consumer, link }, state))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Its counters.
    ///
    /// # Errors
    /// The transport is gone, or the worker silent.
    pub async fn stats(&self) -> Result<TransportStats, EngineError> {
        let command = Command::TransportStats { transport: self.id };
        match self.link.request(command).await? {
            Reply::TransportStats(stats) => Ok(*stats),
            other => Err(unexpected(&other)),
        }
    }

    /// Closes it with its producers and consumers.
    pub async fn close(&self) {
        let transport = self.id;
        close(&self.link, Command::CloseTransport { transport }).await;
    }

    /// Makes the worker panic inside this transport's work at its next datagram.
    ///
    /// # Errors
    /// The transport is gone, or the worker silent.
    #[cfg(feature = "fault-injection")]
    pub async fn inject_panic(&self) -> Result<(), EngineError> {
        let transport = Some(self.id);
        done(
            &self
                .link
                .request(Command::InjectPanic { transport })
                .await?,
        )
    }

    /// Makes the worker panic in the middle of a fan-out: when the next media packet for this
    /// transport is written, after whoever has its turn before it and before whoever has it after.
    ///
    /// # Errors
    /// The transport is gone, or the worker silent.
    #[cfg(feature = "fault-injection")]
    pub async fn inject_send_panic(&self) -> Result<(), EngineError> {
        let transport = self.id;
        done(
            &self
                .link
                .request(Command::InjectSendPanic { transport })
                .await?,
        )
    }
}

/// What a new consumer starts from.
#[derive(Clone, Debug)]
pub struct ConsumerState {
    /// Whether its producer is paused now.
    pub producer_paused: bool,
    /// Scores of the producer's streams now.
    pub scores: Vec<ProducerScore>,
}

/// A producer.
#[derive(Clone, Debug)]
pub struct ProducerHandle {
    id: ProducerId,
    link: Arc<Link>,
}

impl ProducerHandle {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> ProducerId {
        self.id
    }

    /// Stops forwarding it.
    ///
    /// # Errors
    /// The producer is gone, or the worker silent.
    pub async fn pause(&self) -> Result<(), EngineError> {
        let producer = self.id;
        done(
            &self
                .link
                .request(Command::PauseProducer { producer })
                .await?,
        )
    }

    /// Forwards it again.
    ///
    /// # Errors
    /// The producer is gone, or the worker silent.
    pub async fn resume(&self) -> Result<(), EngineError> {
        let producer = self.id;
        done(
            &self
                .link
                .request(Command::ResumeProducer { producer })
                .await?,
        )
    }

    /// Closes it and its consumers.
    pub async fn close(&self) {
        let producer = self.id;
        close(&self.link, Command::CloseProducer { producer }).await;
    }
}

/// A consumer.
#[derive(Clone, Debug)]
pub struct ConsumerHandle {
    id: ConsumerId,
    link: Arc<Link>,
}

impl ConsumerHandle {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> ConsumerId {
        self.id
    }

    /// Stops it.
    ///
    /// # Errors
    /// The consumer is gone, or the worker silent.
    pub async fn pause(&self) -> Result<(), EngineError> {
        let consumer = self.id;
        done(
            &self
                .link
                .request(Command::PauseConsumer { consumer })
                .await?,
        )
    }

    /// Starts it again, from a key frame.
    ///
    /// # Errors
    /// The consumer is gone, or the worker silent.
    pub async fn resume(&self) -> Result<(), EngineError> {
        let consumer = self.id;
        done(
            &self
                .link
                .request(Command::ResumeConsumer { consumer })
                .await?,
        )
    }

    /// The layers it should get at most: spatial, 0 the smallest, and temporal if limited.
    ///
    /// # Errors
    /// The consumer is gone, or the worker silent.
    pub async fn set_preferred_layers(
        &self,
        spatial: u8,
        temporal: Option<u8>,
    ) -> Result<(), EngineError> {
        let command = Command::SetPreferredLayers {
            consumer: self.id,
            spatial,
            temporal,
        };
        done(&self.link.request(command).await?)
    }

    /// Asks its producer for a key frame.
    ///
    /// # Errors
    /// The consumer is gone, or the worker silent.
    pub async fn request_key_frame(&self) -> Result<(), EngineError> {
        let consumer = self.id;
        done(
            &self
                .link
                .request(Command::RequestKeyFrame { consumer })
                .await?,
        )
    }

    /// Closes it.
    pub async fn close(&self) {
        let consumer = self.id;
        close(&self.link, Command::CloseConsumer { consumer }).await;
    }
}

/// Closing cannot fail: what is gone is closed. A worker too busy to answer still gets the command.
async fn close(link: &Link, command: Command) {
    let _ = link.finish(command).await;
}

fn done(reply: &Reply) -> Result<(), EngineError> {
    match reply {
        Reply::Done => Ok(()),
        other => Err(unexpected(other)),
    }
}

/// The engine and the media core disagree on a command's answer: a bug, reported and survived.
fn unexpected(reply: &Reply) -> EngineError {
    tracing::error!(?reply, "a worker gave the wrong kind of reply");
    EngineError::Command(media::CommandError::Internal)
}
