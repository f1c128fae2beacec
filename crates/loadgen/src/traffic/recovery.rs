//! Loss and what is done about it: losing on purpose, asking again like a browser, and keeping
//! account of what came back.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use super::harvest::RecoveryCounts;

/// How often missing packets are looked at (libwebrtc's interval).
const INTERVAL: Duration = Duration::from_millis(20);
/// Time before a packet is asked for again.
const AGAIN: Duration = Duration::from_millis(100);
/// Requests for one packet (libwebrtc's figure).
const MAX_REQUESTS: u8 = 10;
/// Packets that can be missing at once; a larger hole is not asked for.
const MAX_MISSING: u64 = 2_000;

/// The missing packets of one stream.
#[derive(Debug)]
pub(crate) struct Recovery {
    missing: BTreeMap<u64, Missing>,
    next: Option<Instant>,
    /// Lost on purpose, which only a later packet shows.
    unseen: u64,
    /// Of packets that went missing inside the window.
    pub(crate) counts: RecoveryCounts,
}

#[derive(Debug)]
struct Missing {
    counts: bool,
    requests: u8,
    first_request: Option<Instant>,
    next_request: Instant,
}

impl Recovery {
    /// Nothing is missing.
    pub(crate) fn new() -> Self {
        Self {
            missing: BTreeMap::new(),
            next: None,
            unseen: 0,
            counts: RecoveryCounts::default(),
        }
    }

    /// The next packet is lost on purpose.
    pub(crate) fn pretend(&mut self) {
        self.unseen += 1;
    }

    /// These were skipped.
    pub(crate) fn miss(&mut self, now: Instant, numbers: Range<u64>, counts: bool) {
        let unseen = std::mem::take(&mut self.unseen);
        if counts {
            self.counts.pretended += unseen;
        }
        if numbers.is_empty() || numbers.end - numbers.start > MAX_MISSING {
            return;
        }
        for number in numbers {
            let missing = Missing {
                counts,
                requests: 0,
                first_request: None,
                next_request: now,
            };
            self.missing.insert(number, missing);
        }
        self.next.get_or_insert(now + INTERVAL);
    }

    /// It came after all, without having been sent again.
    pub(crate) fn arrive(&mut self, number: u64) {
        self.missing.remove(&number);
    }

    /// It was sent again; whether it was missed.
    pub(crate) fn recover(&mut self, now: Instant, number: u64) -> bool {
        let Some(missing) = self.missing.remove(&number) else {
            return false;
        };
        if missing.counts {
            let since = missing
                .first_request
                .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
            self.counts.served += 1;
            self.counts.late += u64::from(missing.requests > 1);
            self.counts.delay.add(since);
        }
        true
    }

    /// What to ask for now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<u16> {
        if self.next.is_none_or(|next| next > now) {
            return Vec::new();
        }
        let (mut ask, mut given_up) = (Vec::new(), Vec::new());
        for (number, missing) in &mut self.missing {
            if missing.next_request > now {
                continue;
            }
            if missing.requests == MAX_REQUESTS {
                given_up.push(*number);
                continue;
            }
            missing.requests += 1;
            if missing.first_request.is_none() {
                missing.first_request = Some(now);
                self.counts.asked += u64::from(missing.counts);
            }
            missing.next_request = now + AGAIN;
            ask.push(*number as u16);
        }
        for number in given_up {
            self.give_up(number);
        }
        self.next = (!self.missing.is_empty()).then_some(now + INTERVAL);
        ask
    }

    /// When [`Self::due`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Starts counting anew.
    pub(crate) fn restart(&mut self) {
        self.counts = RecoveryCounts::default();
        for missing in self.missing.values_mut() {
            missing.counts = false;
        }
    }

    /// The counts; what was asked for and did not come until now never came.
    pub(crate) fn conclude(&mut self) -> RecoveryCounts {
        let open = self
            .missing
            .values()
            .filter(|missing| missing.counts && missing.requests > 0);
        self.counts.never += open.count() as u64;
        std::mem::take(&mut self.counts)
    }

    fn give_up(&mut self, number: u64) {
        if let Some(missing) = self.missing.remove(&number) {
            self.counts.never += u64::from(missing.counts);
        }
    }
}

/// Decides which packets a receiver loses.
#[derive(Debug)]
pub(crate) struct Dice {
    random: fastrand::Rng,
    /// Of 2^32.
    threshold: u32,
}

impl Dice {
    /// Loses so many per cent.
    pub(crate) fn new(percent: f64, seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            threshold: (percent / 100.0 * f64::from(u32::MAX)) as u32,
        }
    }

    /// Whether the next packet is lost.
    pub(crate) fn loses(&mut self) -> bool {
        self.random.u32(..) < self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_missing_is_asked_for_in_batches_and_again() {
        let now = Instant::now();
        let mut recovery = Recovery::new();
        recovery.miss(now, 70_000..70_003, true);
        recovery.arrive(70_001);
        assert!(recovery.due(now + 19 * MS).is_empty());
        assert_eq!(recovery.due(now + 20 * MS), [4_464, 4_466]);
        assert!(recovery.recover(now + 30 * MS, 70_000));
        assert!(!recovery.recover(now + 31 * MS, 70_000));
        assert!(recovery.due(now + 40 * MS).is_empty());
        assert_eq!(recovery.due(now + 130 * MS), [4_466]);
        assert!(recovery.recover(now + 150 * MS, 70_002));
        let counts = recovery.conclude();
        assert_eq!(
            (counts.asked, counts.served, counts.late, counts.never),
            (2, 2, 1, 0)
        );
        assert_eq!(counts.delay.max_ms(), 130.0);
    }

    #[test]
    fn what_never_comes_is_given_up_and_counted_once() {
        let now = Instant::now();
        let mut recovery = Recovery::new();
        recovery.miss(now, 5..6, true);
        recovery.miss(now, 7..8, false);
        let asked: usize = (0..200)
            .map(|step| recovery.due(now + step * 10 * MS).len())
            .sum();
        assert_eq!(asked, 2 * usize::from(MAX_REQUESTS));
        assert_eq!(recovery.poll_timeout(), None);
        let counts = recovery.conclude();
        assert_eq!((counts.asked, counts.served, counts.never), (1, 0, 1));
        assert_eq!(recovery.conclude().never, 0);
    }

    #[test]
    fn a_hole_too_large_is_left() {
        let now = Instant::now();
        let mut recovery = Recovery::new();
        recovery.miss(now, 0..MAX_MISSING + 1, true);
        assert_eq!(recovery.poll_timeout(), None);
    }

    #[test]
    fn dice_lose_what_they_are_told() {
        for percent in [0.0, 2.0, 50.0] {
            let mut dice = Dice::new(percent, 1);
            let lost = (0..100_000).filter(|_| dice.loses()).count() as f64 / 1_000.0;
            assert!((lost - percent).abs() < 0.5, "{lost}");
        }
    }
}
