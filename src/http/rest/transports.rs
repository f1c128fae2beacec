//! `/api/v1/transports`: what carries media between peers and the server.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Named, Nothing, Page, measured, queries, scope};
use crate::{
    http::{
        problem::{BadRequest, NotFound, Problem},
        sessions::Doors,
    },
    room::{TransportId, inspect::TransportView},
};

queries! {
    /// Which transports.
    WhichTransports {
        /// Those in this room.
        room: String,
        /// Those of this peer.
        peer: String,
        /// Those made for this.
        direction: DirectionAsked,
    }
}

/// What a transport is for, seen from the client.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DirectionAsked {
    Send,
    Receive,
    Either,
}

impl DirectionAsked {
    fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Either => "either",
        }
    }
}

/// Transports.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Transports {
    /// By room and peer, the oldest first.
    transports: Vec<TransportView>,
    #[serde(flatten)]
    page: Page,
}

/// Lists the transports.
#[utoipa::path(
    get, path = "/api/v1/transports", tag = "inspection",
    params(WhichTransports),
    responses(
        (status = 200, description = "The transports.", body = Transports),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichTransports>,
) -> Result<Json<Transports>, Problem> {
    let mut page = which.page()?;
    let scope = scope(which.room.as_deref(), which.peer.as_deref());
    let mut transports = doors.registry.transport_views(&scope);
    if let Some(direction) = which.direction {
        transports.retain(|transport| transport.direction == direction.word());
    }
    let transports = page.measure(&doors.registry, transports).await;
    Ok(Json(Transports { transports, page }))
}

/// Shows a transport.
#[utoipa::path(
    get, path = "/api/v1/transports/{transport}", tag = "inspection",
    params(("transport" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The transport.", body = TransportView),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(id): Named<TransportId>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<TransportView>, Problem> {
    let transport = doors.registry.transport_view(id);
    Ok(Json(measured(&doors.registry, transport).await?))
}
