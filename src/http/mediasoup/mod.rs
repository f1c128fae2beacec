//! `/mediasoup/*`: pages that watch a broadcast over HTTP alone, with mediasoup-client and without
//! Socket.IO. One family names the stream, its room here, and the transport in the address; an older
//! one names nothing, so whoever asks is known by address and browser, and what it asks next
//! concerns the transport that is next in turn.

mod watchers;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, FromRequestParts, Path, State},
    http::{HeaderMap, Uri, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ortc::types::{DtlsParameters, MediaKind, RtpCapabilities};
use serde_json::{Value, json};

use self::watchers::{Watcher, Watchers};
use super::{exchange::shown_anywhere, sessions::Doors};
use crate::{
    auth::{Tokens, Wanted},
    error::ApiError,
    room::{
        Consume, ConsumerChoice, ConsumerInfo, Filter, Guest, ProducerChoice, Profile, Registry,
        Role, RoomError, RoomId, TransportChoice, TransportId, TransportInfo, Visit,
    },
};

/// What the handlers share.
#[derive(Clone, Debug)]
struct Shared {
    registry: Arc<Registry>,
    tokens: Arc<Tokens>,
    watchers: Arc<Watchers>,
}

pub(super) fn router(doors: &Doors) -> Router {
    let shared = Shared {
        registry: Arc::clone(&doors.registry),
        tokens: Arc::clone(&doors.tokens),
        watchers: Arc::default(),
    };
    let transport = "{stream}/{transport}";
    Router::new()
        .route("/mediasoup/router-rtp-capabilities", get(capabilities))
        .route(
            "/mediasoup/router-rtp-capabilities/{stream}",
            get(capabilities),
        )
        .route(
            "/mediasoup/streamer-transport-parameters",
            get(create_unnamed),
        )
        .route(
            "/mediasoup/streamer-transport-parameters/{stream}",
            get(create),
        )
        .route("/mediasoup/client-connect", post(connect_unnamed))
        .route(
            &format!("/mediasoup/client-connect/{transport}"),
            post(connect),
        )
        .route("/mediasoup/consumer-parameters", post(consume_unnamed))
        .route(
            &format!("/mediasoup/consumer-parameters/{transport}"),
            post(consume),
        )
        .route(
            &format!("/mediasoup/resume-consumer/{transport}"),
            post(resume),
        )
        .with_state(shared)
}

async fn capabilities() -> Json<RtpCapabilities> {
    Json((*Profile::Compat.rtp_capabilities()).clone())
}

impl Shared {
    /// Whether who asks from there may watch a room of this name.
    fn admit(
        &self,
        from: IpAddr,
        headers: &HeaderMap,
        uri: &Uri,
        room: &RoomId,
    ) -> Result<(), Failure> {
        // A broadcast is watched by WHEP, which knows who publishes there and how many may watch; and
        // the id of one that has ended names nothing.
        if room.is_id() {
            return Err(RoomError::NotFound("room").into());
        }
        let token = shown_anywhere(headers, uri);
        let wanted = Wanted::Subscribe(room.as_str());
        self.tokens.check(from, token.as_deref(), wanted)?;
        Ok(())
    }
}

/// Somebody who names a transport, and may watch the stream it is of.
struct Named(Guest, TransportId);

impl FromRequestParts<Shared> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let remote = ConnectInfo::<SocketAddr>::from_request_parts(parts, shared).await;
        let ConnectInfo(remote) = remote.map_err(IntoResponse::into_response)?;
        let named = Path::<(String, String)>::from_request_parts(parts, shared).await;
        let Path((stream, transport)) = named.map_err(IntoResponse::into_response)?;
        let room = RoomId::from(stream.as_str());
        let admitted = shared.admit(remote.ip(), &parts.headers, &parts.uri, &room);
        admitted.map_err(IntoResponse::into_response)?;
        let found = shared.watchers.by_transport(&transport, &stream);
        let (guest, id) = found.map_err(|error| Failure::from(error).into_response())?;
        Ok(Self(guest, id))
    }
}

/// Somebody who names nothing and may watch. Whoever shares an address and a browser with a watcher
/// looks like it: the token is asked for each time.
struct Admitted(Watcher);

impl FromRequestParts<Shared> for Admitted {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let watcher = Watcher::from_request_parts(parts, shared).await?;
        let from = watcher.address;
        let admitted = shared.admit(from, &parts.headers, &parts.uri, &watcher.room);
        admitted.map_err(IntoResponse::into_response)?;
        Ok(Self(watcher))
    }
}

async fn create_unnamed(
    State(shared): State<Shared>,
    Admitted(watcher): Admitted,
) -> Result<Json<Value>, Failure> {
    // One after the other: a page that asks twice at once is one watcher.
    let _turn = shared.watchers.turn(&watcher).await;
    let (guest, transport) = match shared.watchers.of(&watcher) {
        Some(guest) => {
            let transport = guest.create_transport(Role::Receive).await?;
            (guest, transport)
        }
        None => {
            let (room, address) = (watcher.room.clone(), watcher.address);
            shared.registry.guest(Visit::of_page(room, address)).await?
        }
    };
    shared.watchers.keep(watcher, guest);
    Ok(Json(options(&transport)))
}

async fn create(
    State(shared): State<Shared>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    Path(stream): Path<String>,
) -> Result<Json<Value>, Failure> {
    let room = RoomId::from(stream.as_str());
    shared.admit(remote.ip(), &headers, &uri, &room)?;
    let (guest, transport) = shared
        .registry
        .guest(Visit::of_page(room, remote.ip()))
        .await?;
    shared.watchers.keep_by_transport(transport.id, guest);
    Ok(Json(options(&transport)))
}

async fn connect_unnamed(
    State(shared): State<Shared>,
    Admitted(watcher): Admitted,
    Json(dtls): Json<DtlsParameters>,
) -> Result<&'static str, Failure> {
    let guest = shared.watchers.known_as(&watcher)?;
    let next = TransportChoice::ToConnect(Role::Receive);
    guest.room.connect_transport(&guest.id, next, dtls).await?;
    Ok("connected")
}

async fn connect(
    Named(guest, id): Named,
    Json(dtls): Json<DtlsParameters>,
) -> Result<&'static str, Failure> {
    let this = TransportChoice::Id(id);
    guest.room.connect_transport(&guest.id, this, dtls).await?;
    Ok("connected")
}

/// The newest video and the newest audio, under these names and playing at once.
async fn consume_unnamed(
    State(shared): State<Shared>,
    Admitted(watcher): Admitted,
    Json(caps): Json<RtpCapabilities>,
) -> Result<Json<Value>, Failure> {
    let guest = shared.watchers.known_as(&watcher)?;
    let mut answer = json!({});
    for made in newest(&guest, &TransportChoice::ToConsume, &caps, false).await? {
        let kind = match made.kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        };
        answer[kind] = consumer(&made);
    }
    Ok(Json(answer))
}

/// The same as a list, paused.
async fn consume(
    Named(guest, id): Named,
    Json(caps): Json<RtpCapabilities>,
) -> Result<Json<Value>, Failure> {
    let made = newest(&guest, &TransportChoice::Id(id), &caps, true).await?;
    Ok(Json(made.iter().map(consumer).collect()))
}

async fn resume(Named(guest, _): Named) -> Result<&'static str, Failure> {
    let all = ConsumerChoice::Which(Filter::default());
    guest.room.pause_consumer(&guest.id, all, false).await?;
    Ok("resumed")
}

/// Consumers of the newest producer of each kind, as far as the client knows its codec.
async fn newest(
    guest: &Guest,
    transport: &TransportChoice,
    caps: &RtpCapabilities,
    paused: bool,
) -> Result<Vec<ConsumerInfo>, RoomError> {
    let mut made = Vec::new();
    let mut transport = transport.clone();
    for kind in [MediaKind::Video, MediaKind::Audio] {
        let request = Consume {
            transport: transport.clone(),
            producer: ProducerChoice::Newest(Filter {
                kind: Some(kind),
                ..Filter::default()
            }),
            rtp_capabilities: caps.clone(),
            paused,
            numbers: None,
        };
        match guest.room.consume(&guest.id, request).await {
            Ok(info) => {
                transport = TransportChoice::Id(info.transport);
                made.push(info);
            }
            Err(RoomError::NotFound("producer")) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

fn options(transport: &TransportInfo) -> Value {
    json!({
        "id": transport.id,
        "iceParameters": transport.ice_parameters,
        "iceCandidates": transport.ice_candidates,
        "dtlsParameters": transport.dtls_parameters,
    })
}

fn consumer(made: &ConsumerInfo) -> Value {
    json!({
        "id": made.id,
        "producerId": made.producer,
        "kind": made.kind,
        "rtpParameters": made.rtp_parameters,
        "type": made.rtp_type,
        "producerPaused": made.producer_paused,
    })
}

/// A failure as HTTP has it: a status, and the object of protocol.md.
struct Failure(ApiError);

impl<E: Into<ApiError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = super::problem::status(self.0.code);
        let body = json!({ "error": self.0.message, "code": self.0.code.as_str() });
        (status, Json(body)).into_response()
    }
}
