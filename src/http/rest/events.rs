//! `GET /api/v1/events`: what changes on the server, as it happens. Whoever follows loads the lists once
//! the stream is open, and again when told that it lagged.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::asked::Asked;
use crate::{
    http::{
        problem::{BadRequest, Problem},
        sessions::Doors,
    },
    room::Change,
};

/// Proxies end what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichChanges {
    /// Those in this room.
    room: Option<String>,
}

/// Follows what changes, as server-sent events named as their `type`. A listener that reads too slowly
/// is sent `lagged` with the number of changes it missed. Comments keep the connection alive.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "inspection",
    params(WhichChanges),
    responses(
        (status = 200, description = "The stream; the data of each event is one change.", body = Change, content_type = "text/event-stream"),
        BadRequest,
    )
)]
pub(super) async fn follow(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichChanges>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let listener = doors.registry.changes().listen();
    let changes = stream::unfold(listener, |mut listener| async move {
        let event = match listener.recv().await {
            Ok(change) => Ok(change),
            Err(RecvError::Lagged(missed)) => Err(missed),
            Err(RecvError::Closed) => return None,
        };
        Some((event, listener))
    });
    let events = changes.filter_map(move |change| {
        let event = match change {
            Ok(change) if which.room.as_ref().is_some_and(|it| *it != change.room_id) => None,
            Ok(change) => Event::default()
                .event(change.what.word())
                .json_data(&*change)
                .ok(),
            Err(missed) => Some(Event::default().event("lagged").data(missed.to_string())),
        };
        std::future::ready(event.map(Ok))
    });
    let broadcasts = doors.broadcasts;
    let events = events.take_until(async move { broadcasts.ending().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}
