//! `GET /healthz`: whether this server can take a call.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::{engine::WorkerState, room::Registry};

/// How the server is.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    status: &'static str,
    workers: usize,
    running: usize,
}

/// 200 while a worker runs, 503 otherwise; `degraded` when some do not.
pub(super) async fn healthz(State(registry): State<Arc<Registry>>) -> (StatusCode, Json<Health>) {
    let workers = registry.pool().workers();
    let running = workers.iter().filter(|w| w.state == WorkerState::Running);
    let (all, running) = (workers.len(), running.count());
    let (code, status) = match running {
        0 => (StatusCode::SERVICE_UNAVAILABLE, "down"),
        some if some < all => (StatusCode::OK, "degraded"),
        _ => (StatusCode::OK, "ok"),
    };
    let workers = all;
    (
        code,
        Json(Health {
            status,
            workers,
            running,
        }),
    )
}
