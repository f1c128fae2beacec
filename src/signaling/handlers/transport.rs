//! Transports.

use ortc::types::DtlsParameters;

use super::{role, to_connect};
use crate::{
    error::ApiError,
    room::TransportId,
    signaling::{
        request::{Direction, Id, Reply, Transport, TransportOptions},
        session::Session,
    },
};

/// Makes a transport.
pub(super) async fn create(
    session: &Session,
    direction: Direction,
    label: Option<String>,
) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let made = room.create_transport(session.caller()?, role(direction), label.map(Into::into));
    let made = made.await?;
    let options = TransportOptions {
        id: made.id.0,
        ice_parameters: made.ice_parameters,
        ice_candidates: made.ice_candidates,
        dtls_parameters: made.dtls_parameters,
    };
    let ice_servers = session.registry().broadcasts().config().ice_servers.clone();
    Ok(Reply::Transport(options, ice_servers))
}

/// Tells a transport the client's certificate.
pub(super) async fn connect(
    session: &Session,
    which: Transport,
    dtls: DtlsParameters,
) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.connect_transport(session.caller()?, to_connect(which), dtls)
        .await?;
    Ok(Reply::Connected)
}

/// New ICE credentials.
pub(super) async fn restart_ice(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let parameters = room.restart_ice(&session.id, TransportId(id.0)).await?;
    Ok(Reply::IceParameters(parameters))
}
