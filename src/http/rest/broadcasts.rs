//! `/api/v1/broadcasts`: ids for broadcasters, and how their broadcasts are. Whoever knows an id is
//! its broadcaster.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ortc::types::MediaKind;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    auth::Wanted,
    config::WhenFull,
    http::{
        exchange::{bytes, check_token},
        problem::Problem,
        sessions::Doors,
    },
    room::{Broadcast, BroadcastId, MaxConsumers, RoomId, Sent, ViewId},
};

pub(in crate::http) fn router(doors: Doors) -> Router {
    Router::new()
        .route("/api/v1/broadcasts", post(create))
        .route("/api/v1/broadcasts/{id}", get(show).delete(remove))
        .route("/api/v1/broadcasts/{id}/stop", post(stop))
        .with_state(doors)
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Asked {
    /// The room it happens in; one of its own by default.
    room: Option<String>,
    /// How many may watch; as the server is configured by default.
    max_consumers: Option<usize>,
    /// What becomes of one more: `reject` or `evict-oldest`.
    when_full: WhenFull,
}

/// A fresh id and where it leads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    /// The secret to publish under.
    id: String,
    /// Where to publish.
    whip_url: String,
    /// The page viewers open.
    view_url: String,
    /// What viewers' software is told: `/whep/{viewId}`.
    view_id: String,
    /// The room it happens in.
    room: String,
    /// When the id is good no more (RFC 3339), unless something is published until then.
    expires_at: String,
}

async fn create(
    State(doors): State<Doors>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let asked = asked(&doors, body).await?;
    let wanted = Wanted::Broadcast(asked.room.as_deref());
    check_token(&doors, from, &headers, wanted)?;
    // No more than the server's own limit.
    let most = doors.registry.max_consumers().unwrap_or(usize::MAX);
    let max_consumers = asked.max_consumers.map(|count| MaxConsumers {
        count: count.min(most),
        when_full: asked.when_full,
    });
    let room = asked.room.as_deref().map(RoomId::from);
    let broadcast = doors.broadcasts.create(room, max_consumers);
    let broadcast = broadcast.ok_or(Problem::later(
        StatusCode::SERVICE_UNAVAILABLE,
        "the server has as many broadcast ids as it may",
    ))?;
    let base = base(&doors, &headers);
    let (id, view) = (broadcast.id.as_str(), broadcast.view_id.as_str());
    let created = Created {
        whip_url: format!("{base}/whip/{id}"),
        view_url: format!("{base}/stream?id={view}"),
        id: id.to_owned(),
        view_id: view.to_owned(),
        room: broadcast.room.as_str().to_owned(),
        expires_at: rfc_3339(broadcast.expires_at()),
    };
    let location = HeaderValue::try_from(format!("/api/v1/broadcasts/{id}"));
    let mut response = (StatusCode::CREATED, Json(created)).into_response();
    let headers = response.headers_mut();
    headers.extend(location.map(|location| (header::LOCATION, location)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// No body is a request for the usual.
async fn asked(doors: &Doors, body: Body) -> Result<Asked, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let bytes = bytes(body, doors.broadcasts.config().body_bytes).await?;
    if bytes.is_empty() {
        return Ok(Asked::default());
    }
    let asked: Asked = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    if asked.max_consumers == Some(0) {
        return Err(bad("maxConsumers must be at least 1".into()));
    }
    let room = asked.room.as_deref();
    room.map_or(Ok(()), |room| doors.registry.check_name(room))?;
    if room.is_some_and(|room| ViewId::is_one(room) || BroadcastId::is_one(room)) {
        return Err(bad("a room is not named like an id".into()));
    }
    if room.is_some() && asked.max_consumers.is_some() {
        // Others are in it, for whom it is not this one to decide.
        let detail = "maxConsumers is for a broadcast with a room of its own";
        return Err(bad(detail.into()));
    }
    Ok(asked)
}

/// Scheme and host as the client knows them.
fn base(doors: &Doors, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text("host") else {
        return String::new();
    };
    let own = if doors.secure { "https" } else { "http" };
    let scheme = text("x-forwarded-proto").filter(|scheme| ["http", "https"].contains(scheme));
    format!("{}://{host}", scheme.unwrap_or(own))
}

/// A broadcast as its broadcaster sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    id: String,
    view_id: String,
    room: String,
    /// `waiting` or `live`.
    state: &'static str,
    /// Peers that receive in its room, or wait.
    viewers: usize,
    /// Since when it is live (RFC 3339).
    started_at: Option<String>,
    /// When the id is good no more if nothing is published until then.
    expires_at: String,
    video: Option<Media>,
    audio: Option<Media>,
}

/// What is published of a kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Media {
    /// `H264`, `opus`.
    codec: String,
    /// Payload bits per second now.
    bitrate: u64,
    /// Packets lost for good.
    lost: i64,
    /// Pixels, as the newest key frame says.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// Seconds between the newest two key frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_frame_interval: Option<f64>,
}

async fn show(
    State(doors): State<Doors>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let broadcast = find(&doors, &id)?;
    let now = broadcast.publisher.now();
    let now = now.filter(|now| now.guest.is_connected());
    let mut media = (None, None);
    if let Some(now) = &now {
        let guest = &now.guest;
        for sent in doors.registry.sent_by(&guest.room, &guest.id).await {
            match sent.kind {
                MediaKind::Video => media.0 = Some(Media::from(sent)),
                MediaKind::Audio => media.1 = Some(Media::from(sent)),
            }
        }
    }
    let room = doors.registry.room(&broadcast.room);
    let status = Status {
        id,
        view_id: broadcast.view_id.as_str().to_owned(),
        room: broadcast.room.as_str().to_owned(),
        state: if now.is_some() { "live" } else { "waiting" },
        viewers: room.map_or(0, |room| room.receivers()),
        started_at: now.map(|now| rfc_3339(now.since)),
        expires_at: rfc_3339(broadcast.expires_at()),
        video: media.0,
        audio: media.1,
    };
    let no_store = HeaderValue::from_static("no-store");
    Ok(([(header::CACHE_CONTROL, no_store)], Json(status)))
}

impl From<Sent> for Media {
    fn from(sent: Sent) -> Self {
        let (width, height) = sent.resolution.unzip();
        Self {
            codec: sent.codec,
            bitrate: sent.bitrate,
            lost: sent.lost,
            width,
            height,
            key_frame_interval: sent.key_frame_interval,
        }
    }
}

/// Ends what is published. The id stays good.
async fn stop(State(doors): State<Doors>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let broadcast = find(&doors, &id)?;
    end(&doors, &broadcast);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends what is published and whoever watches, and both ids.
async fn remove(State(doors): State<Doors>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let broadcast = find(&doors, &id)?;
    doors.broadcasts.remove(&broadcast);
    end(&doors, &broadcast);
    for viewer in doors.sessions.viewers(&broadcast.view_id) {
        doors.registry.dismiss(&viewer);
    }
    Ok(StatusCode::NO_CONTENT)
}

fn end(doors: &Doors, broadcast: &Broadcast) {
    if let Some(now) = broadcast.publisher.now() {
        broadcast.touch();
        doors.registry.dismiss(&now.guest);
    }
}

fn find(doors: &Doors, id: &str) -> Result<Arc<Broadcast>, Problem> {
    let unknown = Problem::not_found("the broadcast id is unknown or has expired");
    doors.broadcasts.by_id(id).ok_or(unknown)
}

fn rfc_3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = i64::try_from(seconds.as_secs()).unwrap_or(0);
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(rfc_3339(time), "2023-11-14T22:13:20Z");
    }
}
