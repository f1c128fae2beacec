//! Going down well: no new rooms, everybody told, an end when the last peer has left or time is up.
//! Closes nothing itself.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{Registry, RoomEvent};

/// How often a draining server looks whether everybody has left.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the server is going down, and until when it waits.
#[derive(Debug)]
pub(super) struct Drain {
    until: OnceLock<Instant>,
    /// Whether everybody was told: nothing ends before.
    told: watch::Sender<bool>,
}

impl Drain {
    pub(super) fn new() -> Self {
        let (told, _) = watch::channel(false);
        Self {
            until: OnceLock::new(),
            told,
        }
    }
}

impl Registry {
    /// Takes no new rooms from now on, and tells everybody how long theirs last. False when that had
    /// begun before: the first deadline counts.
    pub fn drain(&self) -> bool {
        let patience = self.config.get().drain_timeout;
        if self.drain.until.set(Instant::now() + patience).is_err() {
            return false;
        }
        let rooms = self.all();
        tracing::info!(
            rooms = rooms.len(),
            peers = self.admission.peers(),
            seconds = patience.as_secs(),
            "draining: no new rooms"
        );
        for room in rooms {
            room.tell_all(&RoomEvent::ServerDraining { within: patience });
        }
        self.drain.told.send_replace(true);
        true
    }

    /// Whether the server is going down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain.until.get().is_some()
    }

    /// How long a peer that comes now can stay, when the server is going down.
    #[must_use]
    pub fn drains_within(&self) -> Option<Duration> {
        let until = self.drain.until.get();
        until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Completes when a drain has begun and everybody was told.
    pub async fn draining(&self) {
        let mut told = self.drain.told.subscribe();
        // The sender lives in the registry, which lives as long as this: it is no error.
        let _ = told.wait_for(|told| *told).await;
    }

    /// Completes when a drain has begun and either everybody has left or its time is up.
    pub async fn drained(self: Arc<Self>) {
        self.draining().await;
        let until = self.drain.until.get();
        let is_early = || until.is_some_and(|at| Instant::now() < *at);
        while self.admission.peers() > 0 && is_early() {
            tokio::time::sleep(LOOK).await;
        }
        let left = self.admission.peers();
        tracing::info!(peers = left, "drained");
    }
}
