//! What outlives the threads of one worker's place: its state, load, counters, and the way to the
//! thread that lives there now. Decides nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use utoipa::ToSchema;

use super::{clock, link::Link, readings::Readings};

/// A worker that has work and does not come round for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(2);

/// One worker's place.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its number, from 0.
    pub(super) index: usize,
    /// Set once, when the server stops.
    pub(super) stopping: AtomicBool,
    /// Routers alive or being made.
    pub(super) routers: AtomicUsize,
    /// Transports alive.
    pub(super) transports: AtomicUsize,
    /// Threads that died here.
    pub(super) deaths: AtomicU64,
    /// Events dropped because their reader was slow.
    pub(super) events_dropped: AtomicU64,
    /// Counters of the sockets, all threads that lived here together.
    pub(super) udp: Mutex<UdpStatus>,
    /// What the threads that lived here measured.
    pub(super) readings: Mutex<Readings>,
    state: AtomicU8,
    idle: AtomicBool,
    turn_ms: AtomicU64,
    since: Instant,
    link: Mutex<Option<Arc<Link>>>,
    ports: Mutex<Vec<u16>>,
}

/// How a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkerState {
    /// Forwarding.
    Running,
    /// Its thread died; a replacement is on its way.
    Restarting,
    /// It has work and did not come round for 2 s.
    Stuck,
    /// It died too often, or cannot be started again. It gets no new routers.
    Bad,
}

/// One worker at a glance.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatus {
    /// Its number, from 0.
    pub index: usize,
    /// Its UDP ports, one per media address.
    pub ports: Vec<u16>,
    /// Routers alive or being made.
    pub routers: usize,
    /// Transports alive.
    pub transports: usize,
    /// How it is.
    pub state: WorkerState,
    /// Times its thread died and was replaced.
    pub restarts: u64,
    /// Events dropped because their reader was slow.
    pub events_dropped: u64,
    /// What its sockets did.
    pub udp: UdpStatus,
}

/// Counters of a worker's sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UdpStatus {
    /// Datagrams received.
    pub received: u64,
    /// Datagrams received that are too long to be media.
    pub too_long: u64,
    /// Errors the system reported on receiving.
    pub receive_errors: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams dropped because the system took nothing for too long.
    pub send_dropped: u64,
    /// Datagrams the system refused: no route, peer gone.
    pub send_refused: u64,
    /// Whether datagrams to one destination leave as one message (segmentation offload).
    pub offload: bool,
    /// The smallest of the system's buffers for these sockets, bytes.
    pub kernel_buffer: usize,
}

const RUNNING: u8 = 0;
const RESTARTING: u8 = 1;
const BAD: u8 = 2;

impl Slot {
    /// A place nobody lives in yet.
    pub(super) fn new(index: usize) -> Self {
        Self {
            index,
            stopping: AtomicBool::new(false),
            routers: AtomicUsize::new(0),
            transports: AtomicUsize::new(0),
            deaths: AtomicU64::new(0),
            events_dropped: AtomicU64::new(0),
            udp: Mutex::default(),
            readings: Mutex::default(),
            state: AtomicU8::new(RESTARTING),
            idle: AtomicBool::new(true),
            turn_ms: AtomicU64::new(0),
            since: clock::now(),
            link: Mutex::new(None),
            ports: Mutex::default(),
        }
    }

    /// A thread moved in.
    pub(super) fn occupy(&self, link: Arc<Link>, ports: Vec<u16>) {
        *lock(&self.ports) = ports;
        *lock(&self.link) = Some(link);
        self.state.store(RUNNING, Ordering::Release);
    }

    /// The thread is gone; `for_good` when there will be no other.
    pub(super) fn vacate(&self, for_good: bool) {
        *lock(&self.link) = None;
        lock(&self.readings).settle();
        self.transports.store(0, Ordering::Relaxed);
        self.idle.store(true, Ordering::Release);
        let state = if for_good { BAD } else { RESTARTING };
        self.state.store(state, Ordering::Release);
    }

    /// The way to the thread that lives here now.
    pub(super) fn link(&self) -> Option<Arc<Link>> {
        lock(&self.link).clone()
    }

    /// Ports of the thread that lives here, or of the last one.
    pub(super) fn ports(&self) -> Vec<u16> {
        lock(&self.ports).clone()
    }

    /// The thread comes round: it has work from now on.
    pub(super) fn turn(&self, now: Instant) {
        let ms = now.saturating_duration_since(self.since).as_millis();
        self.turn_ms
            .store(u64::try_from(ms).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.idle.store(false, Ordering::Release);
    }

    /// The thread is about to wait for work.
    pub(super) fn rest(&self) {
        self.idle.store(true, Ordering::Release);
    }

    /// How the worker is at `now`.
    pub(super) fn state(&self, now: Instant) -> WorkerState {
        match self.state.load(Ordering::Acquire) {
            RUNNING if self.is_stuck(now) => WorkerState::Stuck,
            RUNNING => WorkerState::Running,
            RESTARTING => WorkerState::Restarting,
            _ => WorkerState::Bad,
        }
    }

    fn is_stuck(&self, now: Instant) -> bool {
        let turn = self.since + Duration::from_millis(self.turn_ms.load(Ordering::Relaxed));
        !self.idle.load(Ordering::Acquire) && now.saturating_duration_since(turn) > STUCK_AFTER
    }

    /// The worker at a glance.
    pub(super) fn status(&self, now: Instant) -> WorkerStatus {
        WorkerStatus {
            index: self.index,
            ports: self.ports(),
            routers: self.routers.load(Ordering::Relaxed),
            transports: self.transports.load(Ordering::Relaxed),
            state: self.state(now),
            restarts: self.deaths.load(Ordering::Relaxed),
            events_dropped: self.events_dropped.load(Ordering::Relaxed),
            udp: *lock(&self.udp),
        }
    }
}

/// A router's place in its worker's load; given back when dropped.
#[derive(Debug)]
pub(super) struct RouterTicket(Arc<Slot>);

impl RouterTicket {
    /// Counts one router more.
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        slot.routers.fetch_add(1, Ordering::Relaxed);
        Self(slot)
    }
}

impl Drop for RouterTicket {
    fn drop(&mut self) {
        self.0.routers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Locks; what a panicked thread left behind is whole, since every write here is one assignment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_with_work_that_does_not_come_round_is_stuck() {
        let slot = Slot::new(0);
        slot.state.store(RUNNING, Ordering::Release);
        let start = slot.since;
        slot.turn(start + Duration::from_secs(10));
        assert_eq!(
            slot.state(start + Duration::from_secs(11)),
            WorkerState::Running
        );
        assert_eq!(
            slot.state(start + Duration::from_secs(13)),
            WorkerState::Stuck
        );
        slot.rest();
        assert_eq!(
            slot.state(start + Duration::from_secs(99)),
            WorkerState::Running
        );
    }

    #[test]
    fn a_ticket_is_given_back() {
        let slot = Arc::new(Slot::new(0));
        let ticket = RouterTicket::new(Arc::clone(&slot));
        assert_eq!(slot.routers.load(Ordering::Relaxed), 1);
        drop(ticket);
        assert_eq!(slot.routers.load(Ordering::Relaxed), 0);
    }
}
