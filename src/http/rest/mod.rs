//! The inspection API: typed, read-only.

mod broadcasts;
mod debug;
mod health;
mod rooms;
mod routers;
mod workers;

use std::sync::Arc;

use axum::{Router, routing::get};

pub(super) use broadcasts::router as broadcasts;
pub use debug::{DebugState, EngineCounts, ProcessCounts};
pub use health::Health;
pub use rooms::Rooms;
pub use routers::{RouterView, Routers};
pub use workers::Workers;

use crate::room::Registry;

/// Its routes.
pub fn router(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/api/v1/rooms", get(rooms::list))
        .route("/api/v1/routers", get(routers::list))
        .route("/api/v1/workers", get(workers::list))
        .route("/debug/state", get(debug::state))
        .with_state(registry)
}
