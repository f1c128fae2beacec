//! Consumers.

use ortc::types::RtpCapabilities;

use super::{filter, in_use};
use crate::{
    auth::Wanted,
    error::ApiError,
    room::{self, ConsumerChoice, ConsumerId, ConsumerInfo, ProducerChoice, ProducerId, RoomError},
    signaling::{
        notify,
        request::{
            Consume, ConsumerEntry, Consumers, Id, Producer, ProducerEntry, Reply, Transport, Which,
        },
        session::Session,
    },
};

/// Receives a source.
pub(super) async fn consume(session: &Session, consume: Consume) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    session.pass.check(Wanted::Subscribe(room.id().as_str()))?;
    let producer = match consume.producer {
        Producer::Id(id) => ProducerChoice::Id(ProducerId(id.0)),
        Producer::Any(id) => ProducerChoice::Any(ProducerId(id.0)),
        Producer::Newest(which) => ProducerChoice::Newest(filter(&which)),
    };
    let request = room::Consume {
        transport: in_use(consume.transport),
        producer,
        rtp_capabilities: consume.rtp_capabilities,
        paused: consume.paused,
        numbers: None,
    };
    let made = room.consume(session.caller()?, request).await?;
    Ok(Reply::Consumer(Box::new(entry(made))))
}

/// How each of several sources is received.
pub(super) struct Each {
    pub(super) transport: Transport,
    pub(super) rtp_capabilities: RtpCapabilities,
    pub(super) paused: bool,
}

/// Receives all of these sources that the client can and does not receive yet.
pub(super) async fn consume_all(
    session: &Session,
    which: Which,
    each: Each,
) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    session.pass.check(Wanted::Subscribe(room.id().as_str()))?;
    let mut entries = Vec::new();
    for producer in room.unconsumed(&session.id, &filter(&which))? {
        let request = room::Consume {
            transport: in_use(each.transport.clone()),
            producer: ProducerChoice::Id(producer),
            rtp_capabilities: each.rtp_capabilities.clone(),
            paused: each.paused,
            numbers: None,
        };
        match room.consume(session.caller()?, request).await {
            Ok(made) => entries.push(entry(made)),
            // It ended meanwhile, or the client knows none of its codecs: the others matter.
            Err(RoomError::CannotConsume(_) | RoomError::NotFound("producer")) => {}
            // What is there is told; the rest may be asked for again.
            Err(_) if !entries.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Reply::Consumers(entries))
}

/// Starts consumers.
pub(super) async fn resume(session: &Session, which: Consumers) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.pause_consumer(&session.id, choice(which), false)
        .await?;
    Ok(Reply::Resumed)
}

/// Stops consumers.
pub(super) async fn pause(session: &Session, which: Consumers) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    room.pause_consumer(&session.id, choice(which), true)
        .await?;
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

fn choice(which: Consumers) -> ConsumerChoice {
    match which {
        Consumers::Id(id) => ConsumerChoice::Id(ConsumerId(id.0)),
        Consumers::Of(producer) => ConsumerChoice::Of(ProducerId(producer.0)),
        Consumers::Which(which) => ConsumerChoice::Which(filter(&which)),
    }
}

fn entry(made: ConsumerInfo) -> ConsumerEntry {
    ConsumerEntry {
        id: made.id.0,
        producer: ProducerEntry {
            producer: made.producer.0,
            peer: made.peer.to_string(),
            peer_name: notify::name(made.peer_name.as_deref()),
            kind: made.kind,
            app_data: made.app_data.as_json().to_owned(),
            display: made.display,
            paused: made.producer_paused,
        },
        rtp_parameters: made.rtp_parameters,
        rtp_type: made.rtp_type,
    }
}
