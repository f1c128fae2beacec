//! `GET /healthz`: whether this server lives. `GET /readyz`: whether it should be sent new calls.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{engine::WorkerState, http::sessions::Doors, room::Registry};

/// How the server is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, `degraded` or `down`.
    status: &'static str,
    /// Media workers there should be.
    workers: usize,
    /// Those that run.
    running: usize,
}

/// Whether the server takes new calls, and why not.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `draining` or `not-ready`.
    status: &'static str,
    /// Why not.
    reasons: Vec<String>,
}

/// 200 while a worker runs, 503 otherwise; `degraded` when some do not.
#[utoipa::path(
    get, path = "/healthz", tag = "server",
    responses(
        (status = 200, description = "Calls are taken.", body = Health),
        (status = 503, description = "No media worker runs.", body = Health),
    )
)]
pub(super) async fn healthz(State(doors): State<Doors>) -> (StatusCode, Json<Health>) {
    let (workers, running) = workers(&doors.registry);
    let (code, status) = match running {
        0 => (StatusCode::SERVICE_UNAVAILABLE, "down"),
        some if some < workers => (StatusCode::OK, "degraded"),
        _ => (StatusCode::OK, "ok"),
    };
    let health = Health {
        status,
        workers,
        running,
    };
    (code, Json(health))
}

/// 200 while every worker runs and media can leave, 503 otherwise and as soon as a drain begins.
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    responses(
        (status = 200, description = "New calls are taken.", body = Readiness),
        (status = 503, description = "New calls should go elsewhere.", body = Readiness),
    )
)]
pub(super) async fn readyz(State(doors): State<Doors>) -> (StatusCode, Json<Readiness>) {
    let registry = &doors.registry;
    let mut reasons = Vec::new();
    let draining = registry.is_draining();
    if draining {
        reasons.push("the server is going down".to_owned());
    }
    let (workers, running) = workers(registry);
    if running < workers {
        reasons.push(format!("{running} of {workers} media workers run"));
    }
    let deaf = registry.pool().deaf_addresses().await;
    if deaf > 0 {
        // Without the addresses: anybody may ask.
        reasons.push(format!("UDP does not work at {deaf} media addresses"));
    }
    let (code, status) = match (draining, reasons.is_empty()) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not-ready"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    (code, Json(Readiness { status, reasons }))
}

/// How many there are, and how many of them run.
fn workers(registry: &Registry) -> (usize, usize) {
    let workers = registry.pool().workers();
    let running = workers.iter().filter(|w| w.state == WorkerState::Running);
    (workers.len(), running.count())
}
