//! `POST /api/v1/drain`: the server goes down well.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

use crate::room::Registry;

/// How far a drain is.
#[derive(Clone, Debug, Serialize)]
pub struct Draining {
    /// Until the server ends, at the latest, in seconds.
    pub seconds: u64,
    /// Peers that have not left yet.
    pub peers: usize,
}

/// Begins a drain, or tells of the one that goes on.
pub(super) async fn drain(State(registry): State<Arc<Registry>>) -> Response {
    registry.drain();
    let within = registry.drains_within().unwrap_or_default();
    let draining = Draining {
        seconds: within.as_secs(),
        peers: registry.admission().peers(),
    };
    (StatusCode::ACCEPTED, Json(draining)).into_response()
}
