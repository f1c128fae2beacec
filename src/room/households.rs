//! Counts per household, with a bound: one address, or one /64 of IPv6, since a client has all of
//! it.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::rates::household;

/// How much each household has.
#[derive(Debug)]
pub(super) struct Households {
    /// How much one may have; 0 is without limit.
    max: AtomicUsize,
    used: Mutex<HashMap<IpAddr, usize>>,
}

impl Households {
    /// Nobody has anything; each may have `max`, or anything if that is 0.
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max: max.into(),
            used: Mutex::default(),
        })
    }

    /// A place for the household of `address`, if it has fewer than it may.
    pub(super) fn acquire(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let household = household(address);
        let mut all = self.used();
        let used = all.get(&household).copied().unwrap_or(0);
        let max = self.max.load(Ordering::Relaxed);
        if max != 0 && used >= max {
            return None;
        }
        all.insert(household, used + 1);
        drop(all);
        Some(Place {
            households: Arc::clone(self),
            household,
        })
    }

    /// Another bound from now on.
    pub(super) fn set_max(&self, max: usize) {
        self.max.store(max, Ordering::Relaxed);
    }

    fn used(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place taken; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Place {
    households: Arc<Households>,
    household: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.households.used();
        if let Some(used) = all.get_mut(&self.household) {
            *used -= 1;
            if *used == 0 {
                all.remove(&self.household);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_household_has_its_share_and_gets_it_back() {
        let households = Households::new(1);
        let place = households.acquire(ip("2001:db8::1")).unwrap();
        assert!(households.acquire(ip("2001:db8::2")).is_none());
        assert!(households.acquire(ip("2001:db8:0:1::1")).is_some());
        drop(place);
        assert!(households.acquire(ip("2001:db8::2")).is_some());
        assert!(households.used().is_empty());
    }

    #[test]
    fn zero_is_without_limit() {
        let households = Households::new(0);
        let places: Vec<_> = (0..1000)
            .map(|_| households.acquire(ip("192.0.2.1")).unwrap())
            .collect();
        drop(places);
        assert!(households.used().is_empty());
    }
}
