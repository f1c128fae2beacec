//! Who watches: guests by the transport they were given, or by who asked. Bounded by the number of
//! guests there may be, twice, since whoever is gone is forgotten as the list grows.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Query},
    http::{HeaderValue, header::USER_AGENT, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::room::{Guest, RoomError, RoomId, TransportId};

/// Somebody who names nothing: all pages of one browser at one address that watch one room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Watcher {
    pub(super) address: IpAddr,
    /// Of the browser's name, which may be long.
    agent: u64,
    pub(super) room: RoomId,
}

/// Which room, where the address does not say.
#[derive(Deserialize)]
struct Asked {
    room: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let remote = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let ConnectInfo(remote) = remote.map_err(IntoResponse::into_response)?;
        let asked = Query::<Asked>::from_request_parts(parts, state).await;
        let Query(asked) = asked.map_err(IntoResponse::into_response)?;
        let mut hasher = DefaultHasher::new();
        let agent = parts.headers.get(USER_AGENT).map(HeaderValue::as_bytes);
        agent.unwrap_or_default().hash(&mut hasher);
        Ok(Self {
            address: remote.ip(),
            agent: hasher.finish(),
            room: RoomId::from(asked.room.as_deref().unwrap_or(RoomId::DEFAULT)),
        })
    }
}

type Turn = tokio::sync::Mutex<()>;

/// Everybody who watches.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    watchers: HashMap<Watcher, Guest>,
    transports: HashMap<TransportId, Guest>,
    /// Who becomes a watcher just now, each in turn.
    turns: HashMap<Watcher, Arc<Turn>>,
    /// So many entries are looked through for those who are gone.
    full: usize,
}

impl Known {
    fn turn_of(&mut self, watcher: &Watcher) -> Arc<Turn> {
        // Kept while somebody has it or waits for it: as many as there are requests under way.
        self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        let turn = self.turns.entry(watcher.clone()).or_default();
        Arc::clone(turn)
    }

    fn tidy(&mut self) {
        if self.watchers.len() + self.transports.len() < self.full {
            return;
        }
        self.watchers.retain(|_, guest| guest.is_present());
        self.transports.retain(|_, guest| guest.is_present());
        self.full = 64.max(2 * (self.watchers.len() + self.transports.len()));
    }
}

impl Watchers {
    /// Waits until nobody becomes the same watcher; who becomes another is not waited for.
    pub(super) async fn turn(&self, watcher: &Watcher) -> OwnedMutexGuard<()> {
        let turn = self.known().turn_of(watcher);
        turn.lock_owned().await
    }

    /// The guest of somebody who names nothing.
    pub(super) fn of(&self, watcher: &Watcher) -> Option<Guest> {
        let guest = self.known().watchers.get(watcher).cloned();
        guest.filter(Guest::is_present)
    }

    /// The same, who must be there.
    pub(super) fn known_as(&self, watcher: &Watcher) -> Result<Guest, RoomError> {
        self.of(watcher).ok_or(RoomError::NotFound("transport"))
    }

    pub(super) fn keep(&self, watcher: Watcher, guest: Guest) {
        let mut known = self.known();
        known.tidy();
        known.watchers.insert(watcher, guest);
    }

    pub(super) fn keep_by_transport(&self, transport: TransportId, guest: Guest) {
        let mut known = self.known();
        known.tidy();
        known.transports.insert(transport, guest);
    }

    /// The guest a transport was given to that is of this stream, as its name stands in an address.
    pub(super) fn by_transport(
        &self,
        text: &str,
        stream: &str,
    ) -> Result<(Guest, TransportId), RoomError> {
        let id = Uuid::parse_str(text).map(TransportId);
        let id = id.map_err(|_| RoomError::NotFound("transport"))?;
        let guest = self.known().transports.get(&id).cloned();
        let guest = guest.filter(|it| it.is_present() && it.room.id().as_str() == stream);
        Ok((guest.ok_or(RoomError::NotFound("transport"))?, id))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn only_who_is_the_same_watcher_is_waited_for() {
        let watchers = Watchers::default();
        let of = |room: &str| Watcher {
            address: Ipv4Addr::LOCALHOST.into(),
            agent: 1,
            room: RoomId::from(room),
        };
        let first = watchers.turn(&of("stage")).await;
        let other = watchers.turn(&of("den")).await;
        assert!(watchers.turn(&of("stage")).now_or_never().is_none());
        drop(first);
        let next = watchers.turn(&of("stage")).now_or_never();
        assert!(next.is_some());
        drop((next, other));
        let _last = watchers.turn(&of("hall")).await;
        assert_eq!(watchers.known().turns.len(), 1, "nobody is remembered");
    }
}
