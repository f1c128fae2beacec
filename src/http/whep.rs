//! WHEP (draft-ietf-wish-whep): watching by one HTTP request, whatever dialect the others speak and
//! whether anybody sends yet.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header::LINK},
    response::Response,
    routing::{patch, post},
};
use ortc::types::{MediaKind, RtpEncodingParameters, RtxEncoding, is_rtx};
use serde::Deserialize;

use super::{
    exchange::{self, Arriving, Asking, check_token, created},
    problem::Problem,
    sdp::{Answer, AnsweredSection, Offer, Section},
    sessions::{Doors, Session},
    whep_events,
};
use crate::auth;
use crate::room::{
    Broadcast, BroadcastId, MaxConsumers, Numbers, PeerId, Profile, Role, RoomError, RoomId, Slot,
    TransportChoice, TransportInfo, ViewId, Viewer, Visit, Wanted,
};

/// What the extensions of the draft are named by.
const EXTENSIONS: &str = "urn:ietf:params:whep:ext:core";

pub(super) fn router(doors: Doors) -> Router {
    Router::new()
        .route("/whep", post(watch_default))
        .route("/whep/{id}", post(watch_named))
        .route("/whep/{room}/{peer}", post(watch_peer))
        .route(
            "/whep/sessions/{session}",
            patch(exchange::patch).delete(exchange::delete),
        )
        .route("/whep/sessions/{session}/layer", post(set_layer))
        .merge(whep_events::router())
        .with_state(doors)
}

async fn watch_default(asking: Asking) -> Result<Response, Problem> {
    watch(asking, of_room(RoomId::DEFAULT)).await
}

async fn watch_named(Path(id): Path<String>, asking: Asking) -> Result<Response, Problem> {
    let view = view(&asking.doors, &id)?;
    watch(asking, view).await
}

async fn watch_peer(
    Path((room, peer)): Path<(String, String)>,
    asking: Asking,
) -> Result<Response, Problem> {
    if RoomId::from(room.as_str()).is_id() {
        return Err(Problem::not_found("a broadcast is watched as a whole"));
    }
    let view = View {
        wanted: Wanted::Peer(PeerId::from(peer.as_str())),
        ..of_room(&room)
    };
    watch(asking, view).await
}

/// What is watched.
struct View {
    room: RoomId,
    wanted: Wanted,
    broadcast: Option<Arc<Broadcast>>,
    max_consumers: Option<MaxConsumers>,
}

fn of_room(room: &str) -> View {
    View {
        room: RoomId::from(room),
        wanted: Wanted::Anyone,
        broadcast: None,
        max_consumers: None,
    }
}

fn view(doors: &Doors, id: &str) -> Result<View, Problem> {
    if BroadcastId::is_one(id) {
        let detail = "this id is for publishing and secret; watch by the view id";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    if !ViewId::is_one(id) {
        return Ok(of_room(id));
    }
    let broadcast = doors.broadcasts.by_view(id);
    let broadcast = broadcast.ok_or(Problem::not_found("there is no such broadcast"))?;
    Ok(View {
        room: broadcast.room.clone(),
        wanted: Wanted::Publisher(broadcast.publisher.clone()),
        max_consumers: broadcast.max_consumers,
        broadcast: Some(broadcast),
    })
}

async fn watch(asking: Asking, view: View) -> Result<Response, Problem> {
    let Asking {
        doors,
        from,
        headers,
        body,
    } = asking;
    if view.broadcast.is_none() {
        // A view id is a token of its own.
        let wanted = auth::Wanted::Subscribe(view.room.as_str());
        check_token(&doors, from, &headers, wanted)?;
    }
    let authorization = exchange::shown(&headers)?;
    let offer = exchange::offer(&doors, &headers, body).await?;
    check_live(&doors, &view)?;
    let tracks = tracks(&offer)?;
    let (viewer, transport) = enter(&doors, &view, from, &tracks).await?;
    let guest = viewer.guest.clone();
    let arriving = Arriving::new(&doors.registry, guest.clone());
    let this = TransportChoice::Id(transport.id);
    let dtls = offer.dtls_parameters.clone();
    guest.room.connect_transport(&guest.id, this, dtls).await?;
    let answer = answer(&transport, &offer, &tracks).text(&offer);
    let session = Session {
        guest,
        transport,
        viewer: Some(viewer),
        view_id: view.broadcast.as_ref().map(|one| one.view_id.clone()),
        mids: tracks
            .into_iter()
            .map(|(_, slot)| (slot.kind, slot.numbers.mid))
            .collect(),
        head: offer.head(),
        username_fragment: offer.username_fragment,
        authorization,
    };
    let kept = exchange::keep(&doors, session, "whep");
    let response = created(&doors, &kept, answer);
    if view
        .broadcast
        .is_some_and(|broadcast| broadcast.is_removed())
    {
        // It ended while this one came, who is not among those that were ended with it.
        return Err(Problem::not_found("there is no such broadcast"));
    }
    arriving.arrived();
    Ok(with_extensions(response, &kept.location))
}

async fn enter(
    doors: &Doors,
    view: &View,
    from: SocketAddr,
    tracks: &[(usize, Slot)],
) -> Result<(Viewer, TransportInfo), RoomError> {
    let visit = Visit {
        room: view.room.clone(),
        address: from.ip(),
        name: "Viewer".into(),
        dialect: "whep",
        role: Role::Receive,
        profile: Profile::Full,
        opens: true,
        watches: true,
        // Who watches one that broadcasts hears nobody else; there may be very many of them.
        announced: !matches!(view.wanted, Wanted::Publisher(_)),
        max_consumers: view.max_consumers,
    };
    let slots = tracks.iter().map(|(_, slot)| slot.clone()).collect();
    let entering = doors.registry.viewer(visit, view.wanted.clone(), slots);
    entering.await
}

/// Whether there is something to see, where viewers may not wait for it.
fn check_live(doors: &Doors, view: &View) -> Result<(), Problem> {
    let room = doors.registry.room(&view.room);
    let live = match &view.wanted {
        Wanted::Publisher(publisher) => publisher.peer().is_some(),
        Wanted::Anyone => room.is_some_and(|room| room.has_producers()),
        Wanted::Peer(peer) => room.is_some_and(|room| room.sends(peer)),
    };
    if live || doors.broadcasts.config().viewers_wait {
        return Ok(());
    }
    let detail = "nothing is published here yet";
    Err(Problem::later(StatusCode::CONFLICT, detail))
}

/// The first section of each kind that can be sent something, by its place in the offer.
fn tracks(offer: &Offer) -> Result<Vec<(usize, Slot)>, Problem> {
    let router = Profile::Full.rtp_capabilities();
    let mut found: Vec<(usize, Slot)> = Vec::new();
    for (index, section) in offer.sections.iter().enumerate() {
        let Some(track) = section.track.as_ref().filter(|track| track.receives) else {
            continue;
        };
        let taken = found.iter().any(|(_, slot)| slot.kind == track.kind);
        if !taken && !track.receivable(&router).is_empty() {
            let mut rtp_capabilities = track.rtp_capabilities();
            ortc::validate_rtp_capabilities(&mut rtp_capabilities).map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, format!("{}: {error}", section.mid))
            })?;
            let slot = Slot {
                kind: track.kind,
                rtp_capabilities,
                numbers: Numbers::new(section.mid.clone()),
            };
            found.push((index, slot));
        }
    }
    if found.is_empty() {
        let detail = "nothing that is asked for can be sent: no codec in common";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    Ok(found)
}

fn answer<'a>(transport: &'a TransportInfo, offer: &Offer, tracks: &[(usize, Slot)]) -> Answer<'a> {
    let sections = offer.sections.iter().enumerate().map(|(index, section)| {
        let slot = tracks.iter().find(|(at, _)| *at == index);
        slot.map_or(AnsweredSection::Refused, |(_, slot)| sent(section, slot))
    });
    Answer {
        ice_parameters: &transport.ice_parameters,
        ice_candidates: &transport.ice_candidates,
        dtls_parameters: &transport.dtls_parameters,
        sections: sections.collect(),
    }
}

fn sent(section: &Section, slot: &Slot) -> AnsweredSection {
    let Some(track) = &section.track else {
        return AnsweredSection::Refused;
    };
    let router = Profile::Full.rtp_capabilities();
    let codecs = track.receivable(&router);
    let rtx = slot.kind == MediaKind::Video && codecs.iter().any(|codec| is_rtx(&codec.mime_type));
    AnsweredSection::Sent {
        header_extensions: track.forwarded_extensions(&router),
        encoding: RtpEncodingParameters {
            ssrc: Some(slot.numbers.ssrc),
            rtx: rtx.then_some(RtxEncoding {
                ssrc: slot.numbers.rtx_ssrc,
            }),
            ..RtpEncodingParameters::default()
        },
        stream: "miso".into(),
        codecs,
    }
}

/// Says where layers are chosen and events are had, for clients that know of that.
fn with_extensions(mut response: Response, location: &str) -> Response {
    let events = whep_events::NAMES.join(",");
    for link in [
        format!("<{location}/layer>; rel=\"{EXTENSIONS}:layer\""),
        format!(
            "<{location}/events>; rel=\"{EXTENSIONS}:server-sent-events\"; events=\"{events}\""
        ),
    ] {
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().append(LINK, link);
        }
    }
    response
}

/// Layers of what a media section carries.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_id: Option<String>,
    /// Streams of simulcast are numbered, as their spatial layers are.
    encoding_id: Option<String>,
    spatial_layer_id: Option<u8>,
    max_spatial_layer_id: Option<u8>,
    temporal_layer_id: Option<u8>,
    max_temporal_layer_id: Option<u8>,
}

async fn set_layer(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    headers: HeaderMap,
    layer: Result<Json<Layer>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let Json(layer) = layer.map_err(|error| bad(error.body_text()))?;
    let session = doors.sessions.find(&name, &headers)?;
    let video = session.mid(MediaKind::Video);
    let other = |mid: &str| Some(mid) != video;
    if layer.media_id.as_deref().is_some_and(other) {
        return Err(bad("mediaId is not the section of a picture".into()));
    }
    let viewer = session.viewer.ok_or(Problem::not_found("no viewer"))?;
    let encoding = layer.encoding_id.as_deref().map(str::parse).transpose();
    let encoding = encoding.map_err(|_| bad("no such encodingId".into()))?;
    let spatial = layer.spatial_layer_id.or(layer.max_spatial_layer_id);
    let spatial = spatial.or(encoding).unwrap_or(u8::MAX);
    let temporal = layer.temporal_layer_id.or(layer.max_temporal_layer_id);
    viewer.set_preferred_layers(spatial, temporal).await?;
    Ok(StatusCode::OK)
}
