//! The life of one worker's threads: start, pin, survive a panic, replace, give up. Touches no
//! socket and no media itself.

use std::{
    any::Any,
    collections::VecDeque,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    EngineError, clock,
    driver::Driver,
    slot::{Slot, WorkerState},
};
use crate::config::MediaConfig;

/// Deaths within [`DEATHS_WINDOW`] that are survived; one more and the worker is bad.
const DEATHS_ALLOWED: usize = 5;
const DEATHS_WINDOW: Duration = Duration::from_secs(60);

/// A dead worker's ports are tried again so often…
const REBIND_TRIES: usize = 100;
/// …with this much time between.
const REBIND_PAUSE: Duration = Duration::from_millis(100);

/// How often the watchdog looks.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// Starts the thread of `slot` and waits until it runs.
///
/// # Errors
/// A port that is taken, an address that is not ours, no thread.
pub(super) fn start(
    slot: &Arc<Slot>,
    config: &Arc<MediaConfig>,
    local: Vec<(IpAddr, u16)>,
) -> Result<JoinHandle<()>, EngineError> {
    let (started, outcome) = sync_channel(1);
    let (slot, config) = (Arc::clone(slot), Arc::clone(config));
    let thread = thread::Builder::new()
        .name(format!("miso-media-{}", slot.index))
        .spawn(move || {
            pin(slot.index);
            match Driver::start(Arc::clone(&slot), &config, &local) {
                Ok(driver) => {
                    // The starter waits for this; it cannot be gone.
                    let _ = started.send(Ok(()));
                    live(&slot, &config, &local, driver);
                }
                Err(error) => {
                    let _ = started.send(Err(error));
                }
            }
        })
        .map_err(|error| EngineError::Start(format!("no thread for a worker: {error}")))?;
    match outcome.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(EngineError::Start("a worker panicked at start".into())),
    }
}

/// Runs workers one after the other until one ends in peace or the place goes bad.
fn live(slot: &Arc<Slot>, config: &MediaConfig, local: &[(IpAddr, u16)], first: Driver) {
    let mut deaths = Deaths::default();
    let mut next = Some(first);
    while let Some(mut driver) = next.take() {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| driver.run())) else {
            return slot.vacate(false);
        };
        let too_often = deaths.record(clock::now());
        tracing::error!(
            worker = slot.index,
            reason = message(panic.as_ref()),
            too_often,
            "a media worker died; its rooms are closed"
        );
        slot.vacate(too_often);
        slot.deaths.fetch_add(1, Ordering::Relaxed);
        bury(driver);
        if too_often {
            return;
        }
        next = replace(slot, config, local);
    }
    slot.vacate(true);
}

/// Tells the rooms, then frees the sockets, so that the replacement can have them.
fn bury(mut driver: Driver) {
    driver.announce_death();
    // What the panic left half-done may panic again when dropped.
    if catch_unwind(AssertUnwindSafe(|| drop(driver))).is_err() {
        tracing::error!("a dead media worker panicked again while being freed");
    }
}

/// A new worker on the old ports.
fn replace(slot: &Arc<Slot>, config: &MediaConfig, local: &[(IpAddr, u16)]) -> Option<Driver> {
    let ports = slot.ports();
    let local: Vec<_> = local
        .iter()
        .zip(ports)
        .map(|((ip, _), port)| (*ip, port))
        .collect();
    for _ in 0..REBIND_TRIES {
        if slot.stopping.load(Ordering::Acquire) {
            return None;
        }
        let attempt = || Driver::start(Arc::clone(slot), config, &local);
        match catch_unwind(AssertUnwindSafe(attempt)) {
            Ok(Ok(driver)) => {
                tracing::info!(worker = slot.index, "a media worker was replaced");
                return Some(driver);
            }
            Ok(Err(error)) => tracing::warn!(worker = slot.index, %error, "cannot replace yet"),
            Err(panic) => {
                tracing::error!(worker = slot.index, reason = message(panic.as_ref()));
            }
        }
        thread::sleep(REBIND_PAUSE);
    }
    None
}

/// Deaths of the last minute.
#[derive(Debug, Default)]
struct Deaths(VecDeque<Instant>);

impl Deaths {
    /// Counts one; whether it was one too many.
    fn record(&mut self, now: Instant) -> bool {
        self.0.push_back(now);
        while self
            .0
            .front()
            .is_some_and(|first| now.saturating_duration_since(*first) > DEATHS_WINDOW)
        {
            self.0.pop_front();
        }
        self.0.len() > DEATHS_ALLOWED
    }
}

/// Tells the log when a worker gets stuck and when it comes round again, until `stop` closes.
pub(super) fn watch(slots: Vec<Arc<Slot>>, stop: Receiver<()>) -> std::io::Result<JoinHandle<()>> {
    let look = move || {
        let mut stuck = vec![false; slots.len()];
        while stop.recv_timeout(WATCH_EVERY) == Err(RecvTimeoutError::Timeout) {
            for (slot, was) in slots.iter().zip(&mut stuck) {
                let is = slot.state(clock::now()) == WorkerState::Stuck;
                if is != *was {
                    tracing::error!(worker = slot.index, stuck = is, "watchdog");
                }
                *was = is;
            }
        }
    };
    thread::Builder::new()
        .name("miso-watchdog".into())
        .spawn(look)
}

/// Keeps this thread on one core, so that its caches stay warm. Only a wish.
#[cfg(target_os = "linux")]
fn pin(index: usize) {
    use nix::{
        sched::{CpuSet, sched_getaffinity, sched_setaffinity},
        unistd::Pid,
    };
    let this = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this) else {
        return;
    };
    let cores: Vec<_> = (0..CpuSet::count())
        .filter(|core| allowed.is_set(*core).unwrap_or(false))
        .collect();
    let Some(core) = cores.get(index % cores.len().max(1)) else {
        return;
    };
    let mut one = CpuSet::new();
    if one.set(*core).is_ok() && sched_setaffinity(this, &one).is_ok() {
        tracing::debug!(worker = index, core, "pinned");
    }
}

#[cfg(not(target_os = "linux"))]
fn pin(_index: usize) {}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_death_in_a_minute_is_one_too_many() {
        let (mut deaths, start) = (Deaths::default(), clock::now());
        for second in 0..5 {
            assert!(!deaths.record(start + Duration::from_secs(second)));
        }
        assert!(deaths.record(start + Duration::from_secs(59)));
    }

    #[test]
    fn old_deaths_are_forgiven() {
        let (mut deaths, start) = (Deaths::default(), clock::now());
        for minute in 0..20 {
            assert!(!deaths.record(start + Duration::from_secs(minute * 15)));
        }
    }
}
