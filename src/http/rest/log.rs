//! `GET` and `PUT /api/v1/log`: which lines are logged, and that this changes while the server runs.

use axum::{Json, body::Body, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Nothing, bad};
use crate::{
    http::{
        exchange::bytes,
        problem::{BadRequest, Problem, TooLong, Unavailable},
    },
    telemetry::{self, LogError},
};

/// What is read of a body: filters are short.
const BODY_BYTES: usize = 4096;

/// What is logged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Logged {
    /// A level, or directives; null: another program writes the log, and the server is a part of it.
    #[schema(required)]
    filter: Option<String>,
}

/// What is to be logged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogFilter {
    /// A level (`info`), or directives (`miso=debug,warn`).
    #[schema(example = "info")]
    filter: String,
}

/// Which lines are logged.
#[utoipa::path(
    get, path = "/api/v1/log", tag = "server",
    responses((status = 200, description = "The filter.", body = Logged), BadRequest)
)]
pub(super) async fn show(Asked(Nothing {}): Asked<Nothing>) -> Json<Logged> {
    let filter = telemetry::filter();
    Json(Logged { filter })
}

/// Changes which lines are logged, until the next start or reload.
#[utoipa::path(
    put, path = "/api/v1/log", tag = "server",
    request_body = LogFilter,
    responses(
        (status = 200, description = "This is logged from now on.", body = Logged),
        BadRequest, TooLong, Unavailable
    )
)]
pub(super) async fn change(
    Asked(Nothing {}): Asked<Nothing>,
    body: Body,
) -> Result<Json<Logged>, Problem> {
    let bytes = bytes(body, BODY_BYTES).await?;
    // An object and nothing else: a list of its members would be taken, too.
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    let LogFilter { filter } =
        serde_json::from_value(object.into()).map_err(|error| bad(error.to_string()))?;
    match telemetry::set_filter(&filter) {
        Ok(()) => Ok(Json(Logged {
            filter: Some(filter),
        })),
        Err(LogError::Filter(error)) => Err(bad(format!("filter: {error}"))),
        Err(_) => Err(none()),
    }
}

fn none() -> Problem {
    let detail = "this program does not write the log";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}
