//! The machine itself: open files, cores, the clock.

use std::{
    fs,
    num::NonZeroUsize,
    path::Path,
    time::{Duration, SystemTime},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Check;
use crate::{
    config::Config,
    descriptors::{self, Limit},
};

/// Descriptors that are neither connections nor media sockets: files, wake-ups, the log.
const OTHERS: u64 = 100;

/// How far the clock may be behind the day the program was written to this disk.
const BEHIND: Duration = Duration::from_secs(24 * 3600);

pub(super) fn open_files(config: &Config) -> Check {
    descriptors::limit().map_or_else(
        || Check::ok("open-files", "this system does not tell"),
        |limit| judge_open_files(limit, config.listen.max_connections),
    )
}

fn judge_open_files(limit: Limit, connections: usize) -> Check {
    // The server raises the soft limit to the hard one by itself.
    let Limit { hard, .. } = limit;
    let wanted = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHERS);
    if hard >= wanted {
        let says = format!("{connections} connections may be open at once");
        return Check::ok("open-files", says);
    }
    let says = format!(
        "{hard} files may be open at once, {connections} connections are meant to be: beyond \
         {} nobody can connect",
        hard.saturating_sub(OTHERS)
    );
    let advice = format!(
        "LimitNOFILE={wanted} in the systemd unit, --ulimit nofile={wanted} for a container, or \
         ulimit -Hn {wanted}"
    );
    Check::warn("open-files", says, advice)
}

pub(super) fn cores(workers: usize) -> Check {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let s = if workers == 1 { "" } else { "s" };
    let says = format!("{workers} media worker{s} on {cores} that this process may use");
    if workers > cores {
        let advice = format!("--workers {cores}: more of them take turns, and media waits");
        return Check::warn("cores", says, advice);
    }
    Check::ok("cores", says)
}

pub(super) fn clock() -> Check {
    let now = SystemTime::now();
    let written = fs::metadata("/proc/self/exe").and_then(|program| program.modified());
    let text = OffsetDateTime::from(now)
        .format(&Rfc3339)
        .unwrap_or_default();
    let advice = "set it, and keep it by NTP (timedatectl set-ntp true): certificates and tokens \
                  are judged by it";
    if written.is_ok_and(|written| now + BEHIND < written) {
        let says = format!("{text}, which is before this program was installed");
        return Check::fail("clock", says, advice);
    }
    let timesync = Path::new("/run/systemd/timesync");
    if timesync.is_dir() && !timesync.join("synchronized").exists() {
        return Check::warn(
            "clock",
            format!("{text}, not compared with any other yet"),
            advice,
        );
    }
    Check::ok("clock", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_low_limit_of_open_files_is_warned_of_before_it_is_met() {
        let limit = |hard| Limit { soft: 1024, hard };
        assert_eq!(
            judge_open_files(limit(524_288), 16_384).verdict,
            Verdict::Ok
        );
        let low = judge_open_files(limit(4096), 16_384);
        assert_eq!(low.verdict, Verdict::Warn);
        assert!(low.advice.unwrap().contains("16484"));
    }

    #[test]
    fn more_workers_than_cores_are_warned_of() {
        assert_eq!(cores(1).verdict, Verdict::Ok);
        assert_eq!(cores(1024).verdict, Verdict::Warn);
    }
}
