//! The inspection API: typed, read-only.

mod broadcasts;
mod debug;
mod drain;
mod health;
mod rooms;
mod routers;
mod workers;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};

pub(super) use broadcasts::router as broadcasts;
pub use debug::{DebugState, ProcessCounts};
pub use drain::Draining;
pub use health::{Health, Readiness};
pub use rooms::Rooms;
pub use routers::{RouterView, Routers};
pub use workers::Workers;

use super::{problem::Problem, serve::Relayed};
use crate::room::Registry;

/// Its routes.
pub fn router(registry: Arc<Registry>) -> Router {
    // Names of rooms are what opens them.
    let inside = Router::new()
        .route("/api/v1/rooms", get(rooms::list))
        .route("/api/v1/routers", get(routers::list))
        .route("/api/v1/workers", get(workers::list))
        .route("/api/v1/drain", post(drain::drain))
        .route("/debug/state", get(debug::state))
        .route_layer(from_fn(from_here));
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(inside)
        .with_state(registry)
}

/// 404 to anybody who is not on this machine, or for whom a proxy on it asks.
pub(super) async fn from_here(request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let relayed = request.extensions().get::<Relayed>().is_some();
    if !relayed && from.is_some_and(|from| from.0.ip().to_canonical().is_loopback()) {
        return next.run(request).await;
    }
    Problem::not_found("answered on connections of this machine only").into_response()
}
