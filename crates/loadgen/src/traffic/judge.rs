//! A sampled receiver's view of one stream: every byte, the order, and how long packets took.

use std::time::Duration;

use super::{
    clock::Arrival,
    harvest::{Errors, Gap},
    payload::Stamp,
};
use crate::measure::Histogram;

/// Judges what one stream delivers.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    last: Option<Stamp>,
    picture_id: Option<u16>,
    last_arrival: Option<Arrival>,
    /// Watches for silence while others join.
    gap: Option<Gap>,
    /// Latencies of packets in the window.
    pub(crate) latency: Histogram,
    /// Packets in the window.
    pub(crate) verified: u64,
}

impl Judge {
    /// A judge; `watch` makes it look for silence, too.
    pub(crate) fn new(watch: bool) -> Self {
        Self {
            gap: watch.then(Gap::default),
            ..Self::default()
        }
    }

    /// A packet as it came off the wire, its bytes already compared.
    pub(crate) fn media(
        &mut self,
        stamp: Stamp,
        picture_id: Option<u16>,
        arrival: Arrival,
        counts: bool,
        errors: &mut Errors,
    ) {
        if counts {
            self.verified += 1;
            self.latency.add(arrival.real.saturating_sub(stamp.sent));
        }
        let last = self.last.filter(|last| last.encoding == stamp.encoding);
        if let Some(last) = last {
            if stamp.index <= last.index {
                errors.out_of_order += 1;
                return;
            }
            let pictures = stamp.picture.wrapping_sub(last.picture);
            let ids = self.picture_id.zip(picture_id);
            let same = |(before, now): (u16, u16)| {
                now.wrapping_sub(before) & 0x7FFF == pictures as u16 & 0x7FFF
            };
            errors.picture_ids += u64::from(!ids.is_none_or(same));
        }
        self.watch(stamp.sent, arrival);
        (self.last, self.picture_id, self.last_arrival) = (Some(stamp), picture_id, Some(arrival));
    }

    /// A packet that was sent again: its bytes count, its order and time do not.
    pub(crate) fn repeated(&mut self, counts: bool) {
        self.verified += u64::from(counts);
    }

    /// The longest silence until now; it is watched no longer.
    pub(crate) fn take_gap(&mut self) -> Option<Gap> {
        self.gap.take()
    }

    /// Forgets what the window before counted.
    pub(crate) fn restart(&mut self) {
        self.latency.clear();
        self.verified = 0;
    }

    fn watch(&mut self, sent: Duration, arrival: Arrival) {
        let (Some(gap), Some(last), Some(before)) = (&mut self.gap, self.last, self.last_arrival)
        else {
            return;
        };
        let silence = arrival.real.saturating_sub(before.real);
        let added = silence.saturating_sub(sent.saturating_sub(last.sent));
        gap.longest = gap.longest.max(silence);
        gap.added = gap.added.max(added);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn stamp(index: u64, sent: u32) -> Stamp {
        Stamp {
            publisher: 0,
            encoding: 0,
            index,
            picture: index as u32 / 2,
            key: false,
            start: true,
            sent: sent * MS,
        }
    }

    fn judge(packets: &[(u64, u16, u32, u32)]) -> (Judge, Errors) {
        let (mut judge, mut errors, now) = (Judge::new(true), Errors::default(), Instant::now());
        for (index, picture_id, sent, came) in packets {
            let arrival = Arrival {
                at: now,
                real: *came * MS,
            };
            judge.media(
                stamp(*index, *sent),
                Some(*picture_id),
                arrival,
                true,
                &mut errors,
            );
        }
        (judge, errors)
    }

    #[test]
    fn a_good_stream_is_measured() {
        let (mut judge, errors) = judge(&[
            (0, 0x7FFF, 100, 101),
            (1, 0x7FFF, 100, 102),
            (2, 0, 132, 140),
            (6, 2, 200, 203),
        ]);
        assert_eq!(errors, Errors::default());
        assert_eq!((judge.verified, judge.latency.count()), (4, 4));
        assert_eq!(judge.latency.max_ms(), 8.0);
        let gap = Gap {
            longest: 63 * MS,
            added: 6 * MS,
        };
        assert_eq!(judge.take_gap(), Some(gap));
        assert_eq!(judge.take_gap(), None);
    }

    #[test]
    fn disorder_and_wrong_picture_ids_are_errors() {
        let (_, errors) = judge(&[(5, 1, 0, 0), (3, 1, 0, 0), (6, 1, 0, 0), (8, 4, 0, 0)]);
        assert_eq!((errors.out_of_order, errors.picture_ids), (1, 2));
    }
}
