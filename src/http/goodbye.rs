//! `POST /goodbye`: a page that is left says so where its socket cannot: browsers close sockets before
//! they tell the page, or the line is down. It leaves like any peer; nothing else is done here.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;

use super::problem::Problem;
use crate::room::{Registry, RoomId};

/// A room's name of 256 characters, escaped, and a token.
const LONGEST: usize = 4096;

/// Who leaves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Goodbye {
    room_name: String,
    resume_token: String,
}

pub(super) fn router(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/goodbye", post(leave))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(registry)
}

/// Answers the same whether there was such a peer or not. The body is JSON under any name: what a page
/// can send in passing is called plain text.
async fn leave(State(registry): State<Arc<Registry>>, body: String) -> Result<StatusCode, Problem> {
    let Goodbye {
        room_name,
        resume_token,
    } = serde_json::from_str(&body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    registry.leave_by_token(&RoomId::from(room_name.as_str()), &resume_token);
    Ok(StatusCode::NO_CONTENT)
}
