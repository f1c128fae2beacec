//! `GET` and `PUT /api/v1/log`: which lines are logged, and that this changes while the server runs.

use axum::{Json, Router, body::Body, http::StatusCode, routing::get};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{exchange, problem::Problem};
use crate::telemetry::{self, LogError};

/// What is read of a body: filters are short.
const BODY_BYTES: usize = 4096;

/// What is logged.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Log {
    /// A level, or directives.
    filter: String,
}

/// Its routes.
pub(super) fn router() -> Router {
    Router::new().route("/api/v1/log", get(show).put(change))
}

/// Null: another program writes the log, and the server is a part of it.
async fn show() -> Json<Value> {
    Json(json!({ "filter": telemetry::filter() }))
}

async fn change(body: Body) -> Result<Json<Log>, Problem> {
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let bytes = exchange::bytes(body, BODY_BYTES).await?;
    let log: Log = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    match telemetry::set_filter(&log.filter) {
        Ok(()) => Ok(Json(log)),
        Err(LogError::Filter(error)) => Err(wrong(format!("filter: {error}"))),
        Err(_) => Err(none()),
    }
}

fn none() -> Problem {
    let detail = "this program does not write the log";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}
