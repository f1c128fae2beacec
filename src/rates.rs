//! How often one address does something: keyed rate limits whose memory is bounded. Knows nothing of
//! what is done. The only file that names governor.

use std::{
    collections::HashMap,
    fmt, mem,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::StateStore,
};

use crate::config::{Rate, RateConfig};

/// Addresses of one age of which is remembered how often they did a thing: 3 MB, and there are two
/// ages.
pub const ADDRESSES: usize = 65_536;

/// Every limit of an address.
#[derive(Debug)]
pub struct Rates {
    /// On requests.
    pub requests: PerAddress,
    /// On rooms entered.
    pub joins: PerAddress,
}

impl Rates {
    /// As configured.
    #[must_use]
    pub fn new(config: &RateConfig) -> Self {
        Self {
            requests: PerAddress::new(config.requests),
            joins: PerAddress::new(config.joins),
        }
    }

    /// As configured anew; what was done before is forgotten.
    pub fn replace(&self, config: &RateConfig) {
        self.requests.replace(config.requests);
        self.joins.replace(config.joins);
    }
}

/// A limit on what one address (one /64 in IPv6) does.
pub struct PerAddress<C: Clock = MonotonicClock>(RwLock<Limit<C>>);

type Limiter<C> = RateLimiter<IpAddr, Store, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// A rate, and what holds to it; nothing does where it is without limit.
struct Limit<C: Clock> {
    rate: Rate,
    limiters: Option<Limiters<C>>,
}

/// Both look at the same counts; one leaves them as they are.
struct Limiters<C: Clock> {
    count: Limiter<C>,
    look: Limiter<C>,
}

impl PerAddress {
    /// A limit at this rate, or none.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::by_clock(rate, &MonotonicClock)
    }

    /// This rate from now on; if it is another one, what was done before is forgotten.
    pub fn replace(&self, rate: Rate) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if now.rate != rate {
            *now = Limit::new(rate, &MonotonicClock);
        }
    }
}

impl<C: Clock + Clone> PerAddress<C> {
    fn by_clock(rate: Rate, clock: &C) -> Self {
        Self(RwLock::new(Limit::new(rate, clock)))
    }

    /// Counts what an address does.
    ///
    /// # Errors
    /// It did that too often: how long it has to wait.
    pub fn count(&self, from: IpAddr) -> Result<(), Duration> {
        self.ask(from, |limiters| &limiters.count)
    }

    /// The same, without counting it.
    ///
    /// # Errors
    /// As above.
    pub fn look(&self, from: IpAddr) -> Result<(), Duration> {
        self.ask(from, |limiters| &limiters.look)
    }

    fn ask(
        &self,
        from: IpAddr,
        which: impl FnOnce(&Limiters<C>) -> &Limiter<C>,
    ) -> Result<(), Duration> {
        let limit = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(limiters) = &limit.limiters else {
            return Ok(());
        };
        let limiter = which(limiters);
        let wait = |until: NotUntil<C::Instant>| until.wait_time_from(limiter.clock().now());
        limiter.check_key(&household(from)).map_err(wait)
    }
}

impl<C: Clock> fmt::Debug for PerAddress<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerAddress").finish_non_exhaustive()
    }
}

impl<C: Clock + Clone> Limit<C> {
    fn new(rate: Rate, clock: &C) -> Self {
        let limiters = NonZeroU32::new(rate.per_second).map(|per_second| {
            let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_second(per_second).allow_burst(burst);
            let counts = Arc::new(Mutex::new(Counts::default()));
            let limiter = |counted| {
                let counts = Arc::clone(&counts);
                RateLimiter::new(quota, Store { counts, counted }, clock.clone())
            };
            Limiters {
                count: limiter(true),
                look: limiter(false),
            }
        });
        Self { rate, limiters }
    }
}

/// Whom an address belongs to: one subscriber has a /64 of IPv6.
#[must_use]
pub fn household(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Two ages of counts. When the younger is full it becomes the older, and who was in neither for so
/// long is forgotten: whoever has that many addresses is not held by a limit on each.
#[derive(Debug, Default)]
struct Counts {
    young: HashMap<IpAddr, Nanos>,
    old: HashMap<IpAddr, Nanos>,
}

impl Counts {
    fn of(&self, key: &IpAddr) -> Option<Nanos> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn set(&mut self, key: IpAddr, count: Nanos) {
        if self.young.len() >= ADDRESSES && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, count);
    }
}

/// Counts as the library asks for them.
#[derive(Debug)]
struct Store {
    counts: Arc<Mutex<Counts>>,
    counted: bool,
}

impl StateStore for Store {
    type Key = IpAddr;

    fn measure_and_replace<T, F, E>(&self, key: &IpAddr, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // Nothing panics while it is held.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (decision, count) = f(counts.of(key))?;
        if self.counted {
            counts.set(*key, count);
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const RATE: Rate = Rate {
        per_second: 2,
        burst: 3,
    };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_spent_at_once_is_earned_again() {
        let clock = FakeRelativeClock::default();
        let limit = PerAddress::by_clock(RATE, &clock);
        let here = ip("192.0.2.1");
        for _ in 0..3 {
            assert_eq!(limit.look(here), Ok(()));
            assert_eq!(limit.count(here), Ok(()));
        }
        assert_eq!(limit.look(here), Err(Duration::from_millis(500)));
        assert_eq!(limit.count(here), Err(Duration::from_millis(500)));
        assert_eq!(limit.count(ip("192.0.2.2")), Ok(()));
        clock.advance(Duration::from_millis(500));
        assert_eq!(limit.look(here), Ok(()));
        assert_eq!(limit.count(here), Ok(()));
        assert!(limit.count(here).is_err());
    }

    #[test]
    fn one_subscriber_is_a_whole_ipv6_prefix() {
        let limit = PerAddress::by_clock(RATE, &FakeRelativeClock::default());
        for last in 1..=3 {
            let from = format!("2001:db8::{last}");
            assert_eq!(limit.count(ip(&from)), Ok(()));
        }
        assert!(limit.count(ip("2001:db8::ffff")).is_err());
        assert!(limit.count(ip("2001:db8:0:1::1")).is_ok());
        assert_eq!(household(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn no_rate_is_no_limit() {
        let limit = PerAddress::new(RateConfig::unlimited().requests);
        assert!((0..10_000).all(|_| limit.count(ip("192.0.2.1")).is_ok()));
    }

    #[test]
    fn so_many_addresses_are_remembered_and_no_more() {
        let limit = PerAddress::by_clock(RATE, &FakeRelativeClock::default());
        for bits in 0..3 * u32::try_from(ADDRESSES).unwrap() {
            assert!(limit.count(IpAddr::from(bits.to_be_bytes())).is_ok());
        }
        let limiters = limit.0.into_inner().unwrap().limiters.unwrap();
        let counts = limiters.count.into_state_store().counts;
        let counts = counts.lock().unwrap();
        assert!(counts.young.len() <= ADDRESSES && counts.old.len() <= ADDRESSES);
    }
}
