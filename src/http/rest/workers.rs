//! `/api/v1/workers`: the media workers, what they carry and how busy they are.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, Named, Nothing};
use crate::{
    engine::{WorkerReading, WorkerStatus},
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
    /// Processor time of its thread, seconds since it started.
    cpu_seconds: f64,
    /// How long it was awake, seconds since the server started; what this grows by in a second is its load.
    busy_seconds: f64,
    /// Producers; null if it did not answer.
    producers: Option<usize>,
    /// Consumers; null if it did not answer.
    consumers: Option<usize>,
    /// What flows; null if it did not answer.
    rates: Option<Rates>,
}

impl WorkerView {
    async fn new(doors: &Doors, status: WorkerStatus) -> Self {
        let pool = doors.registry.pool();
        let (glance, reading) =
            futures_util::future::join(pool.glance(status.index), pool.reading(status.index)).await;
        let seconds = |of: fn(&WorkerReading) -> Duration| {
            reading.as_ref().map_or(0.0, |it| of(it).as_secs_f64())
        };
        let counts = glance.as_ref().map(|glance| glance.counts());
        Self {
            status,
            cpu_seconds: seconds(|reading| reading.cpu),
            busy_seconds: seconds(|reading| reading.busy),
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
