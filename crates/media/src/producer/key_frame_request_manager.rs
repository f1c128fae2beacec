//! Debounces key-frame requests to one producer stream.
//!
//! However many consumers ask, the client is asked once an interval; a request that comes too early
//! is remembered, never lost. Repeating an unanswered request is the asker's matter.

use std::time::{Duration, Instant};

/// When one producer stream was asked for a key frame, and whether it must be asked again.
#[derive(Clone, Debug)]
pub(crate) struct KeyFrameRequestManager {
    interval: Duration,
    last_sent: Option<Instant>,
    pending: bool,
    sent: u64,
    /// The first request since the last key frame.
    unanswered: Option<Instant>,
    /// The last key frame did not come for its request.
    deaf: bool,
}

/// A key frame so long after its request has nothing to do with it: a round trip to a far client
/// and an encoder's start take less.
const ANSWER_TIME: Duration = Duration::from_secs(1);

impl KeyFrameRequestManager {
    /// `interval`: the shortest time between two requests.
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            last_sent: None,
            pending: false,
            sent: 0,
            unanswered: None,
            deaf: false,
        }
    }

    /// Somebody wants a key frame; `true`: send a request now.
    pub(crate) fn request(&mut self, now: Instant) -> bool {
        let sends = self.next_allowed().is_none_or(|at| at <= now);
        if sends {
            self.send(now);
        } else {
            self.pending = true;
        }
        sends
    }

    /// A key frame begins: it serves whoever waits.
    pub(crate) fn key_frame_received(&mut self, now: Instant) {
        self.pending = false;
        if let Some(asked) = self.unanswered.take() {
            self.deaf = now.saturating_duration_since(asked) > ANSWER_TIME;
        }
    }

    /// Whether asking is of no use: the client takes no notice of it.
    pub(crate) fn is_deaf(&self, now: Instant) -> bool {
        let ignored = |asked| now.saturating_duration_since(asked) > ANSWER_TIME;
        self.deaf || self.unanswered.is_some_and(ignored)
    }

    /// When [`Self::handle_timeout`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.pending {
            self.next_allowed()
        } else {
            None
        }
    }

    /// `true`: send the remembered request now.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        let due = self.poll_timeout().is_some_and(|at| at <= now);
        if due {
            self.send(now);
        }
        due
    }

    /// Requests sent since the start.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    fn send(&mut self, now: Instant) {
        self.last_sent = Some(now);
        self.pending = false;
        self.sent += 1;
        self.unanswered.get_or_insert(now);
    }

    fn next_allowed(&self) -> Option<Instant> {
        self.last_sent.map(|at| at + self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(200);

    #[allow(clippy::disallowed_methods)]
    fn manager() -> (KeyFrameRequestManager, Instant) {
        (KeyFrameRequestManager::new(INTERVAL), Instant::now())
    }

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn first_request_goes_out_at_once() {
        let (mut manager, start) = manager();
        assert!(manager.request(start));
        assert_eq!(manager.poll_timeout(), None);
    }

    #[test]
    fn early_request_goes_out_when_the_interval_ends() {
        let (mut manager, start) = manager();
        manager.request(start);
        assert!(!manager.request(at(start, 50)));
        assert_eq!(manager.poll_timeout(), Some(at(start, 200)));
        assert!(!manager.handle_timeout(at(start, 199)));
        assert!(manager.handle_timeout(at(start, 200)));
        assert!(!manager.handle_timeout(at(start, 500)), "only once");
        assert_eq!(manager.sent(), 2);
    }

    #[test]
    fn key_frame_serves_the_waiting_request() {
        let (mut manager, start) = manager();
        manager.request(start);
        manager.request(at(start, 50));
        manager.key_frame_received(at(start, 100));
        assert_eq!(manager.poll_timeout(), None);
        assert!(!manager.handle_timeout(at(start, 200)));
    }

    #[test]
    fn request_after_the_key_frame_still_waits_for_the_interval() {
        let (mut manager, start) = manager();
        manager.request(start);
        manager.key_frame_received(at(start, 20));
        assert!(!manager.request(at(start, 30)));
        assert!(manager.handle_timeout(at(start, 200)));
    }

    #[test]
    fn client_is_deaf_whose_key_frames_do_not_follow_requests() {
        let (mut manager, start) = manager();
        assert!(!manager.is_deaf(at(start, 5_000)), "never asked");
        manager.request(at(start, 5_000));
        manager.request(at(start, 5_900));
        assert!(!manager.is_deaf(at(start, 5_950)));
        assert!(manager.is_deaf(at(start, 6_001)));
        manager.key_frame_received(at(start, 9_000));
        assert!(manager.is_deaf(at(start, 9_000)), "that came by itself");
        manager.request(at(start, 10_000));
        manager.key_frame_received(at(start, 10_200));
        assert!(!manager.is_deaf(at(start, 20_000)), "it listens");
    }

    #[test]
    fn flood_of_requests_becomes_five_a_second() {
        let (mut manager, start) = manager();
        let mut sent = 0;
        for millis in 0..10_000 {
            sent += u32::from(manager.handle_timeout(at(start, millis)));
            for _ in 0..5 {
                sent += u32::from(manager.request(at(start, millis)));
            }
        }
        assert_eq!(sent, 50);
    }
}
