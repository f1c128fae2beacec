//! `/api/v1/workers`: the media workers, what they carry and how busy they are.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, Named, Nothing};
use crate::{
    engine::WorkerStatus,
    http::{
        problem::{BadRequest, NotFound, Problem},
        sessions::Doors,
    },
    room::inspect::Rates,
};

/// Every media worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Workers {
    /// By number.
    workers: Vec<WorkerView>,
}

/// A media worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkerView {
    #[serde(flatten)]
    status: WorkerStatus,
    /// Producers; null if it did not answer.
    producers: Option<usize>,
    /// Consumers; null if it did not answer.
    consumers: Option<usize>,
    /// What flows; null if it did not answer.
    rates: Option<Rates>,
}

impl WorkerView {
    async fn new(doors: &Doors, status: WorkerStatus) -> Self {
        let glance = doors.registry.pool().glance(status.index).await;
        let counts = glance.as_ref().map(|glance| glance.counts());
        Self {
            status,
            producers: counts.map(|(producers, _)| producers),
            consumers: counts.map(|(_, consumers)| consumers),
            rates: glance.map(|glance| glance.sum().into()),
        }
    }
}

/// Lists the media workers.
#[utoipa::path(
    get, path = "/api/v1/workers", tag = "inspection",
    responses(
        (status = 200, description = "The workers.", body = Workers),
        BadRequest,
    )
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Json<Workers> {
    let workers = doors.registry.pool().workers().into_iter();
    let views = workers.map(|status| WorkerView::new(&doors, status));
    let workers = futures_util::future::join_all(views).await;
    Json(Workers { workers })
}

/// Shows a media worker.
#[utoipa::path(
    get, path = "/api/v1/workers/{worker}", tag = "inspection",
    params(("worker" = u16, Path, maximum = 65_535, description = "Its number, from 0.")),
    responses(
        (status = 200, description = "The worker.", body = WorkerView),
        BadRequest,
        NotFound,
    )
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(worker): Named<u16>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<WorkerView>, Problem> {
    let mut workers = doors.registry.pool().workers().into_iter();
    let unknown = Problem::not_found("there is no worker of this number");
    let status = workers
        .find(|one| one.index == usize::from(worker))
        .ok_or(unknown)?;
    Ok(Json(WorkerView::new(&doors, status).await))
}
