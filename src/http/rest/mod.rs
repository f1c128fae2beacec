//! The inspection API: typed, and described where it is answered.

// The descriptions of handlers name types by their whole paths.
#![allow(unused_qualifications)]

mod actions;
mod asked;
mod broadcasts;
mod consumers;
mod debug;
mod drain;
mod events;
mod health;
mod log;
mod peers;
mod producers;
mod rooms;
mod transports;
mod workers;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use debug::{DebugState, ProcessCounts};
pub use drain::Draining;
pub use health::{Health, Readiness};

use super::sessions::Doors;

/// Whether the server is well; for anybody.
pub(super) fn health(doors: Doors) -> Router {
    served(well(), doors)
}

/// What broadcasters ask.
pub(super) fn broadcasts(doors: Doors) -> Router {
    served(broadcasting(), doors)
}

/// What shows rooms, whose names are what opens them; to be mounted behind the admin surface's guard.
pub(super) fn inspection(doors: Doors) -> Router {
    served(inside(), doors)
}

/// What there is, for machines.
pub(super) fn described() -> OpenApi {
    well().merge(broadcasting()).merge(inside()).into_openapi()
}

fn served(routes: OpenApiRouter<Doors>, doors: Doors) -> Router {
    let (router, _) = routes.split_for_parts();
    router.with_state(doors)
}

fn well() -> OpenApiRouter<Doors> {
    OpenApiRouter::default()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

fn broadcasting() -> OpenApiRouter<Doors> {
    OpenApiRouter::default()
        .routes(routes!(broadcasts::create))
        .routes(routes!(broadcasts::show, broadcasts::remove))
        .routes(routes!(broadcasts::stop))
}

/// What an operator asks: names of rooms are what opens them.
fn inside() -> OpenApiRouter<Doors> {
    OpenApiRouter::default()
        .routes(routes!(workers::list))
        .routes(routes!(workers::show))
        .routes(routes!(rooms::routers))
        .routes(routes!(rooms::list))
        .routes(routes!(rooms::show, actions::end_room))
        .routes(routes!(actions::notice_room))
        .routes(routes!(actions::kick))
        .routes(routes!(peers::list))
        .routes(routes!(peers::show))
        .routes(routes!(transports::list))
        .routes(routes!(transports::show))
        .routes(routes!(producers::list))
        .routes(routes!(producers::show, actions::end_producer))
        .routes(routes!(consumers::list))
        .routes(routes!(consumers::show))
        .routes(routes!(broadcasts::list))
        .routes(routes!(events::follow))
        .routes(routes!(actions::notice_all))
        .routes(routes!(drain::drain))
        .routes(routes!(log::show, log::change))
        .routes(routes!(debug::state))
}
