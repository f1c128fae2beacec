//! `GET /room-status`: who is in which public room, for frontends that list rooms before they join.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};

use crate::room::Registry;

/// Peers' ids by the names of their rooms.
pub(super) async fn list(
    State(registry): State<Arc<Registry>>,
) -> Json<BTreeMap<String, Vec<String>>> {
    let rooms = registry.public_rooms();
    let named = rooms.iter().map(|(room, peers)| {
        let peers = peers.iter().map(ToString::to_string).collect();
        (room.as_str().to_owned(), peers)
    });
    Json(named.collect())
}
