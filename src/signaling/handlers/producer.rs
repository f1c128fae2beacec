//! Producers.

use ortc::types::MediaKind;

use super::{filter, in_use};
use crate::{
    auth::Source,
    error::ApiError,
    room::{self, AppData, ProducerId},
    signaling::{
        notify,
        request::{Id, Produce, Reply, Which},
        session::Session,
    },
};

/// Sends a source.
pub(super) async fn produce(session: &Session, produce: Produce) -> Result<Reply, ApiError> {
    let member = session.member()?;
    let room = &member.room;
    let source = match produce.kind {
        _ if produce.display => Source::Screen,
        MediaKind::Audio => Source::Audio,
        MediaKind::Video => Source::Video,
    };
    session.pass.check_source(source)?;
    let request = room::Produce {
        transport: in_use(produce.transport),
        kind: produce.kind,
        rtp_parameters: produce.rtp_parameters,
        app_data: produce
            .app_data
            .as_deref()
            .map(AppData::from_json)
            .unwrap_or_default(),
        display: produce.display,
        paused: produce.paused,
        group_of_pictures: None,
    };
    let (id, producers_exist) = room.produce(session.caller()?, request).await?;
    Ok(Reply::Produced {
        id: id.0,
        producers_exist,
        peer_name: notify::name(member.display_name.as_deref()),
    })
}

/// Whether the client sends something of this kind.
pub(super) fn produces(session: &Session, kind: MediaKind) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    Ok(Reply::Produces(room.produces(&session.id, kind)?))
}

/// Ends producers of the client.
pub(super) async fn close_all(session: &Session, which: Which) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.close_producers(&session.id, &filter(&which)).await?;
    Ok(Reply::Closed)
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

/// Lists the others' producers, and the client's own if wanted.
pub(super) fn list(session: &mut Session, own: bool) -> Result<Reply, ApiError> {
    let (producers, made) = session.member()?.room.producers(&session.id, own)?;
    if let Some(member) = &mut session.member {
        member.listed = made;
    }
    Ok(Reply::Producers(
        producers.iter().map(notify::entry).collect(),
    ))
}
