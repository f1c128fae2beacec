//! `GET /room-status`: who is in which public room, for frontends that list rooms before they join.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, Uri},
    routing::get,
};

use super::{exchange::shown_anywhere, problem::Problem, sessions::Doors};
use crate::auth::Wanted;

pub(super) fn router(doors: Doors) -> Router {
    let list = get(list).with_state(doors);
    Router::new().route("/room-status", list)
}

/// Peers' ids by the names of their rooms, of those whoever asks may enter.
async fn list(
    State(doors): State<Doors>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<BTreeMap<String, Vec<String>>>, Problem> {
    let token = shown_anywhere(&headers, &uri);
    let tokens = &doors.tokens;
    let access = tokens.check(from.ip(), token.as_deref(), Wanted::Connect)?;
    let rooms = doors.registry.public_rooms();
    let rooms = rooms.iter().filter(|(room, _)| {
        let (join, watch) = (
            Wanted::Join(room.as_str()),
            Wanted::Subscribe(room.as_str()),
        );
        access.check(join).is_ok() || access.check(watch).is_ok()
    });
    let named = rooms.map(|(room, peers)| {
        let peers = peers.iter().map(ToString::to_string).collect();
        (room.as_str().to_owned(), peers)
    });
    Ok(Json(named.collect()))
}
