//! HTTP beside Socket.IO: the page, the inspection API, WHIP and WHEP, what old frontends ask by
//! HTTP, the accept loop. Signalling is a layer around this router; neither knows the other.

mod assets;
mod asyncapi;
mod exchange;
mod goodbye;
mod mediasoup;
mod metrics;
mod problem;
pub mod rest;
mod room_status;
mod sdp;
mod serve;
mod sessions;
mod whep;
mod whep_events;
mod whip;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    middleware::from_fn,
    routing::get,
};

pub use assets::socket_io_client;
pub use exchange::options;
pub use serve::{ServeError, serve};

use self::{problem::Problem, sessions::Doors};
use crate::{
    auth::Tokens,
    room::{Broadcasts, Registry},
};

/// Every route of the server but signalling. `secure`: whether connections are encrypted.
pub fn router(registry: Arc<Registry>, broadcasts: Arc<Broadcasts>, secure: bool) -> Router {
    let status = get(room_status::list).with_state(Arc::clone(&registry));
    let doors = Doors {
        registry: Arc::clone(&registry),
        tokens: Arc::new(Tokens::new(&broadcasts.config())),
        broadcasts,
        sessions: Arc::default(),
        secure,
    };
    rest::router(Arc::clone(&registry))
        .route("/room-status", status)
        .route("/asyncapi.json", get(asyncapi::document))
        .merge(goodbye::router(Arc::clone(&registry)))
        .merge(mediasoup::router(registry))
        .merge(whip::router(doors.clone()))
        .merge(whep::router(doors.clone()))
        .merge(metrics::router(doors.clone()).route_layer(from_fn(rest::from_here)))
        .merge(rest::broadcasts(doors))
        .merge(assets::router())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(metrics::count_request))
}

/// What is here for other methods, which the router lists (RFC 9110 §15.5.6).
async fn method_not_allowed(method: Method) -> Problem {
    let detail = format!("not for {method}; see Allow");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// Reads what may be an offer or a fragment, and answers it; for the fuzzer.
#[cfg(feature = "fuzzing")]
pub fn read_description(text: &str) {
    let router = crate::room::Profile::Full.rtp_capabilities();
    sdp::read(text, &router, crate::room::can_produce);
}

/// Whether pages of other origins call what is at this path.
#[must_use]
pub fn open_to_pages(path: &str) -> bool {
    const OPEN: [&str; 4] = ["/mediasoup/", "/whip", "/whep", "/api/v1/broadcasts"];
    matches!(
        path,
        "/" | "/room-status" | "/asyncapi.json" | "/broadcast" | "/goodbye"
    ) || OPEN.iter().any(|open| path.starts_with(open))
}
