//! Puts packets that left the sender together into groups and compares neighbours
//! (draft-ietf-rmcat-gcc-02 §5.2).

use std::time::{Duration, Instant};

/// Packets sent within so long of a group's first belong to it: one burst of the pacer.
const BURST_MICROS: i64 = 5_000;
/// Silence after which the past says nothing of the path (and a 24-bit clock may have wrapped).
const SILENCE: Duration = Duration::from_secs(10);
/// A difference between both clocks no queue makes: the sender's clock jumped.
const JUMP_MICROS: i64 = 3_000_000;
/// Units of abs-send-time in a second: 6.18 fixed point.
const UNITS_PER_SECOND: i64 = 1 << 18;

/// A finished group against the one before it. All times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupDelta {
    /// Between the last departures.
    pub(super) sent: i64,
    /// Between the last arrivals.
    pub(super) arrived: i64,
    /// When the group's last packet came, since some epoch.
    pub(super) arrival: i64,
    /// Its time on the way, up to a constant.
    pub(super) one_way: i64,
}

/// What a packet brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouped {
    /// Nothing to compare yet.
    Nothing,
    /// A group is complete.
    Delta(GroupDelta),
    /// The past was forgotten.
    Reset,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    arrival: i64,
}

/// Departure clock, arrival clock, and two groups.
#[derive(Clone, Debug, Default)]
pub(super) struct ArrivalGroups {
    epoch: Option<Instant>,
    /// The last departure on the wire, and unwrapped in units.
    clock: Option<(u32, i64)>,
    current: Option<Group>,
    previous: Option<Group>,
}

impl ArrivalGroups {
    /// Takes a packet's 24-bit abs-send-time.
    pub(super) fn receive(&mut self, now: Instant, abs_send_time: u32) -> Grouped {
        let epoch = *self.epoch.get_or_insert(now);
        let arrival = now.saturating_duration_since(epoch).as_micros() as i64;
        let sent = self.unwrap(abs_send_time);
        let Some(current) = &mut self.current else {
            self.current = Some(Group {
                first_sent: sent,
                last_sent: sent,
                arrival,
            });
            return Grouped::Nothing;
        };
        let (waited, elapsed) = (arrival - current.arrival, sent - current.last_sent);
        if waited > SILENCE.as_micros() as i64 || (waited - elapsed).abs() > JUMP_MICROS {
            self.previous = None;
            self.current = Some(Group {
                first_sent: sent,
                last_sent: sent,
                arrival,
            });
            return Grouped::Reset;
        }
        if sent < current.first_sent {
            // Overtaken: it tells of reordering, not of a queue.
            return Grouped::Nothing;
        }
        if sent - current.first_sent <= BURST_MICROS {
            current.last_sent = current.last_sent.max(sent);
            current.arrival = arrival;
            return Grouped::Nothing;
        }
        let finished = *current;
        *current = Group {
            first_sent: sent,
            last_sent: sent,
            arrival,
        };
        let previous = self.previous.replace(finished);
        previous.map_or(Grouped::Nothing, |previous| {
            Grouped::Delta(finished.since(&previous))
        })
    }

    /// Microseconds of the sender's clock, without its wraps each 64 s.
    fn unwrap(&mut self, wire: u32) -> i64 {
        let wire = wire & 0xFF_FFFF;
        let units = match self.clock {
            None => i64::from(wire),
            // The nearest moment: the difference as a signed 24-bit number.
            Some((last, units)) => units + i64::from((wire.wrapping_sub(last) << 8) as i32 >> 8),
        };
        self.clock = Some((wire, units));
        units * 1_000_000 / UNITS_PER_SECOND
    }
}

impl Group {
    fn since(&self, previous: &Self) -> GroupDelta {
        GroupDelta {
            sent: self.last_sent - previous.last_sent,
            arrived: self.arrival - previous.arrival,
            arrival: self.arrival,
            one_way: self.arrival - self.last_sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        groups: ArrivalGroups,
        start: Instant,
    }

    impl Bench {
        #[allow(clippy::disallowed_methods)]
        fn new() -> Self {
            Self {
                groups: ArrivalGroups::default(),
                start: Instant::now(),
            }
        }

        /// Times in milliseconds.
        fn receive(&mut self, sent: u64, arrived: u64) -> Grouped {
            let wire = (sent * UNITS_PER_SECOND as u64 / 1_000) as u32;
            self.groups
                .receive(self.start + Duration::from_millis(arrived), wire)
        }
    }

    #[test]
    fn bursts_are_compared_by_their_last_packets() {
        let mut bench = Bench::new();
        for (sent, arrived) in [(100, 0), (103, 4), (120, 30), (124, 36)] {
            assert_eq!(bench.receive(sent, arrived), Grouped::Nothing);
        }
        let Grouped::Delta(delta) = bench.receive(140, 50) else {
            panic!()
        };
        assert!((delta.sent - 21_000).abs() <= 8, "{delta:?}");
        assert_eq!((delta.arrived, delta.arrival), (32_000, 36_000));
    }

    #[test]
    fn departure_clock_may_wrap() {
        let mut bench = Bench::new();
        let mut deltas = Vec::new();
        for step in 0..20 {
            if let Grouped::Delta(delta) = bench.receive(63_900 + step * 20, step * 20) {
                deltas.push(delta);
            }
        }
        assert_eq!(deltas.len(), 17 + 1);
        assert!(
            deltas
                .iter()
                .all(|delta| (delta.sent - delta.arrived).abs() <= 8),
            "{deltas:?}"
        );
    }

    #[test]
    fn overtaken_packet_is_not_compared() {
        let mut bench = Bench::new();
        bench.receive(100, 0);
        bench.receive(120, 20);
        assert_eq!(bench.receive(110, 21), Grouped::Nothing);
        assert!(matches!(bench.receive(140, 40), Grouped::Delta(_)));
    }

    #[test]
    fn silence_and_clock_jumps_forget_the_past() {
        let mut bench = Bench::new();
        bench.receive(100, 0);
        assert_eq!(bench.receive(12_100, 12_000), Grouped::Reset);
        assert_eq!(bench.receive(30_000, 12_020), Grouped::Reset);
        assert_eq!(bench.receive(30_020, 12_040), Grouped::Nothing);
    }
}
