//! `GET /api/v1/routers`: which routers are in use, for which room, on which worker.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::room::Registry;

/// Every router of this server. There is none that is not in use: a room has one from its first
/// join to its last leave.
#[derive(Clone, Debug, Serialize)]
pub struct Routers {
    /// By room.
    pub routers: Vec<RouterView>,
}

/// A router.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouterView {
    /// Index of its worker.
    pub worker: usize,
    /// The room it carries.
    pub room: String,
    /// Producers in it.
    pub producers: usize,
    /// Consumers in it.
    pub consumers: usize,
}

/// Lists the routers.
pub(super) async fn list(State(registry): State<Arc<Registry>>) -> Json<Routers> {
    let rooms = registry.views().into_iter();
    let routers = rooms.filter_map(|room| {
        Some(RouterView {
            worker: room.worker?,
            producers: room.peers.iter().map(|peer| peer.producers.len()).sum(),
            consumers: room.peers.iter().map(|peer| peer.consumers.len()).sum(),
            room: room.id,
        })
    });
    let routers = routers.collect();
    Json(Routers { routers })
}
