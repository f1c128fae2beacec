//! HTTP beside Socket.IO: the page, the inspection API, what old frontends ask by HTTP, the accept
//! loop. Signalling is a layer around this router; neither knows the other.

mod assets;
mod asyncapi;
mod mediasoup;
pub mod rest;
mod room_status;
mod serve;

use std::sync::Arc;

use axum::{Router, routing::get};

pub use assets::socket_io_client;
pub use serve::{ServeError, serve};

use crate::room::Registry;

/// Every route of the server but signalling.
pub fn router(registry: Arc<Registry>) -> Router {
    let status = get(room_status::list).with_state(Arc::clone(&registry));
    rest::router(Arc::clone(&registry))
        .route("/room-status", status)
        .route("/asyncapi.json", get(asyncapi::document))
        .merge(mediasoup::router(registry))
        .merge(assets::router())
}

/// Whether pages of other origins call what is at this path.
#[must_use]
pub fn open_to_pages(path: &str) -> bool {
    matches!(path, "/" | "/room-status" | "/asyncapi.json") || path.starts_with("/mediasoup/")
}
