//! Requests to room verbs: one file per noun, one function per verb. Nothing here knows a dialect.

mod consumer;
mod producer;
mod room;
mod stats;
mod transport;

use super::{
    request::{Direction, Reply, Request, Transport, Which},
    session::Session,
};
use crate::{
    error::ApiError,
    room::{Filter, PeerId, Role, TransportChoice, TransportId},
};

/// Carries out a request.
pub(super) async fn handle(session: &mut Session, request: Request) -> Result<Reply, ApiError> {
    match request {
        Request::All(requests) => all(session, requests).await,
        Request::Nothing => Ok(Reply::Done),
        Request::RoomExists(name) => room::exists(session, name),
        Request::Join(join) => room::join(session, join).await,
        Request::Leave => room::leave(session),
        Request::Peers => room::peers(session),
        Request::MorePeers { after } => room::more_peers(session, after),
        Request::RtpCapabilities => room::rtp_capabilities(session),
        Request::CreateTransport { direction, label } => {
            transport::create(session, direction, label).await
        }
        Request::ConnectTransport(which, dtls) => transport::connect(session, which, dtls).await,
        Request::RestartIce(id) => transport::restart_ice(session, id).await,
        Request::Stats(id) => stats::transport(session, id).await,
        Request::Produce(produce) => producer::produce(session, *produce).await,
        Request::Produces(kind) => producer::produces(session, kind),
        Request::CloseProducers(which) => producer::close_all(session, which).await,
        Request::CloseProducer(id) => producer::close(session, id).await,
        Request::PauseProducer(id) => producer::pause(session, id).await,
        Request::ResumeProducer(id) => producer::resume(session, id).await,
        Request::Producers => producer::list(session, false),
        Request::AllProducers => producer::list(session, true),
        Request::Consume(consume) => consumer::consume(session, *consume).await,
        Request::ConsumeAll {
            transport,
            which,
            rtp_capabilities,
            paused,
        } => {
            let each = consumer::Each {
                transport,
                rtp_capabilities,
                paused,
            };
            consumer::consume_all(session, which, each).await
        }
        Request::ResumeConsumers(which) => consumer::resume(session, which).await,
        Request::PauseConsumers(which) => consumer::pause(session, which).await,
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
        Request::StallWorker(time) => room::stall_worker(session, time),
    }
}

/// Carries out requests in order, up to the first that fails. A room that was entered by an earlier
/// one of them is left again then: the client believes that it is in none.
async fn all(session: &mut Session, requests: Vec<Request>) -> Result<Reply, ApiError> {
    let outside = session.member.is_none();
    let mut replies = Vec::with_capacity(requests.len());
    for request in requests {
        // Boxed, since a request may hold requests.
        match Box::pin(handle(session, request)).await {
            Ok(reply) => replies.push(reply),
            Err(error) => {
                if outside {
                    session.leave();
                }
                return Err(error);
            }
        }
    }
    Ok(Reply::All(replies))
}

/// Producers by what they are.
fn filter(which: &Which) -> Filter {
    Filter {
        owner: which.peer.as_deref().map(PeerId::from),
        kind: which.kind,
        display: which.display,
    }
}

fn role(direction: Direction) -> Role {
    match direction {
        Direction::Send => Role::Send,
        Direction::Receive => Role::Receive,
        Direction::Either => Role::Either,
    }
}

/// The transport to connect.
fn to_connect(which: Transport) -> TransportChoice {
    match which {
        Transport::Id(id) => TransportChoice::Id(TransportId(id.0)),
        Transport::Label(label) => TransportChoice::Label(label.into()),
        Transport::First(direction) => TransportChoice::First(role(direction)),
        Transport::Implied(direction) => TransportChoice::ToConnect(role(direction)),
    }
}

/// The transport to produce or consume on.
fn in_use(which: Transport) -> TransportChoice {
    match which {
        Transport::Id(id) => TransportChoice::Id(TransportId(id.0)),
        Transport::Label(label) => TransportChoice::Label(label.into()),
        Transport::First(direction) => TransportChoice::First(role(direction)),
        Transport::Implied(direction) => TransportChoice::InUse(role(direction)),
    }
}
