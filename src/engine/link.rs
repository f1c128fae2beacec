//! The way from async code to one worker thread: commands go over, replies come back. One link per
//! thread; it never leads to the thread's replacement.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use media::{Command, CommandError, Reply, RouterId};
use tokio::sync::oneshot;

use tracing::Instrument as _;

use super::{EngineError, events::EventSender, readings::Measured};
use crate::telemetry::traces::TARGET;

/// What crosses to a worker thread.
#[derive(Debug)]
pub(super) enum Message {
    /// A command, and where its reply goes.
    Request(Request),
    /// Say what was measured.
    Measure(oneshot::Sender<Measured>),
    /// Close everything and end.
    Stop,
    /// Do nothing for so long. For tests of what a stuck worker costs.
    #[cfg(feature = "fault-injection")]
    Stall(Duration),
}

type Answer = oneshot::Receiver<Result<Reply, CommandError>>;

/// A command on its way.
#[derive(Debug)]
pub(super) struct Request {
    /// What to do.
    pub(super) command: Command,
    /// Who wants to know.
    pub(super) reply: Option<oneshot::Sender<Result<Reply, CommandError>>>,
    /// The reader of the router that the command makes.
    pub(super) events: Option<(RouterId, EventSender)>,
    /// Whether it is still to be done.
    pub(super) claim: Claim,
}

/// Settles between a worker about to carry out a command and a caller about to give up on it, that
/// exactly one of them does: a caller that was told of a timeout must not find it done later.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim(Arc<AtomicBool>);

impl Claim {
    /// Whether this is the first to take it.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// The thread's end.
#[derive(Debug)]
pub(super) struct Inbox {
    receiver: mpsc::Receiver<Message>,
    queued: Arc<AtomicUsize>,
}

impl Inbox {
    /// The next message, if one waits.
    pub(super) fn next(&self) -> Option<Message> {
        let message = self.receiver.try_recv().ok()?;
        self.queued.fetch_sub(1, Ordering::Relaxed);
        Some(message)
    }
}

/// The async end.
#[derive(Debug)]
pub(super) struct Link {
    sender: mpsc::Sender<Message>,
    waker: mio::Waker,
    queued: Arc<AtomicUsize>,
    queue_limit: usize,
    timeout: Duration,
}

impl Link {
    /// Both ends. `waker` ends the thread's wait.
    pub(super) fn new(waker: mio::Waker, queue_limit: usize, timeout: Duration) -> (Self, Inbox) {
        let (sender, receiver) = mpsc::channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let inbox = Inbox {
            receiver,
            queued: Arc::clone(&queued),
        };
        let link = Self {
            sender,
            waker,
            queued,
            queue_limit,
            timeout,
        };
        (link, inbox)
    }

    /// Sends a command and waits for its reply. Whoever gives up before a worker has begun takes it
    /// back.
    pub(super) async fn request(&self, command: Command) -> Result<Reply, EngineError> {
        self.exchange(command, None).await
    }

    /// Sends a command that makes something, and waits. Whoever gives up waiting (timeout, or the
    /// caller's future dropped) leaves nothing behind: `undo` follows the command.
    pub(super) async fn create(
        &self,
        command: Command,
        undo: Command,
        events: Option<(RouterId, EventSender)>,
    ) -> Result<Reply, EngineError> {
        let mut undo = Undo {
            link: self,
            command: Some(undo),
        };
        let result = self.exchange(command, events).await;
        if !matches!(result, Err(EngineError::Timeout)) {
            undo.command = None;
        }
        result
    }

    /// Sends a command that is carried out in any case, and waits for its reply.
    pub(super) async fn finish(&self, command: Command) -> Result<Reply, EngineError> {
        self.create(command.clone(), command, None).await
    }

    /// Sends a command nobody waits for. Never refused: it is how things are freed.
    pub(super) fn tell(&self, command: Command) {
        let _ = self.post(Message::Request(Request {
            command,
            reply: None,
            events: None,
            claim: Claim::default(),
        }));
    }

    /// What the thread measured, unless it does not answer in time.
    pub(super) async fn measure(&self, patience: Duration) -> Option<Measured> {
        let (reply, answer) = oneshot::channel();
        self.post(Message::Measure(reply)).ok()?;
        tokio::time::timeout(patience, answer).await.ok()?.ok()
    }

    /// Tells the thread to close everything and end.
    pub(super) fn stop(&self) {
        let _ = self.post(Message::Stop);
    }

    /// Keeps the thread from doing anything for a while.
    #[cfg(feature = "fault-injection")]
    pub(super) fn stall(&self, duration: Duration) {
        let _ = self.post(Message::Stall(duration));
    }

    async fn exchange(
        &self,
        command: Command,
        events: Option<(RouterId, EventSender)>,
    ) -> Result<Reply, EngineError> {
        if self.queued.load(Ordering::Relaxed) >= self.queue_limit {
            return Err(EngineError::Timeout);
        }
        let (reply, answer) = oneshot::channel();
        let name = command.name();
        let span = tracing::info_span!(target: TARGET, "worker", otel.name = name);
        let claim = Claim::default();
        self.post(Message::Request(Request {
            command,
            reply: Some(reply),
            events,
            claim: claim.clone(),
        }))?;
        self.wait(answer, Waiting(claim)).instrument(span).await
    }

    async fn wait(&self, mut answer: Answer, waiting: Waiting) -> Result<Reply, EngineError> {
        let in_time = tokio::time::timeout(self.timeout, &mut answer).await;
        let answered = match in_time {
            Ok(answered) => answered,
            Err(_) if waiting.0.take() => return Err(EngineError::Timeout),
            // Being carried out: its reply leaves at the end of the worker's turn.
            Err(_) => tokio::time::timeout(self.timeout / 2, answer)
                .await
                .map_err(|_| EngineError::Timeout)?,
        };
        Ok(answered.map_err(|_| EngineError::WorkerDied)??)
    }

    fn post(&self, message: Message) -> Result<(), EngineError> {
        self.queued.fetch_add(1, Ordering::Relaxed);
        self.sender
            .send(message)
            .map_err(|_| EngineError::WorkerDied)?;
        // A wake-up that fails means the thread is ending; the oneshot tells.
        let _ = self.waker.wake();
        Ok(())
    }
}

/// Takes a command back when dropped, unless a worker has taken it on.
struct Waiting(Claim);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.take();
    }
}

/// Sends its command when dropped, unless disarmed.
struct Undo<'a> {
    link: &'a Link,
    command: Option<Command>,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(command) = self.command.take() {
            self.link.tell(command);
        }
    }
}
