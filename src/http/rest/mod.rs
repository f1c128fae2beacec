//! The inspection API: typed, read-only.

mod broadcasts;
mod debug;
mod drain;
mod health;
mod rooms;
mod routers;
mod workers;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

pub(super) use broadcasts::router as broadcasts;
pub use debug::{DebugState, ProcessCounts};
pub use drain::Draining;
pub use health::{Health, Readiness};
pub use rooms::Rooms;
pub use routers::{RouterView, Routers};
pub use workers::Workers;

use crate::room::Registry;

/// Whether the server is well; for anybody.
pub(super) fn health(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(registry)
}

/// What shows rooms, whose names are what opens them; to be mounted behind the admin surface's guard.
pub(super) fn inspection(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/api/v1/rooms", get(rooms::list))
        .route("/api/v1/routers", get(routers::list))
        .route("/api/v1/workers", get(workers::list))
        .route("/api/v1/drain", post(drain::drain))
        .route("/debug/state", get(debug::state))
        .with_state(registry)
}
