//! What an operator does: ends producers, peers' stays and rooms, and tells everybody something.

use axum::{Json, body::Body, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Named, Nothing, bad};
use crate::{
    http::{
        exchange::bytes,
        problem::{BadRequest, NotFound, Problem, TooLong},
        sessions::Doors,
    },
    room::{PeerId, ProducerId, RoomId},
};

/// Bytes of a notice's body.
const NOTICE_BYTES: usize = 16 * 1024;
/// Characters of a notice.
const NOTICE_CHARS: usize = 1000;

fn done(found: bool) -> Result<StatusCode, Problem> {
    let missing = Problem::not_found("there is none of this name");
    found.then_some(StatusCode::NO_CONTENT).ok_or(missing)
}

/// Ends a producer. Its owner and whoever knew of it are told `producer-closed` with the reason
/// `closed-by-operator`.
#[utoipa::path(
    delete, path = "/api/v1/producers/{producer}", tag = "actions",
    params(("producer" = Uuid, Path, description = "Its id.")),
    responses((status = 204, description = "It has ended."), BadRequest, NotFound)
)]
pub(super) async fn end_producer(
    State(doors): State<Doors>,
    Named(id): Named<ProducerId>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    done(doors.registry.end_producer(id).await)
}

/// Takes a peer out of its room. It is told `room-closed` with the reason `kicked`.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}/peers/{peer}", tag = "actions",
    params(
        ("room" = String, Path, description = "The room's name."),
        ("peer" = String, Path, description = "The peer's id."),
    ),
    responses((status = 204, description = "It is out."), BadRequest, NotFound)
)]
pub(super) async fn kick(
    State(doors): State<Doors>,
    Named((room, peer)): Named<(String, String)>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    let (room, peer) = (RoomId::from(room.as_str()), PeerId::from(peer.as_str()));
    done(doors.registry.kick(&room, &peer))
}

/// Ends a room. Everybody in it is told `room-closed`.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}", tag = "actions",
    params(("room" = String, Path, description = "Its name.")),
    responses((status = 204, description = "It has ended."), BadRequest, NotFound)
)]
pub(super) async fn end_room(
    State(doors): State<Doors>,
    Named(room): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    done(doors.registry.end_room(&RoomId::from(room.as_str())))
}

/// What everybody is to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Notice {
    /// A text for people.
    #[schema(min_length = 1, max_length = 1000)]
    message: String,
}

/// To how many a notice goes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Noticed {
    /// Peers; those whose frontends know no such message do not show it.
    peers: usize,
}

/// Tells everybody on the server something: native clients hear `notice`.
#[utoipa::path(
    post, path = "/api/v1/notice", tag = "actions",
    request_body = Notice,
    responses((status = 202, description = "They are told.", body = Noticed), BadRequest, TooLong)
)]
pub(super) async fn notice_all(
    State(doors): State<Doors>,
    Asked(Nothing {}): Asked<Nothing>,
    body: Body,
) -> Result<(StatusCode, Json<Noticed>), Problem> {
    give(&doors, None, body).await
}

/// Tells everybody in a room something: native clients hear `notice`.
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/notice", tag = "actions",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Notice,
    responses((status = 202, description = "They are told.", body = Noticed), BadRequest, NotFound, TooLong)
)]
pub(super) async fn notice_room(
    State(doors): State<Doors>,
    Named(room): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
    body: Body,
) -> Result<(StatusCode, Json<Noticed>), Problem> {
    give(&doors, Some(RoomId::from(room.as_str())), body).await
}

async fn give(
    doors: &Doors,
    room: Option<RoomId>,
    body: Body,
) -> Result<(StatusCode, Json<Noticed>), Problem> {
    let bytes = bytes(body, NOTICE_BYTES).await?;
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    let notice: Notice =
        serde_json::from_value(object.into()).map_err(|error| bad(error.to_string()))?;
    if !(1..=NOTICE_CHARS).contains(&notice.message.chars().count()) {
        return Err(bad(format!(
            "message must have from 1 to {NOTICE_CHARS} characters"
        )));
    }
    let told = doors.registry.give_notice(room.as_ref(), &notice.message);
    let peers = told.ok_or(Problem::not_found("there is none of this name"))?;
    Ok((StatusCode::ACCEPTED, Json(Noticed { peers })))
}
