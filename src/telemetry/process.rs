//! What the process costs, as Linux tells it; little or nothing elsewhere.

use std::{
    fs,
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    metrics::{Snapshot, Value},
    names,
};

static STARTED: LazyLock<f64> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
});

/// Notes when the process started: now.
pub fn started() {
    LazyLock::force(&STARTED);
}

/// Adds what the process costs.
pub fn measure(snapshot: &mut Snapshot) {
    let none: [Value; 0] = [];
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let kilobytes = |name| number(&status, name) * 1024.0;
    for (family, value) in [
        (&names::PROCESS_RESIDENT, kilobytes("VmRSS:")),
        (&names::PROCESS_VIRTUAL, kilobytes("VmSize:")),
        (&names::PROCESS_THREADS, number(&status, "Threads:")),
        (&names::PROCESS_MAX_FDS, number(&limits, "Max open files")),
        (&names::PROCESS_FDS, open_files()),
        (&names::PROCESS_START, *STARTED),
    ] {
        snapshot.gauge(family, none.clone(), value);
    }
    snapshot.seconds(&names::PROCESS_CPU, none, cpu_seconds());
}

/// The first number behind a name at the start of a line.
fn number(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|rest| rest.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn open_files() -> f64 {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as f64
}

fn cpu_seconds() -> f64 {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike as _,
    };
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return 0.0;
    };
    let time = usage.user_time() + usage.system_time();
    time.num_microseconds() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_found_behind_their_names() {
        let text = "VmRSS:\t  1234 kB\nMax open files            1024                 4096\n";
        assert_eq!(number(text, "VmRSS:"), 1234.0);
        assert_eq!(number(text, "Max open files"), 1024.0);
        assert_eq!(number(text, "VmSize:"), 0.0);
    }
}
