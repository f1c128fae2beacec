//! WHIP (RFC 9725): publishing by one HTTP request. The publisher is an ordinary peer of its room.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{patch, post},
};
use ortc::types::MediaKind;
use serde::Deserialize;

use super::{
    exchange::{self, Arriving, Asking, bearer, check_token, created},
    problem::Problem,
    sdp::{self, Answer, AnsweredSection, Offer, Section},
    sessions::{Doors, Session},
};
use crate::auth::{Access, Refusal, Source, Wanted};
use crate::room::{
    AppData, Broadcast, BroadcastId, Changes, GroupOfPicturesOptions, Guest, Produce, Profile,
    Publisher, Publishing, Role, RoomError, RoomId, TransportChoice, TransportInfo, ViewId, Visit,
    What, can_produce,
};

pub(super) fn router(doors: Doors) -> Router {
    Router::new()
        .route("/whip", post(publish_unnamed))
        .route("/whip/{id}", post(publish_named))
        .route("/broadcast", post(publish_asked))
        .route(
            "/whip/sessions/{session}",
            patch(exchange::patch).delete(exchange::delete),
        )
        .with_state(doors)
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// What to publish under, where the path does not say.
    id: Option<String>,
    /// How others see the publisher.
    name: Option<String>,
}

async fn publish_unnamed(Query(asked): Query<Asked>, asking: Asking) -> Result<Response, Problem> {
    publish(asking, asked).await
}

async fn publish_named(
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    asking: Asking,
) -> Result<Response, Problem> {
    let id = Some(id);
    publish(asking, Asked { id, ..asked }).await
}

/// The address of the page where broadcasters get their id.
async fn publish_asked(Query(asked): Query<Asked>, asking: Asking) -> Result<Response, Problem> {
    if asked.id.is_none() {
        let detail = "expected ?id= and a broadcast id";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    publish(asking, asked).await
}

const UNKNOWN: &str = "the broadcast id is unknown or has expired";

/// Where something is published.
struct Target {
    room: RoomId,
    broadcast: Option<Arc<Broadcast>>,
    access: Arc<Access>,
}

fn target(
    doors: &Doors,
    from: SocketAddr,
    id: Option<&str>,
    headers: &HeaderMap,
) -> Result<Target, Problem> {
    let of = |broadcast: Arc<Broadcast>| Target {
        room: broadcast.room.clone(),
        broadcast: Some(broadcast),
        access: Arc::new(Access::full()),
    };
    if let Some(id) = id.filter(|id| BroadcastId::is_one(id)) {
        let known = doors.broadcasts.by_id(id);
        return known.map(of).ok_or(Problem::not_found(UNKNOWN));
    }
    let shown = bearer(headers).filter(|token| id.is_none() && BroadcastId::is_one(token));
    if let Some(token) = shown {
        let known = doors.broadcasts.by_id(token);
        return known.map(of).ok_or(Problem::unauthorized(UNKNOWN));
    }
    if id.is_some_and(ViewId::is_one) {
        let detail = "this id is for watching; publish under the broadcast id";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let room = id.unwrap_or(RoomId::DEFAULT);
    let access = check_token(doors, from, headers, Wanted::Publish(room))?;
    Ok(Target {
        room: RoomId::from(room),
        broadcast: None,
        access,
    })
}

async fn publish(asking: Asking, asked: Asked) -> Result<Response, Problem> {
    let Asking {
        doors,
        from,
        headers,
        body,
    } = asking;
    let target = target(&doors, from, asked.id.as_deref(), &headers)?;
    let authorization = exchange::shown(&headers)?;
    let mut offer = exchange::offer(&doors, &headers, body).await?;
    narrow(&mut offer, &target.access)?;
    let name = asked.name.as_deref().unwrap_or("Broadcaster");
    let (guest, transport) = enter(&doors, &target, name, from).await?;
    let arriving = Arriving::new(&doors.registry, guest.clone());
    let sections = match &target.broadcast {
        Some(broadcast) => take_over(&doors, broadcast, &guest, &transport, &offer).await?,
        None => produce_all(&doors, &guest, &transport, &offer).await?,
    };
    arriving.arrived();
    let answer = answer(&transport, sections).text(&offer);
    let session = Session {
        guest,
        transport,
        viewer: None,
        view_id: None,
        mids: Vec::new(),
        head: offer.head(),
        username_fragment: offer.username_fragment,
        authorization,
    };
    let kept = exchange::keep(&doors, session, "whip");
    Ok(created(&doors, &kept, answer))
}

/// Takes out of an offer what its token does not let send: it is refused as a section no codec is
/// known for.
fn narrow(offer: &mut Offer, access: &Access) -> Result<(), Problem> {
    let sends = |section: &Section| section.track.as_ref().is_some_and(|track| track.sends);
    let before = offer.sections.iter().any(sends);
    for section in &mut offer.sections {
        let source = section.track.as_ref().map(|track| match track.kind {
            MediaKind::Audio => Source::Audio,
            MediaKind::Video => Source::Video,
        });
        if source.is_some_and(|source| !access.sends(source)) {
            section.track = None;
        }
    }
    if before && !offer.sections.iter().any(sends) {
        return Err(Refusal::NotGranted.into());
    }
    Ok(())
}

async fn enter(
    doors: &Doors,
    target: &Target,
    name: &str,
    from: SocketAddr,
) -> Result<(Guest, TransportInfo), RoomError> {
    let broadcast = target.broadcast.clone();
    let visit = Visit {
        room: target.room.clone(),
        address: from.ip(),
        name: name.into(),
        dialect: "whip",
        role: Role::Send,
        profile: Profile::Full,
        opens: true,
        watches: false,
        announced: true,
        max_consumers: broadcast.as_ref().and_then(|one| one.max_consumers),
    };
    let (guest, transport) = doors.registry.guest(visit).await?;
    if let Some(broadcast) = broadcast {
        // An id is good for a while after what was published under it has ended.
        let (gone, id) = (guest.gone(), guest.id.clone());
        let changes = doors.registry.changes().clone();
        tokio::spawn(async move {
            gone.await;
            broadcast.touch();
            broadcast.publisher.leave(&id);
            // Whoever took its place goes on.
            if broadcast.publisher.now().is_none() {
                tell(&changes, What::BroadcastEnded, &broadcast);
            }
        });
    }
    Ok((guest, transport))
}

/// Tells whoever follows what happens of a broadcast.
fn tell(changes: &Changes, what: What, broadcast: &Broadcast) {
    changes.tell(what, &broadcast.room, |change| {
        change.view_id = Some(broadcast.view_id.as_str().to_owned());
        change.peer_id = broadcast.publisher.peer().map(|peer| peer.to_string());
    });
}

/// Publishes under a broadcast id. Whoever published before is most likely the same, back before we
/// could know it was gone; it stays if this fails.
async fn take_over(
    doors: &Doors,
    broadcast: &Broadcast,
    guest: &Guest,
    transport: &TransportInfo,
    offer: &Offer,
) -> Result<Vec<AnsweredSection>, Problem> {
    broadcast.touch();
    // Before there is anything to see: viewers look whose it is when they are told.
    let turn = Turn {
        doors,
        publisher: &broadcast.publisher,
        guest,
        before: broadcast.publisher.replace(guest.clone()),
        kept: false,
    };
    let sections = produce_all(doors, guest, transport, offer).await?;
    if broadcast.is_removed() {
        return Err(Problem::not_found(UNKNOWN));
    }
    turn.keep();
    tell(doors.registry.changes(), What::BroadcastStarted, broadcast);
    Ok(sections)
}

/// One publisher after another. Given up half way, also by a client that does not wait, it is as if
/// it had never come.
struct Turn<'a> {
    doors: &'a Doors,
    publisher: &'a Publisher,
    guest: &'a Guest,
    before: Option<Publishing>,
    kept: bool,
}

impl Turn<'_> {
    /// It publishes now, and whoever did before has ended.
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let before = self.before.take();
        let over = self.kept || !self.publisher.is(&self.guest.id);
        match before {
            // Either this one took its place for good, or a third that knew nothing of it.
            Some(before) if over => self.doors.registry.dismiss(&before.guest),
            before if !over => self.publisher.restore(before),
            _ => {}
        }
    }
}

fn answer(transport: &TransportInfo, sections: Vec<AnsweredSection>) -> Answer<'_> {
    Answer {
        ice_parameters: &transport.ice_parameters,
        ice_candidates: &transport.ice_candidates,
        dtls_parameters: &transport.dtls_parameters,
        sections,
    }
}

async fn produce_all(
    doors: &Doors,
    guest: &Guest,
    transport: &TransportInfo,
    offer: &Offer,
) -> Result<Vec<AnsweredSection>, Problem> {
    let mut sections = Vec::with_capacity(offer.sections.len());
    let mut group = group_of_pictures(doors, guest);
    for section in &offer.sections {
        sections.push(produce(guest, transport, section, &mut group).await?);
    }
    let accepted = |section: &AnsweredSection| !matches!(section, AnsweredSection::Refused);
    if !sections.iter().any(accepted) {
        let detail = "nothing that is offered can be received here: no codec in common";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let this = TransportChoice::Id(transport.id);
    let dtls = offer.dtls_parameters.clone();
    guest.room.connect_transport(&guest.id, this, dtls).await?;
    Ok(sections)
}

/// Receives an offered section in the first way the router knows.
async fn produce(
    guest: &Guest,
    transport: &TransportInfo,
    section: &Section,
    group: &mut Option<GroupOfPicturesOptions>,
) -> Result<AnsweredSection, Problem> {
    let Some(track) = section.track.as_ref().filter(|track| track.sends) else {
        return Ok(AnsweredSection::Refused);
    };
    let router = Profile::Full.rtp_capabilities();
    let ways = track.rtp_parameters(&section.mid, &router);
    let mut ways = ways.map(|offered| {
        let mut produced = offered.clone();
        sdp::constrain_baseline(&mut produced);
        (offered, produced)
    });
    let known = ways.find(|(_, produced)| can_produce(track.kind, produced));
    let Some((offered, rtp_parameters)) = known else {
        return Ok(AnsweredSection::Refused);
    };
    let request = Produce {
        transport: TransportChoice::Id(transport.id),
        kind: track.kind,
        rtp_parameters,
        app_data: AppData::default(),
        display: false,
        paused: false,
        group_of_pictures: group.take_if(|_| track.kind == MediaKind::Video),
    };
    guest.room.produce(&guest.id, request).await?;
    Ok(AnsweredSection::Received(offered))
}

/// Encoders that publish by WHIP ignore key-frame requests. One group is kept of each publisher, as
/// long as there is a place for it.
fn group_of_pictures(doors: &Doors, guest: &Guest) -> Option<GroupOfPicturesOptions> {
    let config = doors.broadcasts.config();
    let kept = config.group_of_pictures_bytes > 0 && doors.registry.keep_group(guest);
    kept.then_some(GroupOfPicturesOptions {
        max_bytes: config.group_of_pictures_bytes,
        max_duration: config.group_of_pictures_time,
    })
}
