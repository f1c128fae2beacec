//! A seeded, sans-IO network emulator for tests: one direction of one link, in virtual time.
//!
//! Datagrams go in with [`Netem::push`] and come out of [`Netem::poll`] when they are due. In order:
//! loss, burst loss, duplication, corruption, the rate limit with its queue, delay with jitter,
//! explicit reordering. The same seed, configuration and pushes give the same output, bit for bit.
//!
//! It must not read a clock, open a socket or know what a datagram contains.
//!
//! ```
//! use std::time::{Duration, Instant};
//! # #[allow(clippy::disallowed_methods)]
//! # let now = Instant::now();
//! let config = netem::Config { delay: Duration::from_millis(20), ..netem::Config::default() };
//! let mut link = netem::Netem::new(config, 1);
//! link.push(now, b"hello".to_vec());
//! assert_eq!(link.poll(now), None);
//! let due = link.poll_timeout().expect("one datagram is under way");
//! assert_eq!(due, now + Duration::from_millis(20));
//! assert_eq!(link.poll(due).as_deref(), Some(&b"hello"[..]));
//! ```
#![forbid(unsafe_code)]

mod config;
mod random;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

pub use config::{Burst, Config, RateLimit, Reorder};
pub use random::Random;

/// One direction of an emulated link.
#[derive(Debug)]
pub struct Netem {
    config: Config,
    random: Random,
    in_burst: bool,
    /// When the rate limiter has sent everything it took.
    link_free: Option<Instant>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    serial: u64,
    stats: Stats,
}

/// What happened to the datagrams so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams pushed.
    pub pushed: u64,
    /// Datagrams polled, duplicates included.
    pub delivered: u64,
    /// Lost at random or in a burst.
    pub lost: u64,
    /// Lost because the queue of the rate limit was full.
    pub queue_full: u64,
    /// Sent twice.
    pub duplicated: u64,
    /// Delivered with one bit flipped.
    pub corrupted: u64,
    /// Held back to arrive after later ones.
    pub reordered: u64,
}

/// Ordered by due time, then by arrival: equal times keep their order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    due: Instant,
    serial: u64,
    datagram: Vec<u8>,
}

impl Netem {
    /// A link with nothing under way.
    ///
    /// # Panics
    ///
    /// When `config` holds a probability outside `0..=1` or a rate of zero.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        config.assert_valid();
        Self {
            config,
            random: Random::new(seed),
            in_burst: false,
            link_free: None,
            under_way: BinaryHeap::new(),
            serial: 0,
            stats: Stats::default(),
        }
    }

    /// Changes the link from now on; what is under way arrives as it was planned.
    ///
    /// # Panics
    ///
    /// As [`Netem::new`].
    pub fn set_config(&mut self, config: Config) {
        config.assert_valid();
        self.config = config;
    }

    /// Sends a datagram into the link.
    pub fn push(&mut self, now: Instant, datagram: Vec<u8>) {
        self.stats.pushed += 1;
        if self.is_lost() {
            self.stats.lost += 1;
            return;
        }
        if self.random.chance(self.config.duplicate) {
            self.stats.duplicated += 1;
            self.schedule(now, datagram.clone());
        }
        self.schedule(now, datagram);
    }

    /// The next datagram that is due at `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.under_way.peek()?.0.due > now {
            return None;
        }
        self.stats.delivered += 1;
        self.under_way.pop().map(|entry| entry.0.datagram)
    }

    /// When the next datagram is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.peek().map(|entry| entry.0.due)
    }

    /// Counters since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn is_lost(&mut self) -> bool {
        let independent = self.random.chance(self.config.loss);
        let Some(burst) = self.config.burst else {
            return independent;
        };
        let turn = if self.in_burst {
            burst.leave
        } else {
            burst.enter
        };
        if self.random.chance(turn) {
            self.in_burst = !self.in_burst;
        }
        let loss = if self.in_burst {
            burst.loss_in_burst
        } else {
            0.0
        };
        self.random.chance(loss) || independent
    }

    fn schedule(&mut self, now: Instant, mut datagram: Vec<u8>) {
        if self.random.chance(self.config.corrupt) && !datagram.is_empty() {
            self.stats.corrupted += 1;
            let bit = self.random.below(datagram.len() as u64 * 8);
            datagram[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
        let Some(sent) = self.pass_rate_limit(now, datagram.len()) else {
            self.stats.queue_full += 1;
            return;
        };
        let due = sent + self.travel_time();
        self.serial += 1;
        self.under_way.push(Reverse(UnderWay {
            due,
            serial: self.serial,
            datagram,
        }));
    }

    /// When the last bit has left the queue; `None` when the queue is full.
    fn pass_rate_limit(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let Some(rate) = self.config.rate else {
            return Some(now);
        };
        let start = self.link_free.map_or(now, |free| free.max(now));
        let backlog = rate.bytes_in(start.duration_since(now));
        if backlog + bytes as u64 > rate.queue_bytes {
            return None;
        }
        let end = start + rate.time_for(bytes as u64);
        self.link_free = Some(end);
        Some(end)
    }

    fn travel_time(&mut self) -> Duration {
        let Config { delay, jitter, .. } = self.config;
        let spread = u64::try_from(jitter.as_nanos() * 2).unwrap_or(u64::MAX);
        let offset = Duration::from_nanos(self.random.below(spread.saturating_add(1)));
        let mut travel = (delay + offset).saturating_sub(jitter);
        if let Some(reorder) = self.config.reorder
            && self.random.chance(reorder.probability)
        {
            self.stats.reordered += 1;
            travel += reorder.hold;
        }
        travel
    }
}
