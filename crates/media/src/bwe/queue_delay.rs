//! The time packets stand in a queue: one-way delay above the least that was seen.
//!
//! A stalled process or a radio's pause makes single packets late, a full link makes all of them
//! late: the least delay of the last moments tells both apart.

/// The last moments: so many slots of so many microseconds.
const RECENT: (usize, i64) = (4, 50_000);
/// The moments say something when they reach back so many slots: what a stalled reader finds waiting
/// for it all comes at once.
const SPAN: i64 = 2;
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

    /// Microseconds every packet of the last 200 ms stood in a queue; 0 when they came at once.
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
        let now = arrival / RECENT.1;
        let fresh = || {
            self.recent
                .iter()
                .flatten()
                .filter(|(slot, _)| now - slot < RECENT.0 as i64)
        };
        let reaches_back = fresh().any(|(slot, _)| now - slot >= SPAN);
        if reaches_back {
            fresh().map(|(_, least)| *least).min()
        } else {
            None
        }
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
    fn burst_after_a_stall_is_no_queue() {
        let mut delay = QueueDelay::default();
        for step in 0..50 {
            delay.update(step * 20_000, 0);
        }
        // Half a second later, all at once: the first are as late as the stall was long.
        for late in (0..25).rev() {
            delay.update(1_500_000, late * 20_000);
            assert_eq!(delay.standing(1_500_000), 0);
        }
        for step in 75..100 {
            delay.update(step * 20_000, 0);
            assert_eq!(delay.standing(step * 20_000), 0);
        }
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
