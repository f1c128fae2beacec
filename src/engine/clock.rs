//! The only clock of the media side. Media code is handed moments; it never asks for them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds between 1900, where NTP starts, and 1970 (RFC 5905 §6).
const NTP_TO_UNIX_SECONDS: u64 = 2_208_988_800;

/// Now.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Processor time the calling thread has used; zero where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn thread_cpu_time() -> Duration {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike as _,
    };
    let Ok(usage) = getrusage(UsageWho::RUSAGE_THREAD) else {
        return Duration::ZERO;
    };
    let time = usage.user_time() + usage.system_time();
    Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0))
}

/// Processor time the calling thread has used; zero where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn thread_cpu_time() -> Duration {
    Duration::ZERO
}

/// A moment and its NTP timestamp: seconds since 1900 in the high 32 bits, fraction in the low.
pub(super) fn ntp_epoch() -> (Instant, u64) {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    (now(), ntp(since_1970))
}

fn ntp(since_1970: Duration) -> u64 {
    // Era 0 ends in 2036 and the field wraps, as the RFC wants.
    let seconds = since_1970.as_secs().wrapping_add(NTP_TO_UNIX_SECONDS) << 32;
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    seconds | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_counts_from_1900_with_a_binary_fraction() {
        assert_eq!(ntp(Duration::ZERO), 2_208_988_800 << 32);
        assert_eq!(
            ntp(Duration::from_millis(1_500)),
            (2_208_988_801 << 32) | 0x8000_0000
        );
    }
}
