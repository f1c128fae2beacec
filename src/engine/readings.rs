//! What workers measured of themselves, summed over all threads that lived in their places, so that
//! no sum falls when one dies. Asks for nothing by itself: a worker is read when somebody wants to
//! know, and until then its counters are its own.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ::media::{Open, Tally};
use futures_util::future::join_all;

use super::{
    WorkerPool, WorkerStatus, clock,
    glance::FRESH,
    link::Link,
    slot::{Slot, lock},
};

/// How long a reading waits for a worker. One that is stuck is told of as it was.
const PATIENCE: Duration = Duration::from_millis(500);

/// What one worker measured.
#[derive(Clone, Debug)]
pub struct WorkerReading {
    /// How it is, and what its sockets did.
    pub status: WorkerStatus,
    /// What is open in it.
    pub open: Open,
    /// What it counted since the server started.
    pub tally: Tally,
    /// How long it was awake.
    pub busy: Duration,
    /// Processor time of its thread.
    pub cpu: Duration,
}

/// What a worker's thread says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) open: Open,
    pub(super) tally: Tally,
    pub(super) busy: Duration,
    pub(super) cpu: Duration,
}

/// The last measurement of the thread in a place, and the sums of those before it.
#[derive(Debug, Default)]
pub(super) struct Readings {
    before: Tally,
    busy_before: Duration,
    last: Measured,
}

impl Readings {
    /// Its thread is gone.
    pub(super) fn settle(&mut self) {
        self.before.add(&self.last.tally);
        self.busy_before += self.last.busy;
        self.last = Measured {
            // The thread of the system is the same.
            cpu: self.last.cpu,
            ..Measured::default()
        };
    }

    /// Everything so far.
    fn sum(&self) -> Measured {
        let mut sum = self.last.clone();
        sum.tally.add(&self.before);
        sum.busy += self.busy_before;
        sum
    }
}

/// What all workers measured when somebody asked last.
#[derive(Debug)]
pub(super) struct Taken {
    at: Instant,
    readings: Arc<[WorkerReading]>,
}

impl WorkerPool {
    /// What every worker measured, now or a quarter of a second ago. To measure, they walk everything
    /// that is open: who asks at about the same time is told the same.
    pub async fn readings(&self) -> Arc<[WorkerReading]> {
        // Whoever comes meanwhile waits here for the same walk.
        let mut last = self.inner.readings.lock().await;
        if let Some(taken) = last
            .as_ref()
            .filter(|taken| clock::now() < taken.at + FRESH)
        {
            return Arc::clone(&taken.readings);
        }
        let readings: Arc<[_]> = join_all(self.inner.slots.iter().map(read)).await.into();
        *last = Some(Taken {
            at: clock::now(),
            readings: Arc::clone(&readings),
        });
        readings
    }

    /// What one worker measured.
    pub async fn reading(&self, worker: usize) -> Option<WorkerReading> {
        Some(read(self.inner.slots.get(worker)?).await)
    }
}

async fn read(slot: &Arc<Slot>) -> WorkerReading {
    if let Some(link) = slot.link()
        && let Some(measured) = link.measure(PATIENCE).await
    {
        note(slot, &slot.readings, &link, measured);
    }
    let Measured {
        open,
        tally,
        busy,
        cpu,
    } = lock(&slot.readings).sum();
    WorkerReading {
        status: slot.status(clock::now()),
        open,
        tally,
        busy,
        cpu,
    }
}

/// Keeps a measurement, unless the thread it came from is gone or said more meanwhile.
fn note(slot: &Slot, readings: &Mutex<Readings>, from: &Arc<Link>, measured: Measured) {
    let mut readings = lock(readings);
    let lives = slot.link().is_some_and(|link| Arc::ptr_eq(&link, from));
    if lives && measured.busy >= readings.last.busy {
        readings.last = measured;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_thread_counted_stays() {
        let mut readings = Readings::default();
        readings.last.tally.panics = 3;
        readings.last.open.transports = 2;
        readings.last.busy = Duration::from_secs(1);
        readings.settle();
        readings.last.tally.panics = 1;
        readings.last.busy = Duration::from_secs(1);
        let sum = readings.sum();
        assert_eq!((sum.tally.panics, sum.open.transports), (4, 0));
        assert_eq!(sum.busy, Duration::from_secs(2));
    }
}
