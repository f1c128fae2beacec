//! Entering and leaving rooms.

use crate::{
    auth::Wanted,
    error::ApiError,
    room::{EventReceiver, Hears, Joined, NewPeer, PeerInfo, Profile, Resumed, RoomError, RoomId},
    signaling::{
        notify,
        request::{self, Join, PeerEntry, Reply},
        session::{Member, Session},
    },
};

/// The room a client means.
fn named(session: &Session, name: Option<String>, stay: bool) -> RoomId {
    let current = session.member.as_ref().map(|member| member.room.id());
    match (name, current) {
        (Some(name), _) => RoomId::from(name.as_str()),
        (None, Some(current)) if stay => current.clone(),
        (None, _) => RoomId::from(RoomId::DEFAULT),
    }
}

/// Enters a room. Asking again for the room one is in gets the same answer again.
pub(super) async fn join(session: &mut Session, join: Join) -> Result<Reply, ApiError> {
    let id = &named(session, join.room, join.stay);
    if let Some(member) = &mut session.member {
        if member.room.id() != id {
            return Err(RoomError::AlreadyJoined.into());
        }
        let joined = member.room.rejoin(&session.id)?;
        if session.dialect.lists_at_join {
            member.listed = joined.made;
        }
        return reply(session, &joined, false);
    }
    session.registry().check_entry(id)?;
    session.enter(id)?;
    if let Some(token) = join.resume_token
        && let Some(resumed) = session.registry().resume(id, &token)
    {
        return resume(session, resumed);
    }
    let (peer, events) = new_peer(session, join.display_name);
    let display_name = peer.display_name.clone();
    let (room, joined) = session.registry().join(id, peer).await?;
    let listed = if session.dialect.lists_at_join {
        joined.made
    } else {
        0
    };
    session.settle(Member {
        room,
        events,
        display_name,
        listed,
        epoch: 0,
    });
    reply(session, &joined, false)
}

/// Is an earlier peer again.
fn resume(session: &mut Session, resumed: Resumed) -> Result<Reply, ApiError> {
    session.id = resumed.peer;
    session.settle(Member {
        room: resumed.room,
        events: resumed.events,
        display_name: resumed.display_name,
        listed: resumed.joined.made,
        epoch: resumed.epoch,
    });
    reply(session, &resumed.joined, true)
}

/// Lists more of the others than the join did.
pub(super) fn more_peers(session: &Session, after: u64) -> Result<Reply, ApiError> {
    let page = session.member()?.room.more_peers(&session.id, after)?;
    Ok(Reply::MorePeers {
        peers: page.peers.iter().map(peer).collect(),
        more_peers: page.more,
    })
}

/// Leaves the room; without one, nothing happens.
pub(super) fn leave(session: &mut Session) -> Result<Reply, ApiError> {
    session.leave();
    Ok(Reply::Left)
}

/// Whether a room of this name is open.
pub(super) fn exists(session: &Session, name: String) -> Result<Reply, ApiError> {
    session.pass.check(Wanted::Join(&name))?;
    let exists = session
        .registry()
        .room(&RoomId::from(name.as_str()))
        .is_some();
    Ok(Reply::RoomExists { name, exists })
}

/// Lists the others.
pub(super) fn peers(session: &Session) -> Result<Reply, ApiError> {
    let peers = session.member()?.room.peers(&session.id)?;
    Ok(Reply::Peers(peers.iter().map(peer).collect()))
}

/// What the client's room can receive.
pub(super) fn rtp_capabilities(session: &Session) -> Result<Reply, ApiError> {
    let capabilities = session.member()?.room.rtp_capabilities(&session.id)?;
    Ok(Reply::RtpCapabilities((*capabilities).clone()))
}

/// Panics the worker of the client's room.
#[cfg(feature = "fault-injection")]
pub(super) fn panic_worker(session: &Session) -> Result<Reply, ApiError> {
    let worker = session.member()?.room.worker().unwrap_or_default();
    session.registry().pool().inject_panic(worker);
    Ok(Reply::Done)
}

/// Keeps the worker of the client's room busy for this time, else for longer than any acknowledgement
/// may take.
#[cfg(feature = "fault-injection")]
pub(super) fn stall_worker(
    session: &Session,
    time: Option<std::time::Duration>,
) -> Result<Reply, ApiError> {
    let worker = session.member()?.room.worker().unwrap_or_default();
    let longer = session.shared.config.ack_deadline + std::time::Duration::from_secs(2);
    session
        .registry()
        .pool()
        .inject_stall(worker, time.unwrap_or(longer));
    Ok(Reply::Done)
}

fn new_peer(session: &Session, display_name: Option<String>) -> (NewPeer, EventReceiver) {
    let (sender, events) = session.registry().event_queue();
    let dialect = session.dialect;
    let peer = NewPeer {
        id: session.id.clone(),
        display_name: display_name.map(Into::into),
        dialect: dialect.label(),
        profile: match dialect {
            dialect if dialect.full_header_extensions => Profile::Full,
            dialect if dialect.without_mid => Profile::CompatWithoutMid,
            _ => Profile::Compat,
        },
        hears: match dialect.hears {
            request::Hears::FromJoin => Hears::FromJoin,
            request::Hears::OnceReady => Hears::OnceReady,
            request::Hears::OnceReceiving => Hears::OnceReceiving,
            request::Hears::OnceAsked => Hears::OnceAsked,
        },
        public: dialect.public,
        pages: dialect.pages_peers,
        resumes: dialect.resumes,
        watches: false,
        announced: true,
        max_consumers: None,
        events: sender,
    };
    (peer, events)
}

fn reply(session: &Session, joined: &Joined, resumed: bool) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let token = room.resume_token(&session.id)?;
    let own = room.own(&session.id)?;
    Ok(Reply::Joined {
        rtp_capabilities: (*joined.rtp_capabilities).clone(),
        peer: session.id.to_string(),
        room: room.id().as_str().to_owned(),
        peers: joined.others.peers.iter().map(peer).collect(),
        more_peers: joined.others.more,
        resume: request::Resume {
            token: token.map(|token| token.as_str().to_owned()),
            resumed,
            own: request::Own {
                transports: own.transports.into_iter().map(|id| id.0).collect(),
                producers: own.producers.into_iter().map(|id| id.0).collect(),
                consumers: own.consumers.into_iter().map(|id| id.0).collect(),
            },
        },
    })
}

fn peer(info: &PeerInfo) -> PeerEntry {
    PeerEntry {
        peer: info.id.to_string(),
        display_name: notify::name(info.display_name.as_deref()),
        sends: info.sends,
        producers: info.producers.iter().map(notify::entry).collect(),
    }
}
