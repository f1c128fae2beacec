//! Everything a router writes to while it works, lent to it by its worker for one input.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use super::{ConsumerKey, ProducerKey, RouterKey, TransportKey};
use crate::{
    ConsumerId, Event, EventKind, ProducerId, RouterId, Tally, TransmitBatch, TransportId,
    timer::{Scheduled, TimerQueue},
    web_rtc_server::{Place, WebRtcServer},
};

/// Where a router's output goes.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    /// The router's public name and its key.
    pub(crate) router: (RouterId, RouterKey),
    pub(crate) egress: &'a mut TransmitBatch,
    pub(crate) events: &'a mut EventQueue,
    pub(crate) timers: &'a mut TimerQueue<TimerKey>,
    pub(crate) server: &'a mut WebRtcServer,
    pub(crate) index: &'a mut Index,
    pub(crate) backlog: &'a mut Backlog,
    pub(crate) tally: &'a mut Tally,
}

/// Media that was received and waits for its fan-out.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// The routers it waits in, oldest first.
    pub(crate) routers: VecDeque<RouterKey>,
    /// Datagrams it will become at most.
    pub(crate) datagrams: usize,
}

/// Who is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    Transport(RouterKey, TransportKey),
    Producer(RouterKey, ProducerKey),
    Consumer(RouterKey, ConsumerKey),
}

impl TimerKey {
    /// The router it belongs to.
    pub(crate) fn router(self) -> RouterKey {
        match self {
            Self::Transport(router, _) | Self::Producer(router, _) | Self::Consumer(router, _) => {
                router
            }
        }
    }
}

/// Public names → keys, for everything in a worker.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) routers: HashMap<RouterId, RouterKey>,
    pub(crate) transports: HashMap<TransportId, Place>,
    pub(crate) producers: HashMap<ProducerId, (RouterKey, ProducerKey)>,
    pub(crate) consumers: HashMap<ConsumerId, (RouterKey, ConsumerKey)>,
}

/// Events waiting for the shell.
#[derive(Debug)]
pub(crate) struct EventQueue {
    queue: VecDeque<Event>,
    capacity: usize,
}

impl EventQueue {
    /// A queue that drops what only informs once `capacity` events wait.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            capacity,
        }
    }

    /// Adds an event. Replies and closings are never dropped: their number is bounded by commands
    /// and entities, not by what the network sends.
    pub(crate) fn push(&mut self, event: Event) {
        if self.queue.len() < self.capacity || !informs_only(&event.kind) {
            self.queue.push_back(event);
        }
    }

    /// The oldest event.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.queue.pop_front()
    }
}

fn informs_only(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ProducerScore { .. }
            | EventKind::ConsumerLayersChange { .. }
            | EventKind::IceStateChange { .. }
            | EventKind::DtlsStateChange { .. }
    )
}

impl Outlet<'_> {
    /// Tells the control side.
    pub(crate) fn emit(&mut self, kind: EventKind) {
        self.events.push(Event {
            router: Some(self.router.0),
            kind,
        });
    }

    /// Wakes a transport.
    pub(crate) fn wake_transport(
        &mut self,
        slot: &mut Scheduled,
        at: Option<Instant>,
        key: TransportKey,
    ) {
        self.timers
            .schedule(slot, at, TimerKey::Transport(self.router.1, key));
    }

    /// Wakes a producer.
    pub(crate) fn wake_producer(
        &mut self,
        slot: &mut Scheduled,
        at: Option<Instant>,
        key: ProducerKey,
    ) {
        self.timers
            .schedule(slot, at, TimerKey::Producer(self.router.1, key));
    }

    /// Wakes a consumer.
    pub(crate) fn wake_consumer(
        &mut self,
        slot: &mut Scheduled,
        at: Option<Instant>,
        key: ConsumerKey,
    ) {
        self.timers
            .schedule(slot, at, TimerKey::Consumer(self.router.1, key));
    }
}
