//! The I/O shell around the media core: threads, sockets, clock, and async handles. Knows commands,
//! not people: rooms, peers and signalling are above.

mod addresses;
mod clock;
mod counts;
mod datagrams;
mod driver;
mod events;
mod glance;
mod grouping;
mod handle;
mod link;
mod means;
mod outbox;
pub mod probe;
mod readings;
mod slot;
mod socket;
mod supervisor;
#[cfg(target_os = "linux")]
mod udp;
mod udp_portable;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::Ordering,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use ::media::{Command, CommandError, Reply, RouterId, WorkerDump};
use uuid::Uuid;

pub use addresses::machine_ips;
pub use counts::EngineCounts;
pub use events::{RouterEvent, RouterEvents};
pub use glance::{Bitrates, WorkerGlance};
pub use handle::{ConsumerHandle, ConsumerState, ProducerHandle, RouterHandle, TransportHandle};
pub use readings::WorkerReading;
pub use slot::{UdpStatus, WorkerState, WorkerStatus};

use crate::config::MediaConfig;
use link::Link;
use slot::{RouterTicket, Slot, lock};

/// All media workers. Clones are cheap and share them; the last one dropped stops them.
#[derive(Clone, Debug)]
pub struct WorkerPool {
    inner: Arc<PoolInner>,
}

#[derive(Debug)]
struct PoolInner {
    slots: Vec<Arc<Slot>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    ips: Vec<IpAddr>,
    config: Arc<MediaConfig>,
    looks: Vec<tokio::sync::Mutex<glance::Look>>,
    readings: tokio::sync::Mutex<Option<readings::Taken>>,
    deaf: probe::Deaf,
    _watchdog_lives_while_this_does: SyncSender<()>,
}

/// Where a new router goes.
type Place<'a> = (&'a Arc<Slot>, Arc<Link>, RouterTicket);

/// How a new router waits for a worker that is being replaced: so often…
const REPLACEMENT_LOOKS: usize = 80;
/// …so long each.
const REPLACEMENT_PAUSE: Duration = Duration::from_millis(25);

/// Why something could not be done on a worker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The worker refused.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The worker's thread panicked, and everything on it is gone; or there is no worker.
    #[error("the media worker died")]
    WorkerDied,
    /// No reply in time, or too many requests are waiting.
    #[error("the media worker did not answer in time")]
    Timeout,
    /// A media address is not one of this machine.
    #[error("{0} is not an address of this machine; choose another with --media-ip")]
    ForeignAddress(IpAddr),
    /// A port is not to be had.
    #[error(
        "UDP port {port} on {ip} is taken by another program; choose another with --media-port"
    )]
    PortTaken {
        /// The address.
        ip: IpAddr,
        /// The port.
        port: u16,
    },
    /// The workers could not be started.
    #[error("{0}")]
    Start(String),
}

impl WorkerPool {
    /// Binds every worker's sockets and starts every worker's thread.
    ///
    /// # Errors
    /// [`EngineError::ForeignAddress`] or [`EngineError::Start`]: a sentence that names the address
    /// or port.
    pub fn start(config: &MediaConfig) -> Result<Self, EngineError> {
        config
            .validate()
            .map_err(|error| EngineError::Start(error.to_string()))?;
        let ips = addresses::media_ips(config);
        let slots: Vec<_> = (0..config.workers)
            .map(|index| Arc::new(Slot::new(index)))
            .collect();
        let (watchdog, stop) = sync_channel(0);
        let pool = Self {
            inner: Arc::new(PoolInner {
                looks: slots.iter().map(|_| Default::default()).collect(),
                readings: tokio::sync::Mutex::default(),
                slots,
                threads: Mutex::default(),
                ips,
                config: Arc::new(config.clone()),
                deaf: probe::Deaf::default(),
                _watchdog_lives_while_this_does: watchdog,
            }),
        };
        pool.inner.start_threads()?;
        supervisor::watch(pool.inner.slots.clone(), stop)
            .map_err(|error| EngineError::Start(format!("no thread for the watchdog: {error}")))?;
        Ok(pool)
    }

    /// Makes a router on the least loaded worker; while all are being replaced, waits 2 s for one.
    ///
    /// # Errors
    /// No worker is alive, or the chosen one died or was silent.
    pub async fn create_router(&self) -> Result<(RouterHandle, RouterEvents), EngineError> {
        let (slot, link, ticket) = self.inner.place_for_router().await?;
        let router = RouterId(Uuid::new_v4());
        let (sender, events) = events::channel(self.inner.config.event_queue, ticket);
        let create = Command::CreateRouter { router };
        let undo = Command::CloseRouter { router };
        link.create(create, undo, Some((router, sender))).await?;
        Ok((RouterHandle::new(router, slot.index, link), events))
    }

    /// Every worker at a glance.
    #[must_use]
    pub fn workers(&self) -> Vec<WorkerStatus> {
        let now = clock::now();
        let slots = self.inner.slots.iter();
        slots.map(|slot| slot.status(now)).collect()
    }

    /// Everything in every worker that answers.
    pub async fn dump(&self) -> Vec<WorkerDump> {
        let mut dumps = Vec::new();
        for worker in 0..self.inner.slots.len() {
            dumps.extend(self.dump_worker(worker).await);
        }
        dumps
    }

    /// Everything in one worker, if it answers.
    pub async fn dump_worker(&self, worker: usize) -> Option<WorkerDump> {
        let link = self.inner.slots.get(worker)?.link()?;
        match link.request(Command::Dump).await {
            Ok(Reply::Dump(dump)) => Some(*dump),
            _ => None,
        }
    }

    /// What clients are told, as `address:port/udp`, worker by worker.
    #[must_use]
    pub fn candidates(&self) -> Vec<String> {
        let announced = self.inner.config.announced_address.as_deref();
        let told = self.inner.slots.iter().flat_map(|slot| {
            let local = self.inner.ips.iter().copied().zip(slot.ports());
            addresses::candidates(announced, local)
        });
        told.map(|candidate| addresses::written(&candidate))
            .collect()
    }

    /// What will not work as configured, as plain sentences: addresses that clients elsewhere may not
    /// reach, buffers the system keeps too small.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = addresses::warnings(&self.inner.config, &self.inner.ips);
        let wanted = self.inner.config.socket_buffer;
        let got = self.workers().iter().map(|it| it.udp.kernel_buffer).min();
        if let Some(got) = got.filter(|got| *got < wanted) {
            warnings.push(format!(
                "the system gives UDP sockets {} KiB of buffer instead of {} KiB, and media is lost in \
                 bursts; allow it by: sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}",
                got / 1024,
                wanted / 1024,
            ));
        }
        warnings
    }

    /// Closes every router, tells the clients, and ends the threads.
    pub async fn shutdown(self) {
        self.inner.stop();
        let threads = std::mem::take(&mut *lock(&self.inner.threads));
        let join = tokio::task::spawn_blocking(move || {
            for thread in threads {
                // A panic outside the supervised part was logged by the panic hook.
                let _ = thread.join();
            }
        });
        let patience = self.inner.config.request_timeout;
        if tokio::time::timeout(patience, join).await.is_err() {
            tracing::warn!("a media worker does not stop; leaving it behind");
        }
    }

    /// Makes a worker's thread panic.
    #[cfg(feature = "fault-injection")]
    pub fn inject_panic(&self, worker: usize) {
        if let Some(link) = self.inner.slots.get(worker).and_then(|slot| slot.link()) {
            link.tell(Command::InjectPanic { transport: None });
        }
    }

    /// Keeps a worker's thread from doing anything for a while.
    #[cfg(feature = "fault-injection")]
    pub fn inject_stall(&self, worker: usize, duration: Duration) {
        if let Some(link) = self.inner.slots.get(worker).and_then(|slot| slot.link()) {
            link.stall(duration);
        }
    }
}

impl PoolInner {
    fn start_threads(&self) -> Result<(), EngineError> {
        for slot in &self.slots {
            let offset = u16::try_from(slot.index)
                .expect("invariant: MediaConfig::validate bounds the workers");
            let port = match self.config.port {
                0 => 0,
                first => first + offset,
            };
            let local = self.ips.iter().map(|ip| (*ip, port)).collect();
            let thread = supervisor::start(slot, &self.config, local)?;
            lock(&self.threads).push(thread);
        }
        Ok(())
    }

    async fn place_for_router(&self) -> Result<Place<'_>, EngineError> {
        for _ in 0..REPLACEMENT_LOOKS {
            if let Some(place) = self.least_loaded() {
                return Ok(place);
            }
            let restarting = |slot: &Arc<Slot>| slot.state(clock::now()) == WorkerState::Restarting;
            if !self.slots.iter().any(restarting) {
                break;
            }
            tokio::time::sleep(REPLACEMENT_PAUSE).await;
        }
        Err(EngineError::WorkerDied)
    }

    /// The running worker with the fewest transports, then the fewest routers.
    fn least_loaded(&self) -> Option<Place<'_>> {
        let now = clock::now();
        let running = |slot: &&Arc<Slot>| slot.state(now) == WorkerState::Running;
        let load = |slot: &&Arc<Slot>| {
            let transports = slot.transports.load(Ordering::Relaxed);
            (transports, slot.routers.load(Ordering::Relaxed))
        };
        let slot = self.slots.iter().filter(running).min_by_key(load)?;
        let link = slot.link()?;
        Some((slot, link, RouterTicket::new(Arc::clone(slot))))
    }

    fn stop(&self) {
        for slot in &self.slots {
            slot.stopping.store(true, Ordering::Release);
            if let Some(link) = slot.link() {
                link.stop();
            }
        }
    }
}

impl Drop for PoolInner {
    fn drop(&mut self) {
        self.stop();
    }
}
