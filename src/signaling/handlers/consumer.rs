//! Consumers.

use super::in_use;
use crate::{
    error::ApiError,
    room::{self, ConsumerChoice, ConsumerId, ConsumerInfo, ProducerChoice, ProducerId},
    signaling::{
        request::{Consume, ConsumerEntry, Id, ProducerEntry, Reply},
        session::Session,
    },
};

/// Receives a source.
pub(super) async fn consume(session: &Session, consume: Consume) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let by_id = |id: Id| ProducerChoice::Id(ProducerId(id.0));
    let request = room::Consume {
        transport: in_use(consume.transport),
        producer: consume.producer.map_or(ProducerChoice::Newest, by_id),
        rtp_capabilities: consume.rtp_capabilities,
    };
    let made = room.consume(&session.id, request).await?;
    Ok(Reply::Consumer(Box::new(entry(made))))
}

/// Starts one consumer, or all.
pub(super) async fn resume(session: &Session, id: Option<Id>) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let choice = id.map_or(ConsumerChoice::All, one);
    room.pause_consumer(&session.id, choice, false).await?;
    Ok(Reply::Resumed)
}

/// Stops a consumer.
pub(super) async fn pause(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.pause_consumer(&session.id, one(id), true).await?;
    Ok(Reply::Paused)
}

/// Ends a consumer.
pub(super) async fn close(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.close_consumer(&session.id, ConsumerId(id.0)).await?;
    Ok(Reply::Closed)
}

/// Bounds a consumer's layers.
pub(super) async fn set_preferred_layers(
    session: &Session,
    id: Id,
    spatial: u8,
    temporal: Option<u8>,
) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let id = ConsumerId(id.0);
    room.set_preferred_layers(&session.id, id, spatial, temporal)
        .await?;
    Ok(Reply::Done)
}

/// Asks for a key frame.
pub(super) async fn request_key_frame(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.request_key_frame(&session.id, ConsumerId(id.0))
        .await?;
    Ok(Reply::Done)
}

fn one(id: Id) -> ConsumerChoice {
    ConsumerChoice::Id(ConsumerId(id.0))
}

fn entry(made: ConsumerInfo) -> ConsumerEntry {
    ConsumerEntry {
        id: made.id.0,
        producer: ProducerEntry {
            producer: made.producer.0,
            peer: made.peer.to_string(),
            kind: made.kind,
            app_data: made.app_data.as_json().to_owned(),
            paused: made.producer_paused,
        },
        rtp_parameters: made.rtp_parameters,
        rtp_type: made.rtp_type,
    }
}
