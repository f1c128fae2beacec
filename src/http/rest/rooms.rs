//! `GET /api/v1/rooms`: every room with its peers, transports, producers, consumers and worker.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::room::{Registry, RoomView};

/// Every room of this server.
#[derive(Clone, Debug, Serialize)]
pub struct Rooms {
    /// By name.
    pub rooms: Vec<RoomView>,
}

/// Lists the rooms.
pub(super) async fn list(State(registry): State<Arc<Registry>>) -> Json<Rooms> {
    let rooms = registry.views();
    Json(Rooms { rooms })
}
