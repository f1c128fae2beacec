//! What a WHEP session tells its client as it happens, as server-sent events (the core extension of
//! draft-ietf-wish-whep).

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::{StreamExt as _, stream};
use ortc::types::MediaKind;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use super::{
    problem::Problem,
    sessions::{Doors, Session},
};
use crate::room::{Guest, ViewerState};

/// What can be asked for. `ended` comes without asking.
pub(super) const NAMES: [&str; 4] = ["active", "inactive", "layers", "viewercount"];

/// How often viewers are counted.
const COUNTING: Duration = Duration::from_secs(2);

pub(super) fn router() -> Router<Doors> {
    Router::new()
        .route("/whep/sessions/{session}/events", post(subscribe))
        .route("/whep/sessions/{session}/events/stream", get(follow))
}

/// Asked once with the names wanted; then the stream is at the address in the answer.
async fn subscribe(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    headers: HeaderMap,
    names: Result<Json<Vec<String>>, JsonRejection>,
) -> Result<Response, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let Json(names) = names.map_err(|error| bad(error.body_text()))?;
    doors.sessions.find(&name, &headers)?;
    // Names nobody knows are no error: clients ask for what later versions have.
    let known = NAMES
        .iter()
        .filter(|one| names.iter().any(|name| name == *one));
    let known = known.copied().collect::<Vec<_>>().join(",");
    let location = format!("/whep/sessions/{name}/events/stream?names={known}");
    let location = HeaderValue::try_from(location).map_err(|_| bad("no such session".into()))?;
    Ok((StatusCode::CREATED, [(LOCATION, location)]).into_response())
}

#[derive(Debug, Deserialize)]
struct Asked {
    names: Option<String>,
}

/// Browsers' event streams send no headers of the page's: the session's name is enough.
async fn follow(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let session = match doors.sessions.known(&name) {
        Ok(session) => session,
        Err(unknown) => return doors.sessions.why_ended(&name).map(farewell).ok_or(unknown),
    };
    let viewer = session.viewer.clone();
    let viewer = viewer.ok_or(Problem::not_found("nobody watches by this session"))?;
    let names = asked.names.unwrap_or_else(|| NAMES.join(","));
    let wanted = names.split(',').map(str::to_owned).collect();
    let telling = Telling::new(&session, viewer.state(), viewer.guest, wanted);
    let events = stream::unfold(telling, |mut telling| async {
        let event = telling.next().await?;
        Some((Ok::<_, Infallible>(event), telling))
    });
    // A server that ends does not wait for it.
    let broadcasts = doors.broadcasts;
    let events = events.take_until(async move { broadcasts.ending().await });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(5)));
    Ok(stream.into_response())
}

/// All there is to be told to who was ended before it asked.
fn farewell(reason: &'static str) -> Response {
    let event = event("ended", &ended(reason));
    Sse::new(stream::iter([Ok::<_, Infallible>(event)])).into_response()
}

fn event(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

fn ended(reason: &str) -> Value {
    json!({ "reason": reason })
}

/// What one client was told, and what it is to be told next.
struct Telling {
    mid: String,
    state: watch::Receiver<ViewerState>,
    guest: Guest,
    wanted: Vec<String>,
    told: Option<ViewerState>,
    count: Option<usize>,
    ticks: tokio::time::Interval,
    next: VecDeque<(&'static str, Value)>,
}

impl Telling {
    fn new(
        session: &Session,
        state: watch::Receiver<ViewerState>,
        guest: Guest,
        wanted: Vec<String>,
    ) -> Self {
        let mut ticks = interval(COUNTING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            mid: session.mid(MediaKind::Video).unwrap_or_default().to_owned(),
            state,
            guest,
            wanted,
            told: None,
            count: None,
            ticks,
            next: VecDeque::new(),
        }
    }

    /// The next event; none after the last.
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((name, data)) = self.next.pop_front() {
                if name == "ended" || self.wanted.iter().any(|wanted| wanted == name) {
                    return Some(event(name, &data));
                }
            }
            if self.told.as_ref().is_some_and(|told| told.ended.is_some()) {
                return None;
            }
            tokio::select! {
                changed = self.state.changed(), if self.told.is_some() => {
                    self.note();
                    if changed.is_err() && self.next.is_empty() {
                        return None;
                    }
                }
                _ = self.ticks.tick() => {
                    if self.told.is_none() {
                        self.note();
                    }
                    self.count();
                }
            }
        }
    }

    fn note(&mut self) {
        let state = self.state.borrow_and_update().clone();
        let told = self.told.take();
        if told.as_ref().is_none_or(|told| told.live != state.live) {
            let name = if state.live { "active" } else { "inactive" };
            self.next.push_back((name, json!({})));
        }
        let layers = told.and_then(|told| told.layers);
        if layers != state.layers
            && let Some((spatial, temporal)) = state.layers
        {
            let layer = |spatial: u8, temporal: Option<u8>| {
                json!({
                    "id": spatial.to_string(),
                    "encodingId": spatial.to_string(),
                    "spatialLayerId": spatial,
                    "temporalLayerId": temporal,
                })
            };
            let (spatials, temporals) = state.available;
            let all = (0..spatials).map(|one| layer(one, temporals.checked_sub(1)));
            let all: Value = all.collect();
            let active = [layer(spatial, temporal)];
            let data = json!({ &self.mid: { "active": active, "layers": all } });
            self.next.push_back(("layers", data));
        }
        if let Some(reason) = state.ended {
            self.next.push_back(("ended", ended(reason)));
        }
        self.told = Some(state);
    }

    fn count(&mut self) {
        let count = self.guest.room.receivers();
        if self.count.replace(count) != Some(count) {
            let data = json!({ "viewercount": count });
            self.next.push_back(("viewercount", data));
        }
    }
}
