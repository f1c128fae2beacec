//! `POST /api/v1/drain`: the server goes down well.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::sessions::Doors;

/// How far a drain is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Draining {
    /// Until the server ends, at the latest, in seconds.
    pub seconds: u64,
    /// Peers that have not left yet.
    pub peers: usize,
}

/// Begins a drain, or tells of the one that goes on.
#[utoipa::path(
    post, path = "/api/v1/drain", tag = "actions",
    responses((status = 202, description = "It goes on.", body = Draining))
)]
pub(super) async fn drain(State(doors): State<Doors>) -> (StatusCode, Json<Draining>) {
    let registry = &doors.registry;
    registry.drain();
    let within = registry.drains_within().unwrap_or_default();
    let draining = Draining {
        seconds: within.as_secs(),
        peers: registry.admission().peers(),
    };
    (StatusCode::ACCEPTED, Json(draining))
}
