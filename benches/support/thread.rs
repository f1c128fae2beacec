//! Threads as the kernel sees them: which core, how much time.

use std::{fs, ops::Sub};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

/// CPU time a thread has used.
#[derive(Clone, Copy, Debug)]
pub struct CpuTime {
    pub nanoseconds: u64,
    /// Clock ticks, usually of 10 ms, in user space…
    pub user: u64,
    /// …and in the kernel.
    pub system: u64,
}

impl CpuTime {
    /// Of the thread of this process with this name.
    pub fn of(name: &str) -> Self {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let task = tasks
            .map(|task| task.unwrap().path())
            .find(|task| fs::read_to_string(task.join("comm")).is_ok_and(|it| it.trim() == name));
        let task = task.expect("the worker's thread is there");
        let schedule = fs::read_to_string(task.join("schedstat")).unwrap();
        let status = fs::read_to_string(task.join("stat")).unwrap();
        // Fields 14 and 15 of proc_pid_stat(5); the name before them may hold spaces.
        let (_, fields) = status.rsplit_once(") ").unwrap();
        let field = |number: usize| fields.split(' ').nth(number - 3).unwrap().parse().unwrap();
        Self {
            nanoseconds: schedule.split(' ').next().unwrap().parse().unwrap(),
            user: field(14),
            system: field(15),
        }
    }
}

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds - before.nanoseconds,
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }
}

/// The cores this program may use.
pub struct Cores(CpuSet);

impl Cores {
    /// As it was started.
    pub fn of_program() -> Self {
        Self(sched_getaffinity(Pid::from_raw(0)).unwrap())
    }

    /// Lets this thread, and threads it starts, use all of them.
    pub fn use_all(&self) {
        sched_setaffinity(Pid::from_raw(0), &self.0).unwrap();
    }

    /// Keeps this thread on the last one: a worker takes the first.
    pub fn use_last(&self) {
        let last = (0..CpuSet::count()).rfind(|core| self.0.is_set(*core).unwrap());
        let mut set = CpuSet::new();
        set.set(last.unwrap()).unwrap();
        sched_setaffinity(Pid::from_raw(0), &set).unwrap();
    }
}
