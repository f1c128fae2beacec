//! `/api/v1/producers`: what peers send.

use axum::{Json, extract::State};
use ortc::types::MediaKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Named, Nothing, Page, measured, queries, scope};
use crate::{
    http::{
        problem::{BadRequest, NotFound, Problem},
        sessions::Doors,
    },
    room::{
        ProducerId, TransportId,
        inspect::{ProducerView, words::Kind},
    },
};

queries! {
    /// Which producers.
    WhichProducers {
        /// Those in this room.
        room: String,
        /// Those of this peer.
        peer: String,
        /// Those on this transport.
        #[param(value_type = Option<Uuid>)]
        transport: TransportId,
        /// Those of this kind.
        #[param(value_type = Option<Kind>)]
        kind: MediaKind,
        /// Those that are paused, or those that are not.
        paused: bool,
    }
}

/// Producers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Producers {
    /// By room and peer, the oldest first.
    producers: Vec<ProducerView>,
    #[serde(flatten)]
    page: Page,
}

/// Lists the producers.
#[utoipa::path(
    get, path = "/api/v1/producers", tag = "inspection",
    params(WhichProducers),
    responses(
        (status = 200, description = "The producers.", body = Producers),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichProducers>,
) -> Result<Json<Producers>, Problem> {
    let mut page = which.page()?;
    let scope = scope(which.room.as_deref(), which.peer.as_deref());
    let mut producers = doors.registry.producer_views(&scope);
    producers.retain(|it| {
        which.kind.is_none_or(|kind| it.kind == kind)
            && which.paused.is_none_or(|paused| it.paused == paused)
            && which
                .transport
                .is_none_or(|transport| it.transport_id == transport)
    });
    let producers = page.measure(&doors.registry, producers).await;
    Ok(Json(Producers { producers, page }))
}

/// Shows a producer.
#[utoipa::path(
    get, path = "/api/v1/producers/{producer}", tag = "inspection",
    params(("producer" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The producer.", body = ProducerView),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(id): Named<ProducerId>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<ProducerView>, Problem> {
    let producer = doors.registry.producer_view(id);
    Ok(Json(measured(&doors.registry, producer).await?))
}
