//! HTTP beside Socket.IO: the page, the inspection API, WHIP and WHEP, what old frontends ask by
//! HTTP, the accept loop. Signalling is a layer around this router; neither knows the other.

mod admin;
mod assets;
mod asyncapi;
mod exchange;
mod goodbye;
mod headers;
mod mediasoup;
mod metrics;
pub mod openapi;
mod problem;
pub mod rest;
mod room_status;
mod sdp;
mod serve;
mod sessions;
mod whep;
mod whep_events;
mod whip;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{Method, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::get,
};

pub use assets::socket_io_client;
pub use exchange::options;
pub use headers::secure;
pub use serve::{ServeError, serve};

use self::{admin::Door, problem::Problem, sessions::Doors};
use crate::{
    auth::Tokens,
    error::ErrorCode,
    room::{Broadcasts, Registry},
    telemetry::{metrics::count, names},
};

/// What the routes share.
#[derive(Clone, Debug)]
pub struct Parts(Doors);

impl Parts {
    /// Of rooms, broadcast ids, and who may do what. `secure`: whether connections are encrypted.
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        broadcasts: Arc<Broadcasts>,
        tokens: Arc<Tokens>,
        secure: bool,
    ) -> Self {
        Self(Doors {
            registry,
            broadcasts,
            tokens,
            sessions: Arc::default(),
            secure,
        })
    }
}

/// Every route of the main listener but signalling.
///
/// `local`: whether the listener is this machine's alone. Only then it has the admin surface, too: what
/// passes on the requests of others can look like this machine.
pub fn router(parts: &Parts, local: bool) -> Router {
    let doors = &parts.0;
    let registry = &doors.registry;
    Router::new()
        .merge(openapi::router())
        .route("/asyncapi.json", get(asyncapi::document))
        .merge(goodbye::router(Arc::clone(registry)))
        .merge(room_status::router(doors.clone()))
        .merge(mediasoup::router(doors))
        .merge(whip::router(doors.clone()))
        .merge(whep::router(doors.clone()))
        .merge(rest::broadcasts(doors.clone()))
        .merge(assets::router())
        .layer(from_fn_with_state(Arc::clone(registry), limit))
        // Whoever looks whether it is well, or into it, is held by other means.
        .merge(rest::health(doors.clone()))
        .merge(if local { admin(doors) } else { Router::new() })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(metrics::count_request))
}

fn admin(doors: &Doors) -> Router {
    admin::router(doors, Door::Main).merge(admin::page(Door::Main))
}

/// What is here for other methods, which the router lists (RFC 9110 §15.5.6).
async fn method_not_allowed(method: Method) -> Problem {
    let detail = format!("not for {method}; see Allow");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// Every route of the admin surface's own listener. `open`: whether others reach it.
pub fn admin_router(parts: &Parts, open: bool) -> Router {
    let door = if open { Door::Open } else { Door::Own };
    assets::files()
        .merge(rest::health(parts.0.clone()))
        .merge(openapi::router())
        .merge(admin::router(&parts.0, door))
        .merge(admin::page(door))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(metrics::count_request))
}

/// Counts the requests of each address.
async fn limit(State(registry): State<Arc<Registry>>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let rates = registry.admission().rates();
    let counted = from.map_or(Ok(()), |from| rates.requests.count(from.0.ip()));
    match counted {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            count(&names::REFUSALS, ["requests"]);
            Problem::too_often(ErrorCode::LimitRequests, wait).into_response()
        }
    }
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
