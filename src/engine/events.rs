//! The events of one router on their way from its worker's thread to its room.
//!
//! Policy when the room reads too slowly: scores and layer changes are dropped (and counted) once
//! `capacity` events wait, since newer ones replace them. State changes are never dropped. When
//! even those pile up to [`ABANDONED`] times the capacity, nobody is reading: the router is closed
//! and the reader told [`RouterEvent::WorkerDied`], which is what a room must survive anyway.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use media::EventKind;
use tokio::sync::mpsc;

use super::slot::RouterTicket;

/// Times the capacity at which a router counts as abandoned.
const ABANDONED: usize = 16;

/// What a room is told of its router.
#[derive(Clone, Debug)]
pub enum RouterEvent {
    /// Something happened in the router. Replies are not among these.
    Media(EventKind),
    /// The router and everything in it is gone, without further events.
    WorkerDied,
}

/// Yields every event of one router; ends after [`RouterEvent::WorkerDied`] or
/// [`EventKind::RouterClosed`].
#[derive(Debug)]
pub struct RouterEvents {
    receiver: mpsc::UnboundedReceiver<RouterEvent>,
    waiting: Arc<AtomicUsize>,
}

impl RouterEvents {
    /// The next event; `None` after the last. Cancel-safe.
    pub async fn next(&mut self) -> Option<RouterEvent> {
        let event = self.receiver.recv().await?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(event)
    }
}

/// The worker's end. Holds the router's place in its worker's load.
#[derive(Debug)]
pub(super) struct EventSender {
    sender: mpsc::UnboundedSender<RouterEvent>,
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    _ticket: RouterTicket,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It waits for the reader, or the reader is gone and does not want it.
    Done,
    /// Dropped: a newer one will say the same.
    Dropped,
    /// Nobody is reading; close the router.
    Abandoned,
}

/// The two ends.
pub(super) fn channel(capacity: usize, ticket: RouterTicket) -> (EventSender, RouterEvents) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let events = RouterEvents {
        receiver,
        waiting: Arc::clone(&waiting),
    };
    let sender = EventSender {
        sender,
        waiting,
        capacity,
        _ticket: ticket,
    };
    (sender, events)
}

impl EventSender {
    /// Delivers by the policy above.
    pub(super) fn send(&self, kind: EventKind) -> Delivery {
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting >= self.capacity && is_replaceable(&kind) {
            return Delivery::Dropped;
        }
        if waiting >= self.capacity * ABANDONED {
            return Delivery::Abandoned;
        }
        self.push(RouterEvent::Media(kind));
        Delivery::Done
    }

    /// The last event of a router whose worker is gone.
    pub(super) fn worker_died(self) {
        self.push(RouterEvent::WorkerDied);
    }

    fn push(&self, event: RouterEvent) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // A reader that is gone wants nothing.
        let _ = self.sender.send(event);
    }
}

fn is_replaceable(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ProducerScore { .. } | EventKind::ConsumerLayersChange { .. }
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use media::{ConsumerId, EventKind};
    use uuid::Uuid;

    use super::*;
    use crate::engine::slot::Slot;

    fn two_waiting_at_most() -> (EventSender, RouterEvents) {
        channel(2, RouterTicket::new(Arc::new(Slot::new(0))))
    }

    fn layers() -> EventKind {
        EventKind::ConsumerLayersChange {
            consumer: ConsumerId(Uuid::nil()),
            layers: None,
        }
    }

    fn paused() -> EventKind {
        EventKind::ConsumerProducerPaused {
            consumer: ConsumerId(Uuid::nil()),
            paused: true,
        }
    }

    #[test]
    fn a_slow_reader_loses_layer_changes_but_no_state() {
        let (sender, _events) = two_waiting_at_most();
        assert_eq!(sender.send(layers()), Delivery::Done);
        assert_eq!(sender.send(layers()), Delivery::Done);
        assert_eq!(sender.send(layers()), Delivery::Dropped);
        assert_eq!(sender.send(paused()), Delivery::Done);
    }

    #[test]
    fn a_router_nobody_reads_is_given_up() {
        let (sender, _events) = two_waiting_at_most();
        for _ in 0..2 * ABANDONED {
            assert_eq!(sender.send(paused()), Delivery::Done);
        }
        assert_eq!(sender.send(paused()), Delivery::Abandoned);
    }

    #[tokio::test]
    async fn reading_makes_room_and_death_is_the_end() {
        let (sender, mut events) = two_waiting_at_most();
        sender.send(layers());
        sender.send(layers());
        assert!(events.next().await.is_some());
        assert_eq!(sender.send(layers()), Delivery::Done);
        sender.worker_died();
        events.next().await;
        events.next().await;
        assert!(matches!(events.next().await, Some(RouterEvent::WorkerDied)));
        assert!(events.next().await.is_none());
    }
}
