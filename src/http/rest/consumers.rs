//! `/api/v1/consumers`: what peers receive.

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
        ConsumerId, ProducerId, TransportId,
        inspect::{ConsumerView, words::Kind},
    },
};

queries! {
    /// Which consumers.
    WhichConsumers {
        /// Those in this room.
        room: String,
        /// Those of this peer.
        peer: String,
        /// Those on this transport.
        #[param(value_type = Option<Uuid>)]
        transport: TransportId,
        /// Those of this producer.
        #[param(value_type = Option<Uuid>)]
        producer: ProducerId,
        /// Those of this kind.
        #[param(value_type = Option<Kind>)]
        kind: MediaKind,
        /// Those that are paused, or those that are not.
        paused: bool,
    }
}

/// Consumers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Consumers {
    /// By room and peer.
    consumers: Vec<ConsumerView>,
    #[serde(flatten)]
    page: Page,
}

/// Lists the consumers.
#[utoipa::path(
    get, path = "/api/v1/consumers", tag = "inspection",
    params(WhichConsumers),
    responses(
        (status = 200, description = "The consumers.", body = Consumers),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichConsumers>,
) -> Result<Json<Consumers>, Problem> {
    let mut page = which.page()?;
    let scope = scope(which.room.as_deref(), which.peer.as_deref());
    let mut consumers = doors.registry.consumer_views(&scope);
    consumers.retain(|it| {
        which.kind.is_none_or(|kind| it.kind == kind)
            && which.paused.is_none_or(|paused| it.paused == paused)
            && which
                .transport
                .is_none_or(|transport| it.transport_id == transport)
            && which
                .producer
                .is_none_or(|producer| it.producer_id == producer)
    });
    let consumers = page.measure(&doors.registry, consumers).await;
    Ok(Json(Consumers { consumers, page }))
}

/// Shows a consumer.
#[utoipa::path(
    get, path = "/api/v1/consumers/{consumer}", tag = "inspection",
    params(("consumer" = Uuid, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The consumer.", body = ConsumerView),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(id): Named<ConsumerId>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<ConsumerView>, Problem> {
    let consumer = doors.registry.consumer_view(id);
    Ok(Json(measured(&doors.registry, consumer).await?))
}
