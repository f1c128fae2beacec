//! The bounded queue between a room and one of its peers. A peer has one as long as it is in the
//! room and is told something a few times a minute: it takes no memory while it is empty, which
//! the channels of the runtime do, for 32 messages each. Never waits to put something in.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::RoomEvent;

/// A queue of at most `limit` events. Dropping either end closes it.
pub(super) fn event_queue(limit: usize) -> (EventSender, EventReceiver) {
    let shared = Arc::new(Shared {
        limit,
        queue: Mutex::default(),
        changed: Notify::new(),
    });
    (EventSender(Arc::clone(&shared)), EventReceiver(shared))
}

/// The room's end.
#[derive(Debug)]
pub struct EventSender(Arc<Shared>);

/// The peer's end.
#[derive(Debug)]
pub struct EventReceiver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    queue: Mutex<Queue>,
    /// There is one receiver: a permit that is left over tells it of what it did not see.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    /// Shared with the other peers that wait for the same.
    events: VecDeque<Arc<RoomEvent>>,
    closed: bool,
}

/// The peer is too far behind, or gone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Behind;

impl EventSender {
    /// Puts an event in, if there is room.
    pub(super) fn send(&self, event: impl Into<Arc<RoomEvent>>) -> Result<(), Behind> {
        let mut queue = self.0.queue();
        if queue.closed || queue.events.len() >= self.0.limit {
            return Err(Behind);
        }
        queue.events.push_back(event.into());
        drop(queue);
        self.0.changed.notify_one();
        Ok(())
    }
}

impl EventReceiver {
    /// The next event; none once the room has dropped its end and everything was taken out.
    /// Nothing is lost when the call is given up.
    pub async fn recv(&mut self) -> Option<RoomEvent> {
        loop {
            {
                let mut queue = self.0.queue();
                if let Some(event) = queue.events.pop_front() {
                    if queue.events.is_empty() {
                        queue.events = VecDeque::new();
                    }
                    return Some(Arc::unwrap_or_clone(event));
                }
                if queue.closed {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        self.0.close();
        self.0.changed.notify_one();
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        self.0.close();
        self.0.queue().events = VecDeque::new();
    }
}

impl Shared {
    fn close(&self) {
        self.queue().closed = true;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::room::PeerId;

    fn left(peer: &str) -> RoomEvent {
        RoomEvent::PeerLeft {
            peer: PeerId::from(peer),
            display_name: None,
        }
    }

    async fn name(receiver: &mut EventReceiver) -> Option<String> {
        match receiver.recv().await? {
            RoomEvent::PeerLeft { peer, .. } => Some(peer.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn events_come_out_in_order_and_a_full_queue_refuses() {
        let (sender, mut receiver) = event_queue(2);
        assert_eq!(sender.send(left("a")), Ok(()));
        assert_eq!(sender.send(left("b")), Ok(()));
        assert_eq!(sender.send(left("c")), Err(Behind));
        assert_eq!(name(&mut receiver).await.as_deref(), Some("a"));
        assert_eq!(sender.send(left("d")), Ok(()));
        assert_eq!(name(&mut receiver).await.as_deref(), Some("b"));
        assert_eq!(name(&mut receiver).await.as_deref(), Some("d"));
    }

    #[tokio::test]
    async fn what_was_sent_before_the_end_is_still_received() {
        let (sender, mut receiver) = event_queue(2);
        assert_eq!(sender.send(left("a")), Ok(()));
        drop(sender);
        assert_eq!(name(&mut receiver).await.as_deref(), Some("a"));
        assert_eq!(name(&mut receiver).await, None);
        assert_eq!(name(&mut receiver).await, None);
    }

    #[tokio::test]
    async fn one_that_waits_is_woken_by_an_event_and_by_the_end() {
        let (sender, mut receiver) = event_queue(2);
        let waiting = tokio::spawn(async move {
            let first = name(&mut receiver).await;
            (first, name(&mut receiver).await)
        });
        tokio::task::yield_now().await;
        assert_eq!(sender.send(left("a")), Ok(()));
        tokio::task::yield_now().await;
        drop(sender);
        assert_eq!(waiting.await.unwrap(), (Some("a".to_owned()), None));
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_loses_nothing() {
        let (sender, mut receiver) = event_queue(2);
        assert!(receiver.recv().now_or_never().is_none());
        assert_eq!(sender.send(left("a")), Ok(()));
        assert!(receiver.recv().now_or_never().flatten().is_some());
        drop(receiver);
        assert_eq!(sender.send(left("b")), Err(Behind));
    }
}
