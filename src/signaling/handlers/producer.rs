//! Producers.

use super::in_use;
use crate::{
    error::ApiError,
    room::{self, AppData, ProducerId},
    signaling::{
        notify,
        request::{Id, Produce, Reply},
        session::Session,
    },
};

/// Sends a source.
pub(super) async fn produce(session: &Session, produce: Produce) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let request = room::Produce {
        transport: in_use(produce.transport),
        kind: produce.kind,
        rtp_parameters: produce.rtp_parameters,
        app_data: produce
            .app_data
            .as_deref()
            .map(AppData::from_json)
            .unwrap_or_default(),
        paused: produce.paused,
    };
    let (id, producers_exist) = room.produce(&session.id, request).await?;
    Ok(Reply::Produced {
        id: id.0,
        producers_exist,
    })
}

/// Ends a producer.
pub(super) async fn close(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.close_producer(&session.id, ProducerId(id.0)).await?;
    Ok(Reply::Closed)
}

/// Stops a producer.
pub(super) async fn pause(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.pause_producer(&session.id, ProducerId(id.0), true)
        .await?;
    Ok(Reply::Paused)
}

/// Restarts a producer.
pub(super) async fn resume(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.pause_producer(&session.id, ProducerId(id.0), false)
        .await?;
    Ok(Reply::Resumed)
}

/// Lists the others' producers.
pub(super) fn list(session: &mut Session) -> Result<Reply, ApiError> {
    let (producers, made) = session.member()?.room.producers(&session.id)?;
    if let Some(member) = &mut session.member {
        member.listed = made;
    }
    Ok(Reply::Producers(
        producers.iter().map(notify::entry).collect(),
    ))
}
