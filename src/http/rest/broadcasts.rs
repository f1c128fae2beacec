//! `/api/v1/broadcasts`: ids for broadcasters, and how their broadcasts are. Whoever knows an id is
//! its broadcaster.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ortc::types::MediaKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Named, Page, queries};
use crate::{
    auth::Wanted,
    config::WhenFull,
    http::{
        exchange::{bytes, check_token},
        problem::{BadRequest, NotFound, Problem, Refused},
        sessions::Doors,
    },
    room::{Broadcast, MaxConsumers, Publishing, RoomId, Sent, inspect::Moment},
};

/// What is asked for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Broadcasting {
    /// The room it happens in; one of its own by default.
    #[schema(min_length = 1, max_length = 256)]
    room: Option<String>,
    /// How many may watch; as the server is configured by default.
    #[schema(minimum = 1)]
    max_consumers: Option<usize>,
    /// What becomes of one more.
    #[schema(value_type = WhenFullWord)]
    when_full: WhenFull,
}

/// What becomes of one who would be too many.
#[derive(ToSchema)]
#[schema(as = WhenFull, rename_all = "kebab-case")]
#[allow(dead_code)] // it describes
enum WhenFullWord {
    Reject,
    EvictOldest,
}

/// A fresh id and where it leads.
#[derive(Debug, Serialize, ToSchema)]
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
    expires_at: Moment,
}

/// Gives ids to publish and to watch by.
#[utoipa::path(
    post, path = "/api/v1/broadcasts", tag = "broadcasts",
    request_body(content = Option<Broadcasting>, description = "Nothing is a request for the usual."),
    responses(
        (status = 201, description = "The ids.", body = Created, headers(("location" = String, description = "The broadcast."))),
        BadRequest,
        Refused,
    )
)]
pub(super) async fn create(
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
        expires_at: Moment(broadcast.expires_at()),
    };
    let location = HeaderValue::try_from(format!("/api/v1/broadcasts/{id}"));
    let mut response = (StatusCode::CREATED, Json(created)).into_response();
    let headers = response.headers_mut();
    headers.extend(location.map(|location| (header::LOCATION, location)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// No body is a request for the usual.
async fn asked(doors: &Doors, body: Body) -> Result<Broadcasting, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let bytes = bytes(body, doors.broadcasts.config().body_bytes).await?;
    if bytes.is_empty() {
        return Ok(Broadcasting::default());
    }
    let asked = read(&bytes).map_err(|error| bad(error.to_string()))?;
    if asked.max_consumers == Some(0) {
        return Err(bad("maxConsumers must be at least 1".into()));
    }
    let room = asked.room.as_deref();
    room.map_or(Ok(()), |room| doors.registry.check_name(room))?;
    if room.is_some_and(|room| RoomId::from(room).is_id()) {
        return Err(bad("a room is not named like an id".into()));
    }
    if room.is_some() && asked.max_consumers.is_some() {
        // Others are in it, for whom it is not this one to decide.
        let detail = "maxConsumers is for a broadcast with a room of its own";
        return Err(bad(detail.into()));
    }
    Ok(asked)
}

/// An object, or null for the usual. Members by their places in an array are not understood.
fn read(bytes: &[u8]) -> serde_json::Result<Broadcasting> {
    let mut object: Option<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(bytes)?;
    let count = object.as_mut().and_then(|it| it.get_mut("maxConsumers"));
    if let Some(serde_json::Value::Number(count)) = count {
        *count = whole(count);
    }
    object.map_or_else(
        || Ok(Broadcasting::default()),
        |it| serde_json::from_value(it.into()),
    )
}

/// `3.0` is the same number as `3` (JSON Schema).
fn whole(number: &serde_json::Number) -> serde_json::Number {
    let float = number.as_f64().filter(|_| number.is_f64());
    let float = float.filter(|it| it.fract() == 0.0 && (0.0..1e15).contains(it));
    float.map_or_else(|| number.clone(), |it| (it as u64).into())
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Status {
    id: String,
    view_id: String,
    room: String,
    /// Whether there is something to see.
    state: BroadcastState,
    /// Peers that receive in its room, or wait.
    viewers: usize,
    /// Since when it is live (RFC 3339).
    started_at: Option<Moment>,
    /// When the id is good no more if nothing is published until then.
    expires_at: Moment,
    video: Option<Media>,
    audio: Option<Media>,
}

/// Whether there is something to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum BroadcastState {
    /// Nothing is published.
    Waiting,
    /// Something is.
    Live,
}

impl BroadcastState {
    fn new(now: Option<&Publishing>) -> Self {
        if now.is_some() {
            Self::Live
        } else {
            Self::Waiting
        }
    }
}

/// What is published of a kind.
#[derive(Debug, Serialize, ToSchema)]
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

/// Shows a broadcast to its broadcaster.
#[utoipa::path(
    get, path = "/api/v1/broadcasts/{id}", tag = "broadcasts",
    params(("id" = String, Path, description = "The secret id.")),
    responses((status = 200, description = "The broadcast.", body = Status), BadRequest, NotFound)
)]
pub(super) async fn show(
    State(doors): State<Doors>,
    Named(id): Named<String>,
) -> Result<impl IntoResponse, Problem> {
    let broadcast = find(&doors, &id)?;
    let now = live(&broadcast);
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
        state: BroadcastState::new(now.as_ref()),
        viewers: room.map_or(0, |room| room.receivers()),
        started_at: now.map(|now| Moment(now.since)),
        expires_at: Moment(broadcast.expires_at()),
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
#[utoipa::path(
    post, path = "/api/v1/broadcasts/{id}/stop", tag = "broadcasts",
    params(("id" = String, Path, description = "The secret id.")),
    responses((status = 204, description = "Nothing is published now."), BadRequest, NotFound)
)]
pub(super) async fn stop(
    State(doors): State<Doors>,
    Named(id): Named<String>,
) -> Result<StatusCode, Problem> {
    let broadcast = find(&doors, &id)?;
    end(&doors, &broadcast);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends what is published and whoever watches, and both ids.
#[utoipa::path(
    delete, path = "/api/v1/broadcasts/{id}", tag = "broadcasts",
    params(("id" = String, Path, description = "The secret id.")),
    responses((status = 204, description = "Both ids are good no more."), BadRequest, NotFound)
)]
pub(super) async fn remove(
    State(doors): State<Doors>,
    Named(id): Named<String>,
) -> Result<StatusCode, Problem> {
    let broadcast = find(&doors, &id)?;
    doors.broadcasts.remove(&broadcast);
    end(&doors, &broadcast);
    for viewer in doors.sessions.viewers(&broadcast.view_id) {
        doors.registry.dismiss(&viewer);
    }
    Ok(StatusCode::NO_CONTENT)
}

queries! {
    /// Which broadcasts.
    WhichBroadcasts {
        /// Those in this room.
        room: String,
        /// Those in this state.
        state: BroadcastState,
    }
}

/// Broadcasts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed {
    /// By room and id.
    broadcasts: Vec<BroadcastView>,
    #[serde(flatten)]
    page: Page,
}

/// A broadcast as an operator sees it: whoever is shown the secret id could publish.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BroadcastView {
    /// By which it is watched.
    view_id: String,
    /// The room it happens in.
    room_id: String,
    /// The peer that publishes, if there is one.
    peer_id: Option<String>,
    /// Whether there is something to see.
    state: BroadcastState,
    /// Peers that receive in its room, or wait.
    viewers: usize,
    /// Since when it is live.
    started_at: Option<Moment>,
    /// When the ids are good no more if nothing is published until then.
    expires_at: Moment,
}

impl BroadcastView {
    fn new(doors: &Doors, broadcast: &Broadcast) -> Self {
        let now = live(broadcast);
        let room = doors.registry.room(&broadcast.room);
        Self {
            view_id: broadcast.view_id.as_str().to_owned(),
            room_id: broadcast.room.as_str().to_owned(),
            peer_id: now.as_ref().map(|now| now.guest.id.to_string()),
            state: BroadcastState::new(now.as_ref()),
            viewers: room.map_or(0, |room| room.receivers()),
            started_at: now.map(|now| Moment(now.since)),
            expires_at: Moment(broadcast.expires_at()),
        }
    }
}

/// Lists the broadcasts.
#[utoipa::path(
    get, path = "/api/v1/broadcasts", tag = "inspection",
    params(WhichBroadcasts),
    responses((status = 200, description = "The broadcasts.", body = Listed), BadRequest)
)]
pub(super) async fn list(
    State(doors): State<Doors>,
    Asked(which): Asked<WhichBroadcasts>,
) -> Result<Json<Listed>, Problem> {
    let mut page = which.page()?;
    let all = doors.broadcasts.all_good();
    let mut views: Vec<_> = all
        .iter()
        .map(|it| BroadcastView::new(&doors, it))
        .collect();
    views.retain(|it| {
        which.room.as_ref().is_none_or(|room| it.room_id == *room)
            && which.state.is_none_or(|state| it.state == state)
    });
    views.sort_by(|a, b| (&a.room_id, &a.view_id).cmp(&(&b.room_id, &b.view_id)));
    let broadcasts = page.cut(views);
    Ok(Json(Listed { broadcasts, page }))
}

/// What is published now and can be seen.
fn live(broadcast: &Broadcast) -> Option<Publishing> {
    let now = broadcast.publisher.now();
    now.filter(|now| now.guest.is_connected())
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
