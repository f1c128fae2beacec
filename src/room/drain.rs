//! Going down well: no new rooms, everybody told, an end when the last peer has left or time is up.
//! Closes nothing itself.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{Registry, RoomEvent};

/// How often a draining server looks whether everybody has left.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the server is going down, and until when it waits.
#[derive(Debug)]
pub(super) struct Drain {
    until: watch::Sender<Option<Instant>>,
}

impl Drain {
    pub(super) fn new() -> Self {
        let (until, _) = watch::channel(None);
        Self { until }
    }
}

impl Registry {
    /// Takes no new rooms from now on, and tells everybody how long theirs last. False when that had
    /// begun before: the first deadline counts.
    pub fn drain(&self) -> bool {
        let patience = self.config.get().drain_timeout;
        let deadline = Instant::now() + patience;
        let begins = self.drain.until.send_if_modified(|until| {
            let begins = until.is_none();
            until.get_or_insert(deadline);
            begins
        });
        if !begins {
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
        true
    }

    /// Whether the server is going down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain.until.borrow().is_some()
    }

    /// How long a peer that comes now can stay, when the server is going down.
    #[must_use]
    pub fn drains_within(&self) -> Option<Duration> {
        let until = *self.drain.until.borrow();
        until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Completes when a drain has begun and either everybody has left or its time is up.
    pub async fn drained(self: Arc<Self>) {
        let mut until = self.drain.until.subscribe();
        let begun = until.wait_for(Option::is_some).await;
        // The sender lives in the registry, which lives as long as this.
        let Some(deadline) = begun.ok().and_then(|until| *until) else {
            return std::future::pending().await;
        };
        while self.admission.peers() > 0 && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        let left = self.admission.peers();
        tracing::info!(peers = left, "drained");
    }
}
