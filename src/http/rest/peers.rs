//! `/api/v1/peers`: who is in the rooms.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Named, Page, measured, queries, scope};
use crate::{
    http::{
        problem::{BadRequest, NotFound, Problem},
        sessions::Doors,
    },
    room::inspect::{PeerDetail, PeerView},
};

queries! {
    /// Which peers.
    WhichPeers {
        /// Those in this room.
        room: String,
        /// Those with this text in their ids or in how they call themselves.
        search: String,
        /// Those with a connection, or those without.
        connected: bool,
    }
}

/// Peers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Peers {
    /// By room, and as they came.
    peers: Vec<PeerView>,
    #[serde(flatten)]
    page: Page,
}

/// Lists the peers.
#[utoipa::path(
    get, path = "/api/v1/peers", tag = "inspection",
    params(WhichPeers),
    responses(
        (status = 200, description = "The peers.", body = Peers),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichPeers>,
) -> Result<Json<Peers>, Problem> {
    let mut page = which.page()?;
    let mut peers = doors
        .registry
        .peer_views(&scope(which.room.as_deref(), None));
    if let Some(text) = &which.search {
        let named = |peer: &PeerView| {
            peer.display_name
                .as_ref()
                .is_some_and(|it| it.contains(text))
        };
        peers.retain(|peer| peer.id.contains(text) || named(peer));
    }
    if let Some(connected) = which.connected {
        peers.retain(|peer| peer.connected == connected);
    }
    let peers = page.measure(&doors.registry, peers).await;
    Ok(Json(Peers { peers, page }))
}

/// Which of a connection's peers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// The one in this room; otherwise the first.
    room: Option<String>,
}

/// Shows a peer and what it has.
#[utoipa::path(
    get, path = "/api/v1/peers/{peer}", tag = "inspection",
    params(("peer" = String, Path, description = "Its id."), Where),
    responses(
        (status = 200, description = "The peer.", body = PeerDetail),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(peer): Named<String>,
    Asked(place): Asked<Where>,
) -> Result<Json<PeerDetail>, Problem> {
    let scope = scope(place.room.as_deref(), Some(&peer));
    let peer = doors.registry.peer_detail(&scope);
    Ok(Json(measured(&doors.registry, peer).await?))
}
