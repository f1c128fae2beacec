//! What WHIP and WHEP clients are given: a session each, under a name nobody guesses, as long as its
//! guest is there.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION};

use ortc::types::MediaKind;

use super::problem::Problem;
use crate::auth::Tokens;
use crate::config::same_secret;
use crate::room::{Broadcasts, Guest, Registry, TransportInfo, ViewId, Viewer};

/// What the handlers of both protocols share.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    pub(super) registry: Arc<Registry>,
    pub(super) broadcasts: Arc<Broadcasts>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) sessions: Arc<Sessions>,
    /// Whether connections are encrypted.
    pub(super) secure: bool,
}

/// A session of a client.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) guest: Guest,
    pub(super) transport: TransportInfo,
    /// Of a WHEP session.
    pub(super) viewer: Option<Viewer>,
    /// Of one that watches a broadcast.
    pub(super) view_id: Option<ViewId>,
    /// Media sections by which its client names what it receives.
    pub(super) mids: Vec<(MediaKind, String)>,
    /// Of the section whose transport all share, in a fragment.
    pub(super) head: String,
    /// The client's ICE session.
    pub(super) username_fragment: String,
    /// What it showed at the start, and shows again.
    pub(super) authorization: Option<HeaderValue>,
}

impl Session {
    /// The name of the section that carries this.
    pub(super) fn mid(&self, kind: MediaKind) -> Option<&str> {
        let mut mids = self.mids.iter();
        mids.find(|(of, _)| *of == kind)
            .map(|(_, mid)| mid.as_str())
    }

    /// Names our side of its ICE session (RFC 9725 §4.3.1).
    pub(super) fn entity_tag(&self) -> String {
        format!("\"{}\"", self.transport.ice_parameters.username_fragment)
    }
}

/// Every session.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    live: HashMap<String, Session>,
    /// The latest that ended: ending one twice is no error.
    ended: VecDeque<Ended>,
}

/// What is remembered of a session.
#[derive(Debug)]
struct Ended {
    name: String,
    /// Why its viewer is gone, unless by its own wish.
    why: Option<&'static str>,
}

/// Ended sessions that are remembered.
const ENDED: usize = 4096;

impl Sessions {
    /// Keeps a session until its guest is gone, and names it.
    pub(super) fn keep(self: &Arc<Self>, session: Session) -> String {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let (sessions, gone, ends) = (Arc::clone(self), session.guest.gone(), name.clone());
        self.all().live.insert(name.clone(), session);
        tokio::spawn(async move {
            gone.await;
            sessions.all().end(&ends);
        });
        name
    }

    /// The session of this name, for whoever shows what was shown at its start.
    pub(super) fn find(&self, name: &str, headers: &HeaderMap) -> Result<Session, Problem> {
        let session = self.known(name)?;
        check(&session, headers)?;
        let present = session.guest.is_present();
        let gone = Problem::not_found("the session has ended");
        present.then_some(session).ok_or(gone)
    }

    /// The session of this name, whoever asks.
    pub(super) fn known(&self, name: &str) -> Result<Session, Problem> {
        let session = self.all().live.get(name).cloned();
        session.ok_or(Problem::not_found("there is no such session"))
    }

    /// Why the viewer of a session is gone that ended a short while ago.
    pub(super) fn why_ended(&self, name: &str) -> Option<&'static str> {
        let known = self.all();
        let mut ended = known.ended.iter();
        ended.find(|ended| ended.name == name)?.why
    }

    /// Takes a session out; none if it has ended before.
    pub(super) fn end(&self, name: &str, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
        let mut known = self.all();
        let Some(session) = known.live.get(name) else {
            let ended = known.ended.iter().any(|ended| ended.name == name);
            let unknown = Problem::not_found("there is no such session");
            return if ended { Ok(None) } else { Err(unknown) };
        };
        check(session, headers)?;
        Ok(known.end(name))
    }

    /// Everybody who watches a broadcast.
    pub(super) fn viewers(&self, view_id: &ViewId) -> Vec<Guest> {
        let all = self.all();
        let watching = all.live.values();
        let watching = watching.filter(|session| session.view_id.as_ref() == Some(view_id));
        watching.map(|session| session.guest.clone()).collect()
    }

    /// How many publish, and how many watch.
    pub(super) fn counts(&self) -> (usize, usize) {
        let all = self.all();
        let present = all.live.values().filter(|one| one.guest.is_present());
        let (viewers, publishers): (Vec<_>, Vec<_>) =
            present.partition(|session| session.viewer.is_some());
        (publishers.len(), viewers.len())
    }

    /// Notes that a session's ICE was restarted.
    pub(super) fn restarted(&self, name: &str, session: Session) {
        if let Some(known) = self.all().live.get_mut(name) {
            *known = session;
        }
    }

    fn all(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(session: &Session, headers: &HeaderMap) -> Result<(), Problem> {
    let (known, shown) = (session.authorization.as_ref(), headers.get(AUTHORIZATION));
    let same =
        |known: &HeaderValue, shown: &HeaderValue| same_secret(known.as_bytes(), shown.as_bytes());
    if known.is_some_and(|known| !shown.is_some_and(|shown| same(known, shown))) {
        return Err(match shown {
            None => Problem::unauthorized("show the token the session was made with"),
            Some(_) => Problem::new(StatusCode::FORBIDDEN, "the session is another's"),
        });
    }
    Ok(())
}

impl Known {
    /// Takes a session out, once.
    fn end(&mut self, name: &str) -> Option<Session> {
        let session = self.live.remove(name)?;
        if self.ended.len() == ENDED {
            self.ended.pop_front();
        }
        let viewer = session.viewer.as_ref();
        self.ended.push_back(Ended {
            name: name.to_owned(),
            why: viewer.and_then(|viewer| viewer.state().borrow().ended),
        });
        Some(session)
    }
}
