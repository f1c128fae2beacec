//! The loop of one worker thread: sockets and commands in, datagrams and events out. Knows nothing
//! of media; the only loop that touches both worlds.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use media::{
    Command, CommandError, Event, EventKind, Reply, RequestId, RouterId, SocketId, Tuple, Worker,
    WorkerConfig,
};
use mio::{Events, Poll, Token, Waker};
use tokio::sync::oneshot;

use super::{
    EngineError, addresses, clock,
    datagrams::Inbound,
    events::{Delivery, EventSender},
    grouping::Grouping,
    link::{Inbox, Link, Message, Request},
    readings::Measured,
    slot::{Slot, UdpStatus, lock},
    socket::{MediaSocket, SocketPlan},
};
use crate::config::MediaConfig;

/// Commands carried out between two looks at the sockets.
const COMMANDS_PER_TURN: usize = 256;

/// How long one turn takes datagrams in before it sends what they gave. Handshakes are the dear ones,
/// up to 0.2 ms each; media that came before them should not wait for many.
const RECEIVE_TIME: Duration = Duration::from_millis(2);

/// Datagrams that received media becomes before it is sent, about 10 ms' work and 10 MB. Commands,
/// timers and what arrives wait for it.
const BACKLOG_PER_TURN: usize = 8_192;

/// How soon a full socket is tried again, should its wake-up get lost.
const BACKLOG_RETRY: Duration = Duration::from_millis(5);

/// Replies outstanding beyond which those nobody waits for are forgotten.
const PENDING_SWEEP: usize = 4096;

/// One worker and its sockets, on its thread.
pub(super) struct Driver {
    worker: Worker,
    sockets: Vec<MediaSocket>,
    poll: Poll,
    ready: Events,
    inbox: Inbox,
    slot: Arc<Slot>,
    inbound: Inbound,
    /// The socket that `inbound` is from.
    reading: usize,
    grouping: Grouping,
    desk: Desk,
    udp_before: UdpStatus,
    /// How long it was awake before it last woke…
    busy: Duration,
    /// …and since when it is.
    awake_since: Instant,
    more_commands: bool,
    stopping: bool,
}

/// Who is waiting for what.
#[derive(Debug, Default)]
struct Desk {
    next_request: u64,
    pending: HashMap<RequestId, Pending>,
    readers: HashMap<RouterId, EventSender>,
}

#[derive(Debug)]
struct Pending {
    reply: Option<oneshot::Sender<Result<Reply, CommandError>>>,
    creates: Option<RouterId>,
}

impl Driver {
    /// Binds the sockets, builds the worker and opens the way to it. `ports` has one entry per
    /// address; 0 is any free port.
    pub(super) fn start(
        slot: Arc<Slot>,
        config: &MediaConfig,
        local: &[(IpAddr, u16)],
    ) -> Result<Self, EngineError> {
        let failed = |error: io::Error| EngineError::Start(format!("worker: {error}"));
        let poll = Poll::new().map_err(failed)?;
        let mut sockets = Vec::new();
        for (index, (ip, port)) in local.iter().enumerate() {
            let mut socket = MediaSocket::bind(*ip, *port, socket_plan(config))?;
            let token = Token(index);
            socket.register(poll.registry(), token).map_err(failed)?;
            sockets.push(socket);
        }
        let waker = Waker::new(poll.registry(), Token(sockets.len())).map_err(failed)?;
        let worker = build_worker(config, &sockets)?;
        let (link, inbox) = Link::new(waker, config.request_queue, config.request_timeout);
        let ports = sockets.iter().map(|socket| socket.local().port()).collect();
        let udp_before = *lock(&slot.udp);
        slot.occupy(Arc::new(link), ports);
        let driver = Self {
            worker,
            sockets,
            poll,
            ready: Events::with_capacity(64),
            inbox,
            slot,
            inbound: Inbound::new(),
            reading: 0,
            grouping: Grouping::default(),
            desk: Desk::default(),
            udp_before,
            busy: Duration::ZERO,
            awake_since: clock::now(),
            more_commands: false,
            stopping: false,
        };
        driver.publish_counters();
        Ok(driver)
    }

    /// Runs until told to stop. May panic; the caller survives it and then calls
    /// [`Driver::announce_death`].
    pub(super) fn run(&mut self) {
        while !self.stopping {
            let slept = self.wait();
            let now = clock::now();
            if slept {
                self.awake_since = now;
            }
            self.slot.turn(now);
            self.receive(now);
            let now = self.send(clock::now());
            self.take_commands(now);
            self.worker.handle_timeout(now);
            self.drain_outputs(now);
        }
    }

    /// Tells the reader of every router that it is gone; waiting requests fail by being dropped.
    pub(super) fn announce_death(&mut self) {
        self.desk.pending.clear();
        for (_, reader) in self.desk.readers.drain() {
            reader.worker_died();
        }
    }

    /// Sleeps until a socket, a command or a timer wants something; whether it slept.
    fn wait(&mut self) -> bool {
        let timeout = self.sleep_time();
        let sleeps = timeout != Some(Duration::ZERO);
        if sleeps {
            self.slot.rest();
        }
        // Interrupted by a signal: nothing is ready, and the next turn waits again.
        if self.poll.poll(&mut self.ready, timeout).is_err() {
            self.ready.clear();
        }
        for event in &self.ready {
            if let Some(socket) = self.sockets.get_mut(event.token().0) {
                if event.is_readable() || event.is_error() {
                    socket.set_readable();
                }
                if event.is_writable() {
                    socket.flush();
                }
            }
        }
        sleeps
    }

    fn sleep_time(&mut self) -> Option<Duration> {
        let more = self.more_commands || !self.inbound.is_read();
        if more || self.sockets.iter().any(MediaSocket::is_readable) {
            return Some(Duration::ZERO);
        }
        let now = clock::now();
        let timer = self
            .worker
            .poll_timeout()
            .map(|due| due.saturating_duration_since(now));
        let backlog = self.sockets.iter().any(MediaSocket::has_backlog);
        let sleep = match (timer, backlog) {
            (timer, false) => timer,
            (None, true) => Some(BACKLOG_RETRY),
            (Some(timer), true) => Some(timer.min(BACKLOG_RETRY)),
        };
        if sleep != Some(Duration::ZERO) {
            self.busy += now.saturating_duration_since(self.awake_since);
            self.awake_since = now;
        }
        sleep
    }

    /// Empties the sockets, as far as one turn goes: what arrived together then leaves together, and
    /// the kernel has room for what comes while it is sent. What is left keeps the next wait at
    /// zero, so that commands, timers and sending get their turn under any flood.
    fn receive(&mut self, mut now: Instant) {
        let end = now + RECEIVE_TIME;
        let mut idle = 0;
        while idle < self.sockets.len() {
            if now >= end || !self.take_in(now) {
                return;
            }
            // In turn, so that a flood on one does not keep the others waiting.
            self.reading = (self.reading + 1) % self.sockets.len();
            self.sockets[self.reading].receive(&mut self.inbound);
            idle = if self.inbound.is_empty() { idle + 1 } else { 0 };
            now = clock::now();
        }
    }

    /// Hands the worker what was received last; `false`: there is as much to send now as should be
    /// at a time, and the rest waits.
    fn take_in(&mut self, now: Instant) -> bool {
        let socket = socket_id(self.reading);
        while self.worker.backlog() < BACKLOG_PER_TURN {
            let Some((remote, bytes)) = self.inbound.next() else {
                return true;
            };
            self.worker
                .handle_datagram(now, Tuple { socket, remote }, bytes);
        }
        false
    }

    fn take_commands(&mut self, now: Instant) {
        self.more_commands = false;
        for _ in 0..COMMANDS_PER_TURN {
            match self.inbox.next() {
                Some(Message::Request(request)) => self.carry_out(now, request),
                Some(Message::Measure(reply)) => self.measure(now, reply),
                Some(Message::Stop) => return self.stop(now),
                #[cfg(feature = "fault-injection")]
                Some(Message::Stall(duration)) => std::thread::sleep(duration),
                None => return,
            }
        }
        // More may wait, and their wake-ups are spent: look again before sleeping.
        self.more_commands = true;
    }

    fn carry_out(&mut self, now: Instant, request: Request) {
        if !request.claim.take() {
            return;
        }
        let creates = request.events.as_ref().map(|(router, _)| *router);
        if let Some((router, reader)) = request.events {
            self.desk.readers.insert(router, reader);
        }
        let id = self.desk.expect_reply(Pending {
            reply: request.reply,
            creates,
        });
        self.worker.handle_command(now, id, request.command);
    }

    fn measure(&self, now: Instant, reply: oneshot::Sender<Measured>) {
        let (open, tally) = self.worker.tally();
        // Whoever stopped waiting does not want it.
        let _ = reply.send(Measured {
            open,
            tally,
            busy: self.busy + now.saturating_duration_since(self.awake_since),
            cpu: clock::thread_cpu_time(),
        });
    }

    fn stop(&mut self, now: Instant) {
        self.stopping = true;
        let routers: Vec<_> = self.desk.readers.keys().copied().collect();
        for router in routers {
            self.close_router(now, router);
        }
    }

    fn close_router(&mut self, now: Instant, router: RouterId) {
        let id = self.desk.expect_reply(Pending {
            reply: None,
            creates: None,
        });
        self.worker
            .handle_command(now, id, Command::CloseRouter { router });
    }

    fn drain_outputs(&mut self, now: Instant) {
        let now = self.send(now);
        while let Some(event) = self.worker.poll_event() {
            if let Some(abandoned) = self.desk.dispatch(&self.slot, event) {
                tracing::warn!(%abandoned, "nobody reads this router's events; closing it");
                self.close_router(now, abandoned);
                self.send(now);
            }
        }
        for socket in &mut self.sockets {
            socket.watch_backlog(self.poll.registry());
        }
        self.publish_counters();
    }

    /// Sends what there is, portion by portion; returns when it was done.
    fn send(&mut self, mut now: Instant) -> Instant {
        let Self {
            worker,
            sockets,
            grouping,
            ..
        } = self;
        loop {
            let batch = worker.poll_transmit(now);
            if batch.is_empty() {
                return now;
            }
            grouping.for_each_socket(batch, |socket, datagrams| {
                if let Some(socket) = sockets.get_mut(usize::from(socket.0)) {
                    socket.send(datagrams);
                }
            });
            batch.clear();
            now = clock::now();
        }
    }

    fn publish_counters(&self) {
        let mut sum = self.udp_before;
        for (received, sent) in self.sockets.iter().map(MediaSocket::counts) {
            sum.received += received.taken;
            sum.too_long += received.too_long;
            sum.receive_errors += received.errors;
            sum.sent += sent.sent;
            sum.send_dropped += sent.dropped;
            sum.send_refused += sent.refused;
        }
        sum.offload = self.sockets.iter().all(MediaSocket::offloads);
        let buffers = self.sockets.iter().map(MediaSocket::kernel_buffer);
        sum.kernel_buffer = buffers.min().unwrap_or(0);
        *lock(&self.slot.udp) = sum;
    }
}

impl Desk {
    fn expect_reply(&mut self, pending: Pending) -> RequestId {
        if self.pending.len() >= PENDING_SWEEP {
            let waits = |pending: &oneshot::Sender<_>| !pending.is_closed();
            self.pending
                .retain(|_, pending| pending.reply.as_ref().is_some_and(waits));
        }
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.pending.insert(id, pending);
        id
    }

    /// Passes an event on; returns a router whose events nobody reads.
    fn dispatch(&mut self, slot: &Slot, event: Event) -> Option<RouterId> {
        match event.kind {
            EventKind::Reply { request, result } => {
                self.answer(slot, request, result);
                None
            }
            kind => self.pass_on(slot, event.router?, kind),
        }
    }

    fn answer(&mut self, slot: &Slot, request: RequestId, result: Result<Reply, CommandError>) {
        if let Ok(Reply::WebRtcTransport(_)) = result {
            slot.transports.fetch_add(1, Ordering::Relaxed);
        }
        let Some(pending) = self.pending.remove(&request) else {
            return;
        };
        if let (Some(router), Err(_)) = (pending.creates, &result) {
            self.readers.remove(&router);
        }
        if let Some(reply) = pending.reply {
            // Whoever stopped waiting does not want the answer.
            let _ = reply.send(result);
        }
    }

    fn pass_on(&mut self, slot: &Slot, router: RouterId, kind: EventKind) -> Option<RouterId> {
        if let EventKind::TransportClosed { .. } = kind {
            slot.transports.fetch_sub(1, Ordering::Relaxed);
        }
        let last = matches!(kind, EventKind::RouterClosed);
        let reader = self.readers.get(&router)?;
        let delivery = reader.send(kind);
        if delivery == Delivery::Dropped {
            slot.events_dropped.fetch_add(1, Ordering::Relaxed);
        }
        let abandoned = delivery == Delivery::Abandoned;
        if last || abandoned {
            let reader = self.readers.remove(&router)?;
            if abandoned {
                reader.worker_died();
                return (!last).then_some(router);
            }
        }
        None
    }
}

fn build_worker(config: &MediaConfig, sockets: &[MediaSocket]) -> Result<Worker, EngineError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| EngineError::Start(format!("the system gives no randomness: {error}")))?;
    let told = sockets
        .iter()
        .map(|socket| (socket.local().ip(), socket.local().port()));
    let mut limits = config.limits.clone();
    limits.equalise_packets &= sockets.iter().all(MediaSocket::offloads);
    Worker::new(&WorkerConfig {
        candidates: addresses::candidates(config.announced_address.as_deref(), told),
        limits,
        seed,
        ntp_epoch: clock::ntp_epoch(),
    })
    .map_err(|error| EngineError::Start(error.to_string()))
}

fn socket_plan(config: &MediaConfig) -> SocketPlan {
    SocketPlan {
        backend: config.udp,
        kernel_buffer: config.socket_buffer,
        outbox_bytes: config.outbox_bytes,
    }
}

/// Sockets are numbered as the media addresses are; there are at most 64.
fn socket_id(index: usize) -> SocketId {
    SocketId(u16::try_from(index).expect("invariant: config::media allows 64 addresses"))
}
