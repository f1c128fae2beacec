//! When to ask for a key frame again; knows neither producer nor RTCP.

use std::time::{Duration, Instant};

/// The first request may simply have been lost: a round trip and an encoder's frame later.
const FIRST_RETRY: Duration = Duration::from_millis(250);

/// Then an encoder may be starting.
const RETRY: Duration = Duration::from_secs(1);

/// Times it is asked at that pace.
const RETRIES: u8 = 5;

/// Then the source is silent; ask rarely, but never give up.
const SLOW_RETRY: Duration = Duration::from_secs(10);

/// Asks for a key frame of one encoding at once, after 250 ms, then every second five times, then
/// every ten seconds until it is told that one came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFrameSchedule {
    wanted: Option<Wanted>,
}

#[derive(Clone, Copy, Debug)]
struct Wanted {
    encoding: usize,
    /// Repetitions so far.
    retries: u8,
    next: Instant,
}

impl KeyFrameSchedule {
    /// Sets what is waited for; returns whether to ask now, because it is another encoding.
    pub(super) fn want(&mut self, now: Instant, encoding: Option<usize>) -> bool {
        if encoding == self.encoding() {
            return false;
        }
        self.wanted = encoding.map(|encoding| Wanted {
            encoding,
            retries: 0,
            next: now + FIRST_RETRY,
        });
        encoding.is_some()
    }

    /// The encoding a key frame is waited for.
    pub(super) fn encoding(&self) -> Option<usize> {
        self.wanted.map(|wanted| wanted.encoding)
    }

    /// When [`KeyFrameSchedule::handle_timeout`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.wanted.map(|wanted| wanted.next)
    }

    /// The encoding to ask now, if it is time.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<usize> {
        let wanted = self.wanted.as_mut().filter(|wanted| wanted.next <= now)?;
        let wait = if wanted.retries < RETRIES {
            RETRY
        } else {
            SLOW_RETRY
        };
        wanted.retries = wanted.retries.saturating_add(1);
        wanted.next = now + wait;
        Some(wanted.encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::tests::start_of_time;

    #[test]
    fn asks_at_once_then_250_ms_then_five_seconds_then_every_ten() {
        let start = start_of_time();
        let mut schedule = KeyFrameSchedule::default();
        assert!(schedule.want(start, Some(2)));
        assert!(!schedule.want(start, Some(2)), "already asked");
        let mut asked = Vec::new();
        while asked.len() < 9 {
            let now = schedule.poll_timeout().unwrap();
            assert_eq!(
                schedule.handle_timeout(now - Duration::from_millis(1)),
                None
            );
            assert_eq!(schedule.handle_timeout(now), Some(2));
            asked.push((now - start).as_millis());
        }
        assert_eq!(
            asked,
            [250, 1250, 2250, 3250, 4250, 5250, 15_250, 25_250, 35_250]
        );
    }

    #[test]
    fn another_encoding_starts_over_and_none_ends_it() {
        let start = start_of_time();
        let mut schedule = KeyFrameSchedule::default();
        schedule.want(start, Some(2));
        let later = start + Duration::from_secs(3);
        assert!(schedule.want(later, Some(0)));
        assert_eq!(schedule.poll_timeout(), Some(later + FIRST_RETRY));
        assert!(!schedule.want(later, None));
        assert_eq!(schedule.poll_timeout(), None);
    }
}
