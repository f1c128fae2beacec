//! The async front of the media thread.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{
    sync::oneshot::{self, Receiver},
    time::timeout,
};

use super::{
    command::{Command, NewPeer, PeerId, SourceSetup, StreamSetup},
    engine::Engine,
    harvest::{Errors, Gap, Harvest},
};
use crate::{error::BenchError, measure::BENCH_THREAD};

/// The media thread answers at once, unless the machine is out of breath.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A running media thread; dropping it ends the thread.
pub(crate) struct MediaThread {
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
    peers: AtomicUsize,
}

impl MediaThread {
    /// Starts it.
    pub(crate) fn start(gro: bool) -> Result<Self, BenchError> {
        let (commands, queue) = channel();
        let engine = move || Engine::new(queue, gro).run();
        let thread = thread::Builder::new()
            .name(BENCH_THREAD.to_owned())
            .spawn(engine);
        let thread = thread.map_err(|error| BenchError::System {
            what: "cannot start a thread",
            reason: error.to_string(),
        })?;
        Ok(Self {
            commands,
            thread: Some(thread),
            peers: AtomicUsize::new(0),
        })
    }

    /// A name for a new peer.
    pub(crate) fn peer_id(&self) -> PeerId {
        PeerId(self.peers.fetch_add(1, Ordering::Relaxed))
    }

    /// Adds a peer, which connects at once.
    pub(crate) fn add(&self, peer: NewPeer) {
        self.tell(Command::Add(Box::new(peer)));
    }

    /// Lets a publisher send.
    pub(crate) fn publish(&self, peer: PeerId, setup: SourceSetup) {
        self.tell(Command::Publish(peer, Box::new(setup)));
    }

    /// Lets a receiver expect a stream; completes with the first packet's arrival.
    pub(crate) fn subscribe(&self, peer: PeerId, setup: StreamSetup) -> Receiver<Instant> {
        let (first, arrived) = oneshot::channel();
        self.tell(Command::Subscribe(peer, setup, first));
        arrived
    }

    /// Lets publishers send so many packets per second.
    pub(crate) fn set_rate(&self, packets_per_second: u32) {
        self.tell(Command::SetRate(packets_per_second));
    }

    /// Everybody is in: the longest silence of those who were in before.
    pub(crate) async fn joined(&self) -> Result<Option<Gap>, BenchError> {
        self.ask(Command::Joined).await
    }

    /// Starts to count.
    pub(crate) async fn begin(&self) -> Result<(), BenchError> {
        self.ask(Command::Begin).await
    }

    /// Ends counting; what is under way still counts.
    pub(crate) async fn end(&self) -> Result<(), BenchError> {
        self.ask(Command::End).await
    }

    /// Packets that count and have not come yet.
    pub(crate) async fn missing(&self) -> Result<u64, BenchError> {
        self.ask(Command::Missing).await
    }

    /// What was counted.
    pub(crate) async fn collect(&self) -> Result<(Harvest, Errors), BenchError> {
        self.ask(Command::Collect).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, BenchError> {
        let (answer, answered) = oneshot::channel();
        self.tell(command(answer));
        let answered = timeout(ANSWER_TIMEOUT, answered).await;
        let late = |_| BenchError::Timeout {
            what: "the media thread",
            limit: ANSWER_TIMEOUT,
        };
        answered.map_err(late)?.map_err(|_| BenchError::System {
            what: "the media thread ended",
            reason: "see above".to_owned(),
        })
    }

    fn tell(&self, command: Command) {
        // A thread that is gone answers nothing, which whoever asks finds out.
        let _ = self.commands.send(command);
    }
}

impl Drop for MediaThread {
    fn drop(&mut self) {
        self.tell(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}
