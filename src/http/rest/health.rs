//! `GET /healthz`: whether this server lives. `GET /readyz`: whether it should be sent new calls.

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

/// Whether the server takes new calls, and why not.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    status: &'static str,
    reasons: Vec<String>,
}

/// 200 while a worker runs, 503 otherwise; `degraded` when some do not.
pub(super) async fn healthz(State(registry): State<Arc<Registry>>) -> (StatusCode, Json<Health>) {
    let (workers, running) = workers(&registry);
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
pub(super) async fn readyz(State(registry): State<Arc<Registry>>) -> (StatusCode, Json<Readiness>) {
    let mut reasons = Vec::new();
    let draining = registry.is_draining();
    if draining {
        reasons.push("the server is going down".to_owned());
    }
    let (workers, running) = workers(&registry);
    if running < workers {
        reasons.push(format!("{running} of {workers} media workers run"));
    }
    let unreachable = registry.pool().self_test().await;
    // Without the address: anybody may ask.
    reasons.extend((!unreachable.is_empty()).then(|| {
        let count = unreachable.len();
        format!("UDP does not work at {count} media addresses")
    }));
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
