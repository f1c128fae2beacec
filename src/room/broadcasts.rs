//! Broadcasts: a secret id to publish under, another to watch by, and who publishes now. An id
//! outlives what is published under it.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use super::{Guest, MaxConsumers, PeerId, RoomId};
use crate::config::{BroadcastConfig, Live};

/// What publishes under a broadcast id now, as its viewers follow it.
#[derive(Clone, Debug, Default)]
pub struct Publisher(Arc<Mutex<Option<Publishing>>>);

/// Who publishes, and since when.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// Its peer.
    pub guest: Guest,
    /// When it began.
    pub since: SystemTime,
}

impl Publisher {
    /// Its peer.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        self.now().map(|publishing| publishing.guest.id)
    }

    /// Who it is, while it is in the room.
    #[must_use]
    pub fn now(&self) -> Option<Publishing> {
        let publishing = self.current().clone();
        publishing.filter(|publishing| publishing.guest.is_present())
    }

    /// Puts another in its place, and returns the one before.
    pub fn replace(&self, guest: Guest) -> Option<Publishing> {
        let since = SystemTime::now();
        self.current().replace(Publishing { guest, since })
    }

    /// Whether it is this peer, there or not.
    #[must_use]
    pub fn is(&self, peer: &PeerId) -> bool {
        let current = self.current();
        current.as_ref().is_some_and(|now| now.guest.id == *peer)
    }

    /// It has left: nothing of it, nor of its room, is kept. Whoever took its place stays.
    pub fn leave(&self, peer: &PeerId) {
        self.current().take_if(|now| now.guest.id == *peer);
    }

    /// Puts the one before in its place again.
    pub fn restore(&self, before: Option<Publishing>) {
        let guest = before.as_ref().map(|before| before.guest.clone());
        *self.current() = before;
        if let Some(gone) = guest.filter(|guest| !guest.is_present()) {
            self.leave(&gone.id);
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<Publishing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A broadcast.
#[derive(Debug)]
pub struct Broadcast {
    /// Who knows it may publish.
    pub id: BroadcastId,
    /// Who knows it may watch. It says nothing of the other.
    pub view_id: ViewId,
    /// Where it happens.
    pub room: RoomId,
    /// How many may watch, if not as in any room.
    pub max_consumers: Option<MaxConsumers>,
    /// Who publishes.
    pub publisher: Publisher,
    last_used: Mutex<SystemTime>,
    expiry: Duration,
    /// Whether anything was ever published.
    used: AtomicBool,
    removed: AtomicBool,
}

impl Broadcast {
    /// When its id is good no more if nothing is published until then.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        let mut last_used = self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.publisher.now().is_some() {
            *last_used = SystemTime::now();
        }
        *last_used + self.expiry
    }

    /// It is published under, or was until now.
    pub fn touch(&self) {
        self.used.store(true, Ordering::Relaxed);
        let mut last_used = self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last_used = SystemTime::now();
    }

    /// Whether its ids were ended.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    fn is_good(&self) -> bool {
        !self.is_removed() && self.expires_at() > SystemTime::now()
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            fn new() -> Self {
                // 122 random bits, from the operating system.
                let random = uuid::Uuid::new_v4().simple();
                Self(format!(concat!($prefix, "{}"), random).into())
            }

            /// Whether a text has the shape of one: such texts are never taken for room names.
            #[must_use]
            pub fn is_one(text: &str) -> bool {
                let rest = text.strip_prefix($prefix);
                rest.is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            /// Not in any log.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// The secret of whoever broadcasts.
    BroadcastId, "b-"
}

secret! {
    /// What viewers are told.
    ViewId, "v-"
}

/// Every broadcast of this server.
#[derive(Debug)]
pub struct Broadcasts {
    config: Live<BroadcastConfig>,
    all: Mutex<All>,
    ending: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct All {
    by_id: HashMap<Arc<str>, Arc<Broadcast>>,
    by_view: HashMap<Arc<str>, Arc<Broadcast>>,
}

impl Broadcasts {
    /// None yet.
    #[must_use]
    pub fn new(config: BroadcastConfig) -> Arc<Self> {
        Arc::new(Self {
            config: Live::new(config),
            all: Mutex::default(),
            ending: watch::Sender::new(false),
        })
    }

    /// The server is about to end: whoever follows what happens need not wait.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Completes when the server is about to end.
    pub async fn ending(&self) {
        let mut ending = self.ending.subscribe();
        // Nobody can end it any more: then it has ended.
        let _ = ending.wait_for(|ending| *ending).await;
    }

    /// What the server was told about them.
    #[must_use]
    pub fn config(&self) -> Arc<BroadcastConfig> {
        self.config.get()
    }

    /// What it is told from now on.
    pub fn reload(&self, config: BroadcastConfig) {
        self.config.set(config);
    }

    /// A new one, in this room or one of its own; none when there are too many.
    #[must_use]
    pub fn create(
        &self,
        room: Option<RoomId>,
        max_consumers: Option<MaxConsumers>,
    ) -> Option<Arc<Broadcast>> {
        let config = self.config.get();
        let view_id = ViewId::new();
        let broadcast = Arc::new(Broadcast {
            room: room.unwrap_or_else(|| RoomId::from(view_id.as_str())),
            id: BroadcastId::new(),
            view_id,
            max_consumers,
            publisher: Publisher::default(),
            last_used: Mutex::new(SystemTime::now()),
            expiry: config.expiry,
            used: AtomicBool::new(false),
            removed: AtomicBool::new(false),
        });
        let mut all = self.all();
        if all.by_id.len() >= config.broadcasts {
            all.tidy();
        }
        if all.by_id.len() >= config.broadcasts {
            // Ids that were never used go first, so that whoever asks for many keeps nobody out.
            all.remove_oldest_unused();
        }
        if all.by_id.len() >= config.broadcasts {
            return None;
        }
        let (id, view) = (&broadcast.id.0, &broadcast.view_id.0);
        all.by_view.insert(view.clone(), broadcast.clone());
        all.by_id.insert(id.clone(), broadcast.clone());
        Some(broadcast)
    }

    /// How many are good.
    #[must_use]
    pub fn count(&self) -> usize {
        let all = self.all();
        all.by_id.values().filter(|one| one.is_good()).count()
    }

    /// The one to publish under this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<Arc<Broadcast>> {
        let found = self.all().by_id.get(id).cloned();
        found.filter(|broadcast| broadcast.is_good())
    }

    /// The one to watch by this id.
    #[must_use]
    pub fn by_view(&self, id: &str) -> Option<Arc<Broadcast>> {
        let found = self.all().by_view.get(id).cloned();
        found.filter(|broadcast| broadcast.is_good())
    }

    /// Every one whose ids are good.
    #[must_use]
    pub fn all_good(&self) -> Vec<Arc<Broadcast>> {
        let all: Vec<_> = self.all().by_id.values().cloned().collect();
        all.into_iter().filter(|one| one.is_good()).collect()
    }

    /// Ends an id for good.
    pub fn remove(&self, broadcast: &Broadcast) {
        broadcast.removed.store(true, Ordering::Release);
        let mut all = self.all();
        all.by_id.remove(&broadcast.id.0);
        all.by_view.remove(&broadcast.view_id.0);
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn remove_oldest_unused(&mut self) {
        let all = self.by_id.values();
        let unused = all.filter(|one| !one.used.load(Ordering::Relaxed));
        let Some(oldest) = unused.min_by_key(|one| one.expires_at()).cloned() else {
            return;
        };
        self.by_id.remove(&oldest.id.0);
        self.by_view.remove(&oldest.view_id.0);
    }

    fn tidy(&mut self) {
        self.by_id.retain(|_, broadcast| broadcast.is_good());
        self.by_view.retain(|_, broadcast| broadcast.is_good());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broadcasts(broadcasts: usize, expiry: Duration) -> Arc<Broadcasts> {
        Broadcasts::new(BroadcastConfig {
            broadcasts,
            expiry,
            ..BroadcastConfig::default()
        })
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn each_id_opens_its_own_door_only() {
        let all = broadcasts(10, HOUR);
        let one = all.create(None, None).unwrap();
        assert!(all.by_id(one.id.as_str()).is_some());
        assert!(all.by_view(one.view_id.as_str()).is_some());
        assert!(all.by_id(one.view_id.as_str()).is_none());
        assert!(all.by_view(one.id.as_str()).is_none());
        assert!(BroadcastId::is_one(one.id.as_str()));
        assert!(!BroadcastId::is_one("b-roll"));
        assert!(!format!("{one:?}").contains(one.id.as_str()));
    }

    #[test]
    fn ids_expire_and_give_their_place_back() {
        let all = broadcasts(1, Duration::ZERO);
        let one = all.create(None, None).unwrap();
        assert!(all.by_id(one.id.as_str()).is_none());
        assert!(all.create(None, None).is_some());
    }

    #[test]
    fn ids_never_used_give_way_and_others_do_not() {
        let full = broadcasts(1, HOUR);
        let unused = full.create(None, None).unwrap();
        let used = full.create(None, None).unwrap();
        assert!(full.by_id(unused.id.as_str()).is_none());
        used.touch();
        assert!(full.create(None, None).is_none());
        assert!(full.by_id(used.id.as_str()).is_some());
    }

    #[test]
    fn a_removed_id_is_gone() {
        let all = broadcasts(1, HOUR);
        let one = all.create(None, None).unwrap();
        all.remove(&one);
        assert!(all.by_view(one.view_id.as_str()).is_none());
        assert!(all.create(None, None).is_some());
    }
}
