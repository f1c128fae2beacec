//! CPU time and memory of a process, as /proc tells (proc(5)); nothing where there is no /proc.

use std::{collections::HashMap, fs, io, path::PathBuf};

/// What the kernel calls a second in /proc/PID/stat: 100 on every Linux but Alpha.
const TICKS_PER_SECOND: f64 = 100.0;
/// What the server calls its media threads…
const MEDIA_THREAD: &str = "miso-media-";
/// …and we ours.
pub(crate) const BENCH_THREAD: &str = "bench-media";

/// A process of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

/// CPU time used until now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds in user space, whole process.
    user: f64,
    /// Seconds in the kernel.
    system: f64,
    /// The living threads.
    threads: HashMap<u32, Thread>,
}

/// A thread's time until now, nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Thread {
    kind: Kind,
    /// On a core.
    ran: u64,
    /// Ready to run, while something else was on the core.
    waited: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// A media worker of a server.
    Media,
    /// The media thread of a load test.
    Bench,
    #[default]
    Other,
}

/// CPU time between two [`Usage`]s, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// In user space.
    pub(crate) user: f64,
    /// In the kernel.
    pub(crate) system: f64,
    /// By media threads.
    pub(crate) media: f64,
    /// By all others that live.
    pub(crate) other: f64,
    /// Media threads were ready to run, but something else was on the core.
    pub(crate) media_waited: f64,
    /// The same of a load test's media thread.
    pub(crate) own_waited: f64,
}

impl Process {
    /// A process, if it is there and may be looked at.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new(pid: u32) -> io::Result<Self> {
        let process = Self(pid);
        process.usage().map(|_| process)
    }

    /// CPU time until now.
    pub(crate) fn usage(self) -> io::Result<Usage> {
        usage(&PathBuf::from(format!("/proc/{}", self.0)))
    }

    /// Resident memory in bytes; 0 when it is gone.
    pub(crate) fn resident(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        resident(&status)
    }
}

/// CPU time of this process.
pub(crate) fn own_usage() -> Usage {
    usage(&PathBuf::from("/proc/self")).unwrap_or_default()
}

impl Usage {
    /// What was used since `before`.
    pub(crate) fn since(&self, before: &Self) -> Used {
        let (media, media_waited) = self.grown(before, |kind| kind == Kind::Media);
        let (_, own_waited) = self.grown(before, |kind| kind == Kind::Bench);
        let (other, _) = self.grown(before, |kind| kind != Kind::Media);
        Used {
            user: self.user - before.user,
            system: self.system - before.system,
            media,
            other,
            media_waited,
            own_waited,
        }
    }

    /// Seconds some threads ran, and waited for a core.
    fn grown(&self, before: &Self, of: impl Fn(Kind) -> bool) -> (f64, f64) {
        let mut grown = (0, 0);
        for (id, thread) in self.threads.iter().filter(|(_, thread)| of(thread.kind)) {
            let then = before.threads.get(id).copied().unwrap_or_default();
            grown.0 += thread.ran.saturating_sub(then.ran);
            grown.1 += thread.waited.saturating_sub(then.waited);
        }
        (grown.0 as f64 / 1e9, grown.1 as f64 / 1e9)
    }
}

impl Used {
    /// By all threads.
    pub(crate) fn total(self) -> f64 {
        self.media + self.other
    }
}

fn usage(process: &std::path::Path) -> io::Result<Usage> {
    let (user, system) = ticks(&fs::read_to_string(process.join("stat"))?);
    let mut threads = HashMap::new();
    for task in fs::read_dir(process.join("task"))?.flatten() {
        // A thread may end while it is looked at.
        let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let thread = task.file_name().to_string_lossy().parse();
        if let Ok(id) = thread {
            threads.insert(id, Thread::read(&read("comm"), &read("schedstat")));
        }
    }
    Ok(Usage {
        user: user / TICKS_PER_SECOND,
        system: system / TICKS_PER_SECOND,
        threads,
    })
}

impl Thread {
    fn read(name: &str, schedule: &str) -> Self {
        let mut numbers = schedule
            .split_whitespace()
            .map(|number| number.parse().unwrap_or(0));
        Self {
            kind: match name {
                name if name.starts_with(MEDIA_THREAD) => Kind::Media,
                name if name.starts_with(BENCH_THREAD) => Kind::Bench,
                _ => Kind::Other,
            },
            ran: numbers.next().unwrap_or(0),
            waited: numbers.next().unwrap_or(0),
        }
    }
}

/// utime and stime, fields 14 and 15; the name in field 2 may hold spaces and parentheses.
fn ticks(stat: &str) -> (f64, f64) {
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let field = |number: usize| {
        let field = fields.split(' ').nth(number - 3);
        field.and_then(|field| field.parse().ok()).unwrap_or(0.0)
    };
    (field(14), field(15))
}

fn resident(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Datagrams the kernel dropped because UDP sockets on these local ports were full, ever.
pub(crate) fn receive_drops(is_ours: impl Fn(u16) -> bool) -> u64 {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].map(fs::read_to_string);
    tables
        .iter()
        .flatten()
        .map(|table| drops(table, &is_ours))
        .sum()
}

fn drops(table: &str, is_ours: impl Fn(u16) -> bool) -> u64 {
    let count = |line: &str| -> Option<u64> {
        let mut fields = line.split_whitespace();
        let (_, port) = fields.nth(1)?.rsplit_once(':')?;
        let ours = is_ours(u16::from_str_radix(port, 16).ok()?);
        fields.next_back()?.parse().ok().filter(|_| ours)
    };
    table.lines().skip(1).filter_map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let tail = "S 1 2 3 4 5 6 7 8 9 10 700 800 0 0";
        assert_eq!(ticks(&format!("12 (a) b) {tail}")), (700.0, 800.0));
        assert_eq!(ticks("garbage"), (0.0, 0.0));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t   2048 kB\n"), 2 * 1024 * 1024);
        assert_eq!(resident(""), 0);
    }

    #[test]
    fn drops_of_our_ports_are_added_up() {
        let table = "  sl  local_address rem_address st … drops\n\
            1: 0100007F:1F90 00000000:0000 07 0:0 00:0 0 0 0 5 2 0 7\n\
            2: 0100007F:1F91 00000000:0000 07 0:0 00:0 0 0 0 6 2 0 9\n\
            3: 00000000000000000000000001000000:1F92 0:0 07 0:0 00:0 0 0 0 6 2 0 1\n";
        assert_eq!(drops(table, |port| port == 0x1F90), 7);
        assert_eq!(drops(table, |port| port != 0x1F90), 10);
    }

    #[test]
    fn threads_are_told_apart() {
        let at = |media, other| Usage {
            user: 1.0,
            system: 2.0,
            threads: HashMap::from([
                (1, Thread::read("miso-media-0\n", media)),
                (2, Thread::read("tokio-rt-worker\n", other)),
                (3, Thread::read("bench-media\n", other)),
            ]),
        };
        let before = at("1000000000 500000000 9\n", "1000000000 0 1\n");
        let used = at("3000000000 750000000 9\n", "1500000000 100000000 1\n").since(&before);
        assert_eq!((used.media, used.other, used.total()), (2.0, 1.0, 3.0));
        assert_eq!((used.media_waited, used.own_waited), (0.25, 0.1));
    }

    #[test]
    fn this_process_can_be_looked_at() {
        let process = Process::new(std::process::id()).unwrap();
        assert!(process.resident() > 0);
        assert!(!process.usage().unwrap().threads.is_empty());
        assert!(Process::new(u32::MAX).is_err());
    }
}
