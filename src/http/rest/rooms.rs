//! `/api/v1/rooms` and `/api/v1/routers`: every room, and the router that carries it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Named, Nothing, Page, measured, queries};
use crate::{
    http::{
        problem::{BadRequest, NotFound, Problem},
        sessions::Doors,
    },
    room::{
        RoomId,
        inspect::{RoomDetail, RoomView},
    },
};

queries! {
    /// Which rooms.
    WhichRooms {
        /// Those with this text in their names.
        search: String,
        /// Those on this worker.
        #[param(maximum = 65_535)]
        worker: u16,
    }

    /// Which routers.
    WhichRouters {
        /// Those on this worker.
        #[param(maximum = 65_535)]
        worker: u16,
    }
}

/// Rooms.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Rooms {
    /// By name.
    rooms: Vec<RoomView>,
    #[serde(flatten)]
    page: Page,
}

/// Lists the rooms.
#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "inspection",
    params(WhichRooms),
    responses(
        (status = 200, description = "The rooms.", body = Rooms),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichRooms>,
) -> Result<Json<Rooms>, Problem> {
    let mut page = which.page()?;
    let mut rooms = doors.registry.room_views();
    if let Some(text) = &which.search {
        rooms.retain(|room| room.id.contains(text));
    }
    if let Some(worker) = which.worker.map(usize::from) {
        rooms.retain(|room| room.worker == Some(worker));
    }
    let rooms = page.measure(&doors.registry, rooms).await;
    Ok(Json(Rooms { rooms, page }))
}

/// Shows a room and who is in it.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}", tag = "inspection",
    params(("room" = String, Path, description = "Its name.")),
    responses(
        (status = 200, description = "The room.", body = RoomDetail),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(room): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<RoomDetail>, Problem> {
    let room = doors.registry.room_detail(&RoomId::from(room.as_str()));
    Ok(Json(measured(&doors.registry, room).await?))
}

/// Routers. There is none that is not in use: a room has one from its first join to its last leave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Routers {
    /// By room.
    routers: Vec<RouterView>,
    #[serde(flatten)]
    page: Page,
}

/// A router.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouterView {
    /// Index of its worker.
    worker: usize,
    /// The room it carries.
    room: String,
    /// Transports on it.
    transports: usize,
    /// Producers in it.
    producers: usize,
    /// Consumers in it.
    consumers: usize,
}

/// Lists the routers.
#[utoipa::path(
    get, path = "/api/v1/routers", tag = "inspection",
    params(WhichRouters),
    responses(
        (status = 200, description = "The routers.", body = Routers),
        BadRequest,
    )
)]
pub(super) async fn routers(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichRouters>,
) -> Result<Json<Routers>, Problem> {
    let mut page = which.page()?;
    let routers = doors.registry.room_views().into_iter().filter_map(|room| {
        Some(RouterView {
            worker: room.worker?,
            transports: room.transport_count,
            producers: room.producer_count,
            consumers: room.consumer_count,
            room: room.id,
        })
    });
    let wanted = |it: &RouterView| {
        which
            .worker
            .is_none_or(|worker| usize::from(worker) == it.worker)
    };
    let routers = page.cut(routers.filter(wanted).collect());
    Ok(Json(Routers { routers, page }))
}
