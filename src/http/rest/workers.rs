//! `GET /api/v1/workers`: the media workers and what they carry.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{engine::WorkerStatus, room::Registry};

/// Every media worker.
#[derive(Clone, Debug, Serialize)]
pub struct Workers {
    /// By number.
    pub workers: Vec<WorkerStatus>,
}

/// Lists the workers.
pub(super) async fn list(State(registry): State<Arc<Registry>>) -> Json<Workers> {
    let workers = registry.pool().workers();
    Json(Workers { workers })
}
