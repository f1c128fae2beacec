//! The loop of the media thread: commands, frames when they are due, peers in turn.

use std::{
    collections::HashSet,
    sync::mpsc::{Receiver, TryRecvError},
    time::{Duration, Instant},
};

use nix::time::{ClockId, clock_gettime};

use super::{
    clock::Clock,
    command::{Command, NewPeer, PeerId, SourceSetup},
    harvest::{Errors, Gap, Harvest},
    peer::{Peer, Shared, Task},
    socket::{Inbox, Outbox, open_error},
    stream::Stream,
    window::Windows,
};
use crate::measure::receive_drops;

/// How often a peer's socket is looked at.
const LOOK: Duration = Duration::from_millis(3);
/// With many peers they are looked at less often, so that looking costs at most so much each: a
/// socket keeps what comes meanwhile, and the kernel's timestamps tell when it came.
const LOOK_PER_PEER: Duration = Duration::from_micros(20);
/// But this often at least.
const LOOK_LIMIT: Duration = Duration::from_millis(50);
/// How often a peer is looked at that is connecting.
const LOOK_CONNECTING: Duration = Duration::from_millis(2);
/// Peers looked at between two looks at the clock.
const PEERS_PER_LOOK: usize = 4;
/// Longest sleep: commands wake nobody.
const NAP: Duration = Duration::from_millis(2);

/// Everything the media thread has.
pub(crate) struct Engine {
    commands: Receiver<Command>,
    peers: Vec<Option<Peer>>,
    publishers: Vec<usize>,
    connecting: Vec<usize>,
    shared: Shared,
    gro: bool,
    next_frame: Option<Instant>,
    next_look: Instant,
    next_connecting: Instant,
    mark: Mark,
    harvest: Harvest,
    stopping: bool,
}

/// When the window began.
struct Mark {
    at: Instant,
    cpu: Duration,
    drops: u64,
}

impl Engine {
    /// An engine without peers.
    pub(crate) fn new(commands: Receiver<Command>, gro: bool) -> Self {
        let now = Instant::now();
        Self {
            commands,
            peers: Vec::new(),
            publishers: Vec::new(),
            connecting: Vec::new(),
            shared: Shared {
                inbox: Inbox::new(gro),
                outbox: Outbox::new(),
                clock: Clock::start(),
                windows: Windows::default(),
                errors: Errors::default(),
            },
            gro,
            next_frame: None,
            next_look: now,
            next_connecting: now,
            mark: Mark {
                at: now,
                cpu: Duration::ZERO,
                drops: 0,
            },
            harvest: Harvest::default(),
            stopping: false,
        }
    }

    /// Runs until told to stop, or until nobody is left who could.
    pub(crate) fn run(mut self) {
        while !self.stopping {
            self.take_commands();
            self.send_frames();
            self.look_at_connecting();
            self.look_at_everybody();
            self.sleep();
        }
        for peer in self.peers.iter_mut().flatten() {
            peer.close(&mut self.shared);
        }
    }

    fn take_commands(&mut self) {
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.handle(command),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.stopping = true;
                    return;
                }
            }
        }
    }

    /// Answers nobody waits for are not missed.
    fn handle(&mut self, command: Command) {
        match command {
            Command::Add(new) => self.add(*new),
            Command::Publish(peer, setup) => self.publish(peer, *setup),
            Command::Subscribe(peer, setup, first) => {
                if let Some(Task::Receive(receiver)) = self.task(peer) {
                    receiver.add(Stream::new(setup, first));
                }
            }
            Command::Joined(answer) => drop(answer.send(self.take_gap())),
            Command::SetRate(rate) => self.set_rate(rate),
            Command::Begin(answer) => {
                self.begin();
                let _ = answer.send(());
            }
            Command::End(answer) => {
                self.end();
                let _ = answer.send(());
            }
            Command::Missing(answer) => drop(answer.send(self.missing())),
            Command::Collect(answer) => drop(answer.send(self.collect())),
            Command::Stop => self.stopping = true,
        }
    }

    fn add(&mut self, new: NewPeer) {
        let PeerId(index) = new.id;
        if self.peers.len() <= index {
            self.peers.resize_with(index + 1, || None);
        }
        match Peer::open(new, self.gro, Instant::now()) {
            Ok(peer) => {
                self.peers[index] = Some(peer);
                self.connecting.push(index);
            }
            Err((error, new)) => drop(new.connected.send(Err(open_error(&error)))),
        }
    }

    fn publish(&mut self, PeerId(index): PeerId, setup: SourceSetup) {
        if let Some(Some(peer)) = self.peers.get_mut(index) {
            peer.publish(setup, Instant::now());
            self.publishers.push(index);
            self.next_frame = None;
            self.send_frames();
        }
    }

    fn task(&mut self, PeerId(index): PeerId) -> Option<&mut Task> {
        Some(&mut self.peers.get_mut(index)?.as_mut()?.task)
    }

    fn set_rate(&mut self, packets_per_second: u32) {
        for peer in self.peers.iter_mut().flatten() {
            if let Task::Publish(publisher) = &mut peer.task {
                publisher.set_rate(packets_per_second);
            }
        }
    }

    /// The longest silence any watching stream saw.
    fn take_gap(&mut self) -> Option<Gap> {
        let gaps = self
            .streams()
            .filter_map(|stream| stream.judge.as_mut()?.take_gap());
        gaps.reduce(|one, other| Gap {
            longest: one.longest.max(other.longest),
            added: one.added.max(other.added),
        })
    }

    fn begin(&mut self) {
        let drops = self.receive_drops();
        self.streams().for_each(Stream::restart);
        for peer in self.peers.iter_mut().flatten() {
            if let Task::Publish(publisher) = &mut peer.task {
                publisher.begin(&mut self.shared.windows);
            }
        }
        self.shared.windows.open = true;
        self.mark = Mark {
            at: Instant::now(),
            cpu: thread_time(),
            drops,
        };
    }

    fn end(&mut self) {
        self.harvest = Harvest {
            window: self.mark.at.elapsed(),
            cpu: thread_time().saturating_sub(self.mark.cpu),
            ..Harvest::default()
        };
        for peer in self.peers.iter_mut().flatten() {
            if let Task::Publish(publisher) = &mut peer.task {
                self.harvest.sent += publisher.end(&mut self.shared.windows);
            }
        }
        self.shared.windows.open = false;
        self.streams().for_each(Stream::prove);
    }

    /// Packets of the window that have not come yet.
    fn missing(&mut self) -> u64 {
        let windows = std::mem::take(&mut self.shared.windows);
        let counts = self.streams().map(|stream| stream.counts(&windows));
        let missing = counts
            .map(|(expected, received)| expected.saturating_sub(received))
            .sum();
        self.shared.windows = windows;
        missing
    }

    fn collect(&mut self) -> (Harvest, Errors) {
        let mut harvest = std::mem::take(&mut self.harvest);
        harvest.dropped = self.receive_drops().saturating_sub(self.mark.drops);
        let (peers, shared) = (&mut self.peers, &mut self.shared);
        let receivers = peers
            .iter_mut()
            .flatten()
            .filter_map(|peer| match &mut peer.task {
                Task::Receive(receiver) => Some(receiver),
                Task::Silent | Task::Publish(_) => None,
            });
        for stream in receivers.flat_map(|receiver| &mut receiver.streams) {
            let (expected, received) = stream.counts(&shared.windows);
            harvest.streams += 1;
            harvest.expected += expected;
            harvest.received += received;
            shared.errors.unproven += u64::from(stream.conclude());
            if let Some(judge) = &stream.judge {
                harvest.verified += judge.verified;
                harvest.latency.merge(&judge.latency);
            }
            if let Some(recovery) = &mut stream.recovery {
                harvest.recovery.merge(&recovery.conclude());
            }
        }
        shared.errors.not_sent = shared.outbox.refused;
        (harvest, shared.errors.clone())
    }

    fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        let tasks = self.peers.iter_mut().flatten().map(|peer| &mut peer.task);
        let receivers = tasks.filter_map(|task| match task {
            Task::Receive(receiver) => Some(receiver),
            Task::Silent | Task::Publish(_) => None,
        });
        receivers.flat_map(|receiver| &mut receiver.streams)
    }

    fn receive_drops(&self) -> u64 {
        let ports: HashSet<u16> = self.peers.iter().flatten().map(Peer::port).collect();
        receive_drops(|port| ports.contains(&port))
    }

    fn send_frames(&mut self) {
        let now = Instant::now();
        if self.next_frame.is_some_and(|next| next > now) || self.publishers.is_empty() {
            return;
        }
        let mut next = None;
        for index in &self.publishers {
            let Some(peer) = &mut self.peers[*index] else {
                continue;
            };
            if peer.next_frame().is_some_and(|due| due <= now) {
                peer.send_frames(now, &mut self.shared);
            }
            next = next.into_iter().chain(peer.next_frame()).min();
        }
        self.next_frame = next.or(Some(now + NAP));
    }

    fn look_at_connecting(&mut self) {
        let now = Instant::now();
        if self.next_connecting > now || self.connecting.is_empty() {
            return;
        }
        self.next_connecting = now + LOOK_CONNECTING;
        for index in std::mem::take(&mut self.connecting) {
            let Some(peer) = &mut self.peers[index] else {
                continue;
            };
            peer.poll(Instant::now(), &mut self.shared);
            if peer.is_connecting() {
                self.connecting.push(index);
            }
            self.send_frames();
        }
    }

    fn look_at_everybody(&mut self) {
        let now = Instant::now();
        if self.next_look > now {
            return;
        }
        let pause = LOOK_PER_PEER * u32::try_from(self.peers.len()).unwrap_or(u32::MAX);
        self.next_look = now + pause.clamp(LOOK, LOOK_LIMIT);
        for index in 0..self.peers.len() {
            if let Some(peer) = &mut self.peers[index] {
                peer.poll(Instant::now(), &mut self.shared);
            }
            if index % PEERS_PER_LOOK == 0 {
                self.send_frames();
                self.look_at_connecting();
            }
        }
    }

    fn sleep(&self) {
        let now = Instant::now();
        let connecting = (!self.connecting.is_empty()).then_some(self.next_connecting);
        let events = [self.next_frame, connecting, Some(self.next_look)];
        let wake = events.into_iter().flatten().fold(now + NAP, Instant::min);
        let pause = wake.saturating_duration_since(now);
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

/// CPU time this thread has used.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.map_or(Duration::ZERO, Duration::from)
}
