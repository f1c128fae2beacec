//! HTTP beside Socket.IO: the page, the inspection API, the accept loop. Signalling is a layer
//! around this router; neither knows the other.

mod assets;
pub mod rest;
mod serve;

use std::sync::Arc;

use axum::Router;

pub use serve::{ServeError, serve};

use crate::room::Registry;

/// Every route of the server but signalling.
pub fn router(registry: Arc<Registry>) -> Router {
    rest::router(registry).merge(assets::router())
}
