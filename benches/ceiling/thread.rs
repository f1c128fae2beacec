//! Threads as the kernel sees them: which core, how much time.

use std::{ops::Sub, time::Duration};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
    sys::time::TimeVal,
    time::{ClockId, clock_gettime},
    unistd::Pid,
};

/// CPU time a thread has used.
#[derive(Clone, Copy)]
pub(super) struct CpuTime {
    pub(super) total: Duration,
    /// By clock ticks: a share that only means something of a thread that is mostly busy.
    pub(super) user: Duration,
    pub(super) system: Duration,
}

impl CpuTime {
    /// Of this thread.
    pub(super) fn now() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
        let total = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
        Self {
            total: total.into(),
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
        }
    }
}

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            total: self.total - before.total,
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }
}

/// The cores this program may use.
pub(super) fn allowed() -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(0)).unwrap();
    (0..CpuSet::count())
        .filter(|core| set.is_set(*core).unwrap())
        .collect()
}

/// Keeps this thread on one core.
pub(super) fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &set).unwrap();
}

/// A socket for each receiver may be more files than a program has by default.
pub(super) fn allow_many_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64)
}
