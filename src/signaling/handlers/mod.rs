//! Requests to room verbs: one file per noun, one function per verb. Nothing here knows a dialect.

mod consumer;
mod producer;
mod room;
mod stats;
mod transport;

use super::{
    request::{Direction, Reply, Request, Transport},
    session::Session,
};
use crate::{
    error::ApiError,
    room::{Role, TransportChoice, TransportId},
};

/// Carries out a request.
pub(super) async fn handle(session: &mut Session, request: Request) -> Result<Reply, ApiError> {
    match request {
        Request::Join { room, display_name } => room::join(session, room, display_name).await,
        Request::Leave => room::leave(session),
        Request::CreateTransport(direction) => transport::create(session, direction).await,
        Request::ConnectTransport(which, dtls) => transport::connect(session, which, dtls).await,
        Request::RestartIce(id) => transport::restart_ice(session, id).await,
        Request::Stats(id) => stats::transport(session, id).await,
        Request::Produce(produce) => producer::produce(session, *produce).await,
        Request::CloseProducer(id) => producer::close(session, id).await,
        Request::PauseProducer(id) => producer::pause(session, id).await,
        Request::ResumeProducer(id) => producer::resume(session, id).await,
        Request::Producers => producer::list(session),
        Request::Consume(consume) => consumer::consume(session, *consume).await,
        Request::ResumeConsumer(id) => consumer::resume(session, id).await,
        Request::PauseConsumer(id) => consumer::pause(session, id).await,
        Request::CloseConsumer(id) => consumer::close(session, id).await,
        Request::SetPreferredLayers {
            consumer,
            spatial,
            temporal,
        } => consumer::set_preferred_layers(session, consumer, spatial, temporal).await,
        Request::RequestKeyFrame(id) => consumer::request_key_frame(session, id).await,
        #[cfg(feature = "fault-injection")]
        Request::Panic => panic!("asked for by a test"),
        #[cfg(feature = "fault-injection")]
        Request::PanicWorker => room::panic_worker(session),
        #[cfg(feature = "fault-injection")]
        Request::StallWorker => room::stall_worker(session),
    }
}

fn role(direction: Direction) -> Role {
    match direction {
        Direction::Send => Role::Send,
        Direction::Receive => Role::Receive,
    }
}

/// The transport to connect.
fn to_connect(which: Transport) -> TransportChoice {
    match which {
        Transport::Id(id) => TransportChoice::Id(TransportId(id.0)),
        Transport::Implied(direction) => TransportChoice::ToConnect(role(direction)),
    }
}

/// The transport to produce or consume on.
fn in_use(which: Transport) -> TransportChoice {
    match which {
        Transport::Id(id) => TransportChoice::Id(TransportId(id.0)),
        Transport::Implied(direction) => TransportChoice::InUse(role(direction)),
    }
}
