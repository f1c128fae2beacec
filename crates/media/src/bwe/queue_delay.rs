//! The time packets stand in a queue: one-way delay above the least that was seen.
//!
//! A stalled process or a radio's pause makes single packets late, a full link makes all of them
//! late: the least delay of the last moments tells both apart.

/// The last moments: so many slots of so many microseconds.
const RECENT: (usize, i64) = (4, 50_000);
/// The base is the least of this and the last half minute: paths and clocks drift.
const BASE_HALF: i64 = 30_000_000;

/// Least one-way delays, microseconds up to a constant.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueDelay {
    /// Slot number and least delay in it.
    recent: [Option<(i64, i64)>; RECENT.0],
    /// Half minute, least in it, least in the one before.
    base: Option<(i64, i64, i64)>,
}

impl QueueDelay {
    /// Takes a group's arrival and one-way delay.
    pub(super) fn update(&mut self, arrival: i64, one_way: i64) {
        let slot = arrival / RECENT.1;
        let least = &mut self.recent[slot.rem_euclid(RECENT.0 as i64) as usize];
        *least = match *least {
            Some((same, least)) if same == slot => Some((slot, least.min(one_way))),
            _ => Some((slot, one_way)),
        };
        let half = arrival / BASE_HALF;
        self.base = Some(match self.base {
            Some((same, least, before)) if same == half => (half, least.min(one_way), before),
            Some((last, least, _)) if last + 1 == half => (half, one_way, least),
            _ => (half, one_way, one_way),
        });
    }

    /// Microseconds every packet of the last 200 ms stood in a queue.
    pub(super) fn standing(&self, arrival: i64) -> i64 {
        let Some((_, least, before)) = self.base else {
            return 0;
        };
        self.recent_least(arrival)
            .map_or(0, |recent| recent - least.min(before))
    }

    /// The delay of now is the path's, not a queue's.
    pub(super) fn rebase(&mut self, arrival: i64) {
        if let (Some((half, ..)), Some(recent)) = (self.base, self.recent_least(arrival)) {
            self.base = Some((half, recent, recent));
        }
    }

    fn recent_least(&self, arrival: i64) -> Option<i64> {
        let oldest = arrival / RECENT.1 - RECENT.0 as i64;
        let fresh = self
            .recent
            .iter()
            .flatten()
            .filter(|(slot, _)| *slot > oldest);
        fresh.map(|(_, least)| *least).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_late_packets_are_no_queue_but_all_late_are() {
        let mut delay = QueueDelay::default();
        for step in 0..50 {
            let late = if step % 3 == 0 { 0 } else { 80_000 };
            delay.update(step * 20_000, -7_000_000 + late);
            assert_eq!(delay.standing(step * 20_000), 0);
        }
        for step in 50..61 {
            delay.update(step * 20_000, -7_000_000 + 40_000);
        }
        assert_eq!(delay.standing(60 * 20_000), 40_000);
    }

    #[test]
    fn longer_path_becomes_the_base_in_a_minute_or_by_rebase() {
        let mut delay = QueueDelay::default();
        delay.update(0, 0);
        for step in 1..3_100 {
            delay.update(step * 20_000, 50_000);
        }
        assert_eq!(delay.standing(3_099 * 20_000), 0);
        delay.update(3_100 * 20_000, 0);
        for step in 3_101..3_120 {
            delay.update(step * 20_000, 50_000);
        }
        assert_eq!(delay.standing(3_119 * 20_000), 50_000);
        delay.rebase(3_119 * 20_000);
        assert_eq!(delay.standing(3_119 * 20_000), 0);
    }
}
