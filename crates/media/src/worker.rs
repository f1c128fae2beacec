//! A worker: routers, and the tables that lead a datagram or a command to its place.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use slotmap::SlotMap;

use crate::{
    CloseReason, CommandError, Event, EventKind, MediaLimits, Open, RequestId, RouterId, Tally,
    TransmitBatch, Tuple, WorkerConfig, WorkerDump,
    config::{HostCandidate, NtpClock},
    router::{Backlog, EventQueue, Index, Outlet, Router, RouterKey, TimerKey},
    timer::TimerQueue,
    transport::{dtls::DtlsIdentity, ice_lite},
    web_rtc_server::{Place, Protocol, WebRtcServer},
};

/// Bytes of media sealed at a time: what stays in a second-level cache beside the state it came from
/// and the kernel's copies, so that the next portion is written where the last was.
const PORTION: usize = 64 * 1024;

/// Everything one thread forwards.
#[derive(Debug)]
pub struct Worker {
    pub(crate) candidates: Vec<HostCandidate>,
    pub(crate) limits: MediaLimits,
    pub(crate) identity: DtlsIdentity,
    pub(crate) random: fastrand::Rng,
    pub(crate) routers: SlotMap<RouterKey, Router>,
    pub(crate) index: Index,
    pub(crate) server: WebRtcServer,
    timers: TimerQueue<TimerKey>,
    egress: TransmitBatch,
    backlog: Backlog,
    pub(crate) events: EventQueue,
    clock: NtpClock,
    /// The latest `now` ever given.
    now: Instant,
    /// What closed entities counted, and what only the worker counts.
    tally: Tally,
}

/// Why a worker cannot start: its DTLS certificate cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot make the DTLS certificate: {0}")]
pub struct WorkerError(String);

impl Worker {
    /// An empty worker with a certificate of its own.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be made.
    pub fn new(config: &WorkerConfig) -> Result<Self, WorkerError> {
        let seed = config
            .seed
            .first_chunk()
            .copied()
            .map_or(0, u64::from_le_bytes);
        Ok(Self {
            candidates: config.candidates.clone(),
            limits: config.limits.clone(),
            identity: DtlsIdentity::generate().map_err(|error| WorkerError(error.to_string()))?,
            random: fastrand::Rng::with_seed(seed),
            routers: SlotMap::with_key(),
            index: Index::default(),
            server: WebRtcServer::default(),
            timers: TimerQueue::new(),
            egress: TransmitBatch::new(config.limits.transmit_bytes),
            backlog: Backlog::default(),
            events: EventQueue::new(config.limits.events),
            clock: NtpClock::new(config.ntp_epoch),
            now: config.ntp_epoch.0,
            tally: Tally::default(),
        })
    }

    /// Takes one datagram; `bytes` is decrypted in place.
    ///
    /// STUN finds its transport by username fragment; everything else only by a tuple that ICE has
    /// validated, or is dropped.
    pub fn handle_datagram(&mut self, now: Instant, from: Tuple, bytes: &mut [u8]) {
        let now = self.advance(now);
        match Protocol::of(bytes) {
            Protocol::Stun => self.handle_stun(now, from, bytes),
            Protocol::Unknown => self.tally.lost.unknown_protocol += 1,
            protocol => match self.server.by_tuple(&from) {
                None => self.tally.lost.unknown_tuple += 1,
                Some(place) => {
                    let full = self.guarded(now, place, |router, out| {
                        router.handle_datagram((place.1, from), now, protocol, bytes, out);
                        router.is_full()
                    });
                    if full == Some(true) {
                        self.fan_out(usize::MAX);
                    }
                }
            },
        }
    }

    fn handle_stun(&mut self, now: Instant, from: Tuple, bytes: &mut [u8]) {
        let ufrag = ice_lite::request_username(bytes).map(|(ours, _)| ours);
        let Some(place) = ufrag.and_then(|ufrag| self.server.by_ufrag(ufrag)) else {
            self.tally.lost.stun += 1;
            return;
        };
        let mut rejected = false;
        self.guarded(now, place, |router, out| {
            rejected = router.handle_stun(place.1, now, from, bytes, out);
        });
        self.tally.lost.stun += u64::from(rejected);
    }

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let now = self.advance(now);
        let ntp = self.clock.at(now);
        // Taken out first: an entity that asks to be woken at once again waits for the next call.
        let due: Vec<_> = std::iter::from_fn(|| self.timers.pop_due(now)).collect();
        for (deadline, key) in due {
            let transport = self
                .routers
                .get(key.router())
                .and_then(|router| router.blamed(key));
            let Some(transport) = transport else { continue };
            self.guarded(now, (key.router(), transport), |router, out| {
                router.handle_timeout(now, (deadline, key), ntp, out);
            });
        }
    }

    /// The datagrams to send now. The caller sends them, clears the batch, and asks again until it
    /// gets an empty one: media is sealed in portions, so that it is sent from a warm cache and its
    /// first receivers need not wait for the last. Media says that it left at `now`, and receivers
    /// judge the path by that: a caller that sends many portions looks at its clock for each.
    pub fn poll_transmit(&mut self, now: Instant) -> &mut TransmitBatch {
        self.advance(now);
        self.fan_out(PORTION);
        &mut self.egress
    }

    /// Forwards media that waits, until `until` bytes are ready to leave.
    fn fan_out(&mut self, until: usize) {
        let now = self.now;
        while self.egress.bytes() < until
            && let Some(key) = self.backlog.routers.front().copied()
        {
            let Some(transport) = self.routers.get_mut(key).and_then(Router::next_run) else {
                self.backlog.routers.pop_front();
                continue;
            };
            let forwarded = self.guarded(now, (key, transport), |router, out| {
                router.fan_out(now, until, out);
            });
            if forwarded.is_none()
                && let Some(router) = self.routers.get_mut(key)
            {
                router.drop_run();
            }
        }
        if self.backlog.routers.is_empty() {
            self.backlog.datagrams = 0;
        }
    }

    /// Datagrams that media received and not forwarded yet will become, at most. A caller that
    /// gathers input before it drains the outputs stops when this is as much as it wants to send
    /// at a time.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.backlog.datagrams
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// When to call [`Worker::handle_timeout`] next.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.timers.next()
    }

    /// Time never goes backwards (contract 3).
    pub(crate) fn advance(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    /// Runs a transport's work. A panic in it is a bug of ours, and costs that transport alone.
    pub(crate) fn guarded<T>(
        &mut self,
        now: Instant,
        (router_key, transport): Place,
        work: impl FnOnce(&mut Router, &mut Outlet<'_>) -> T,
    ) -> Option<T> {
        let result = self.with_router(router_key, |router, out| {
            catch_unwind(AssertUnwindSafe(|| work(router, out)))
        })?;
        if let Ok(value) = result {
            return Some(value);
        }
        self.tally.panics += 1;
        self.with_router(router_key, |router, out| {
            router.close_transport(now, transport, CloseReason::Internal, out);
        });
        None
    }

    /// Lends a router the worker's outputs.
    pub(crate) fn with_router<T>(
        &mut self,
        key: RouterKey,
        work: impl FnOnce(&mut Router, &mut Outlet<'_>) -> T,
    ) -> Option<T> {
        let router = self.routers.get_mut(key)?;
        let mut out = Outlet {
            router: (router.id, key),
            egress: &mut self.egress,
            events: &mut self.events,
            timers: &mut self.timers,
            server: &mut self.server,
            index: &mut self.index,
            backlog: &mut self.backlog,
            tally: &mut self.tally,
        };
        Some(work(router, &mut out))
    }

    /// Answers a command.
    pub(crate) fn reply(
        &mut self,
        request: RequestId,
        router: Option<RouterId>,
        result: Result<crate::Reply, CommandError>,
    ) {
        self.events.push(Event {
            router,
            kind: EventKind::Reply { request, result },
        });
    }

    /// Everything in the worker.
    pub(crate) fn dump(&mut self) -> WorkerDump {
        let now = self.now;
        let (tuples, ufrags) = self.server.len();
        WorkerDump {
            routers: self
                .routers
                .values_mut()
                .map(|router| router.dump(now))
                .collect(),
            tuples,
            ufrags,
            dropped_unknown_tuple: self.tally.lost.unknown_tuple,
            dropped_unknown_protocol: self.tally.lost.unknown_protocol,
            dropped_stun: self.tally.lost.stun,
            dropped_transmit: self.egress.dropped(),
            panics: self.tally.panics,
        }
    }

    /// What is open, and sums over the worker's whole life.
    #[must_use]
    pub fn tally(&self) -> (Open, Tally) {
        let (mut open, mut tally) = (Open::default(), self.tally.clone());
        open.routers = self.routers.len() as u64;
        tally.lost.transmit = self.egress.dropped();
        for router in self.routers.values() {
            router.count(&mut open, &mut tally);
        }
        (open, tally)
    }
}
