//! Transport-wide congestion control feedback to a sender: when which packet came.
//!
//! Remembers arrivals for half a second and writes feedback packets; estimates nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rtcp::transport_cc::Feedback;

/// Time from a packet to the feedback that tells of it, at most (libwebrtc's default).
const INTERVAL: Duration = Duration::from_millis(100);
/// Packets remembered at most: half a second at 90 Mb/s.
const MAX_PACKETS: usize = 4_096;
/// A longer gap is not told packet by packet: the sender's numbering jumped.
const MAX_GAP: i64 = 3_000;
/// So many packets in a row below all that is remembered: the sender's numbering started again.
const MAX_STALE: u32 = 50;
/// Packets that are told of at once, without waiting for the interval to end.
const EARLY: i64 = 300;
/// Feedback packets keep below this, header included, so that they fit any path with SRTCP.
const MAX_BYTES: usize = 1_150;
/// How long an arrival is remembered after it was told, in ticks: a late packet repeats what came
/// after it.
const MEMORY: i64 = 2_000;
/// Ticks of 250 µs in the reference time's unit of 64 ms.
const TICKS_PER_REFERENCE: i64 = 256;

/// The receiving side of transport-cc, one for a transport.
#[derive(Clone, Debug, Default)]
pub(crate) struct TransportCcReceiver {
    epoch: Option<Instant>,
    /// Arrival ticks by extended number, from `begin` on; the last one is never `None`.
    arrivals: VecDeque<Option<i64>>,
    begin: i64,
    /// The first number not told of.
    next: i64,
    due: Option<Instant>,
    number: u8,
    stale: u32,
}

impl TransportCcReceiver {
    /// A packet came with this transport-wide sequence number.
    pub(crate) fn receive(&mut self, now: Instant, wide_sequence: u16) {
        let epoch = *self.epoch.get_or_insert(now);
        let tick = (now.saturating_duration_since(epoch).as_micros() / 250) as i64;
        let end = self.end();
        // The number nearest to the last.
        let step = i64::from(wide_sequence.wrapping_sub((end - 1) as u16) as i16);
        let sequence = end - 1 + step;
        if self.arrivals.is_empty() || sequence - end > MAX_GAP {
            self.restart(i64::from(wide_sequence), tick);
        } else if sequence >= end {
            self.append(sequence, tick);
        } else if sequence < self.begin {
            self.stale += 1;
            if self.stale < MAX_STALE {
                return;
            }
            self.restart(i64::from(wide_sequence), tick);
        } else {
            self.fill(sequence, tick);
        }
        self.stale = 0;
        if self.next < self.end() {
            let soon = if self.end() - self.next >= EARLY {
                now
            } else {
                now + INTERVAL
            };
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        }
    }

    /// Appends one feedback packet if one is due; `true`: there may be another.
    pub(crate) fn feedback(
        &mut self,
        now: Instant,
        sender_ssrc: u32,
        media_ssrc: u32,
        out: &mut Vec<u8>,
    ) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        let (reference, statuses) = self.statuses();
        if statuses.is_empty() {
            self.due = None;
            return false;
        }
        let feedback = Feedback {
            sender_ssrc,
            media_ssrc,
            base_sequence: self.next as u16,
            reference_time: (reference & 0xFF_FFFF) as u32,
            number: self.number,
            statuses: &statuses,
        };
        feedback.write(out);
        self.number = self.number.wrapping_add(1);
        self.next += statuses.len() as i64;
        if self.next >= self.end() {
            self.due = None;
        }
        self.forget(now);
        true
    }

    /// When [`Self::feedback`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// One more than the highest number.
    fn end(&self) -> i64 {
        self.begin + self.arrivals.len() as i64
    }

    fn restart(&mut self, sequence: i64, tick: i64) {
        self.arrivals.clear();
        self.arrivals.push_back(Some(tick));
        (self.begin, self.next) = (sequence, sequence);
    }

    fn append(&mut self, sequence: i64, tick: i64) {
        let missing = (sequence - self.end()) as usize;
        self.arrivals.extend(std::iter::repeat_n(None, missing));
        self.arrivals.push_back(Some(tick));
        let excess = self.arrivals.len().saturating_sub(MAX_PACKETS);
        self.drop_front(excess);
    }

    /// A number below the highest: what was told of it as missing is told anew.
    fn fill(&mut self, sequence: i64, tick: i64) {
        let slot = self.arrivals.get_mut((sequence - self.begin) as usize);
        if let Some(slot @ None) = slot {
            *slot = Some(tick);
            self.next = self.next.min(sequence);
        }
    }

    /// The reference time, and the statuses from `next` on that fit one packet. They end with a
    /// received one, and before a difference of time that no delta can tell.
    fn statuses(&self) -> (i64, Vec<Option<i16>>) {
        let told = (self.next - self.begin).max(0) as usize;
        let waiting = || self.arrivals.iter().skip(told);
        let reference = waiting()
            .flatten()
            .next()
            .map_or(0, |tick| tick / TICKS_PER_REFERENCE);
        let (mut before, mut delta_bytes) = (reference * TICKS_PER_REFERENCE, 0);
        let (mut statuses, mut whole) = (Vec::new(), 0);
        for arrival in waiting() {
            let delta = match arrival.map(|tick| i16::try_from(tick - before)) {
                None => None,
                Some(Ok(delta)) => Some(delta),
                Some(Err(_)) => break,
            };
            delta_bytes += delta.map_or(0, |delta| if (0..256).contains(&delta) { 1 } else { 2 });
            // At worst a chunk of two bytes tells seven statuses.
            let chunk_bytes = (statuses.len() + 1).div_ceil(7) * 2;
            if 20 + chunk_bytes + delta_bytes > MAX_BYTES {
                break;
            }
            statuses.push(delta);
            if let Some(tick) = arrival {
                (before, whole) = (*tick, statuses.len());
            }
        }
        statuses.truncate(whole);
        (reference, statuses)
    }

    /// Drops what was told and is old.
    fn forget(&mut self, now: Instant) {
        let Some(epoch) = self.epoch else { return };
        let tick = (now.saturating_duration_since(epoch).as_micros() / 250) as i64;
        let told = (self.next - self.begin).max(0) as usize;
        // One is kept: the next number is unwrapped by it.
        let told = told.min(self.arrivals.len().saturating_sub(1));
        let old = |arrival: &Option<i64>| arrival.is_some_and(|arrived| tick - arrived > MEMORY);
        let drop = self
            .arrivals
            .iter()
            .take(told)
            .rposition(old)
            .map_or(0, |last| last + 1);
        self.drop_front(drop);
    }

    fn drop_front(&mut self, count: usize) {
        self.arrivals.drain(..count);
        self.begin += count as i64;
        self.next = self.next.max(self.begin);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_rtcp::packet::unmarshal;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
        PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
    };

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[allow(clippy::disallowed_methods)]
    fn receiver() -> (TransportCcReceiver, Instant) {
        (TransportCcReceiver::default(), Instant::now())
    }

    /// Feedback as the sender reads it: number, microseconds since the reference epoch.
    fn read(bytes: &[u8]) -> (TransportLayerCc, Vec<(u16, Option<i64>)>) {
        let packets = unmarshal(&mut &bytes[..]).unwrap();
        let feedback = packets[0]
            .as_any()
            .downcast_ref::<TransportLayerCc>()
            .unwrap()
            .clone();
        let symbols = feedback.packet_chunks.iter().flat_map(|chunk| match chunk {
            PacketStatusChunk::RunLengthChunk(run) => {
                vec![run.packet_status_symbol; usize::from(run.run_length)]
            }
            PacketStatusChunk::StatusVectorChunk(vector) => vector.symbol_list.clone(),
        });
        let mut time = i64::from(feedback.reference_time) * 64_000;
        let mut deltas = feedback.recv_deltas.iter();
        let statuses = symbols
            .take(usize::from(feedback.packet_status_count))
            .enumerate()
            .map(|(index, symbol)| {
                let number = feedback.base_sequence_number.wrapping_add(index as u16);
                let arrival = (symbol != SymbolTypeTcc::PacketNotReceived).then(|| {
                    time += deltas.next().unwrap().delta;
                    time
                });
                (number, arrival)
            })
            .collect();
        (feedback, statuses)
    }

    fn all_feedback(receiver: &mut TransportCcReceiver, now: Instant) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        loop {
            let mut out = Vec::new();
            if !receiver.feedback(now, 1, 2, &mut out) {
                return packets;
            }
            assert!(out.len() <= MAX_BYTES + 4, "{} bytes", out.len());
            packets.push(out);
        }
    }

    fn only_feedback(receiver: &mut TransportCcReceiver, now: Instant) -> Vec<(u16, Option<i64>)> {
        let packets = all_feedback(receiver, now);
        assert_eq!(packets.len(), 1);
        read(&packets[0]).1
    }

    #[test]
    fn arrivals_are_told_after_the_interval() {
        let (mut receiver, start) = receiver();
        assert_eq!(receiver.poll_timeout(), None);
        receiver.receive(start, 65_535);
        receiver.receive(start + 10 * MS, 0);
        receiver.receive(start + 30 * MS, 2);
        assert_eq!(receiver.poll_timeout(), Some(start + INTERVAL));
        assert_eq!(all_feedback(&mut receiver, start + 99 * MS).len(), 0);
        let statuses = only_feedback(&mut receiver, start + 100 * MS);
        let expected = [
            (65_535, Some(0)),
            (0, Some(10_000)),
            (1, None),
            (2, Some(30_000)),
        ];
        assert_eq!(statuses, expected);
        assert_eq!(receiver.poll_timeout(), None);
    }

    #[test]
    fn packet_lost_between_two_feedbacks_is_told_in_the_second() {
        let (mut receiver, start) = receiver();
        receiver.receive(start, 1);
        only_feedback(&mut receiver, start + 100 * MS);
        receiver.receive(start + 120 * MS, 3);
        let statuses = only_feedback(&mut receiver, start + 220 * MS);
        assert_eq!(statuses, [(2, None), (3, Some(120_000))]);
    }

    #[test]
    fn late_packet_is_told_with_what_came_after_it() {
        let (mut receiver, start) = receiver();
        receiver.receive(start, 1);
        receiver.receive(start + MS, 3);
        only_feedback(&mut receiver, start + 100 * MS);
        receiver.receive(start + 110 * MS, 2);
        receiver.receive(start + 110 * MS, 2);
        let statuses = only_feedback(&mut receiver, start + 210 * MS);
        assert_eq!(statuses, [(2, Some(110_000)), (3, Some(1_000))]);
    }

    #[test]
    fn difference_beyond_a_delta_starts_a_new_feedback_packet() {
        let (mut receiver, start) = receiver();
        receiver.receive(start, 1);
        receiver.receive(start + Duration::from_secs(9), 2);
        let packets = all_feedback(&mut receiver, start + Duration::from_secs(10));
        let read: Vec<_> = packets.iter().map(|packet| read(packet)).collect();
        assert_eq!(read[0].1, [(1, Some(0))]);
        assert_eq!(read[1].1, [(2, Some(9_000_000))]);
        assert_eq!((read[0].0.fb_pkt_count, read[1].0.fb_pkt_count), (0, 1));
    }

    #[test]
    fn many_packets_are_told_early_and_in_several_packets() {
        let (mut receiver, start) = receiver();
        for sequence in 0..3_000 {
            receiver.receive(start + MS, sequence);
        }
        assert_eq!(receiver.poll_timeout(), Some(start + MS));
        let packets = all_feedback(&mut receiver, start + MS);
        assert!(packets.len() > 1);
        let told: usize = packets.iter().map(|packet| read(packet).1.len()).sum();
        assert_eq!(told, 3_000);
    }

    #[test]
    fn jump_of_the_numbering_is_not_told_as_loss() {
        let (mut receiver, start) = receiver();
        receiver.receive(start, 1);
        receiver.receive(start, 20_000);
        assert_eq!(
            only_feedback(&mut receiver, start + INTERVAL),
            [(20_000, Some(0))]
        );
        // Backwards it takes some packets until a restart is believed.
        for sequence in 5_000..5_000 + MAX_STALE as u16 {
            receiver.receive(start + INTERVAL, sequence);
        }
        let statuses = only_feedback(&mut receiver, start + INTERVAL * 2);
        assert_eq!(statuses, [(5_049, Some(100_000))]);
    }

    #[test]
    fn memory_is_bounded_without_any_feedback() {
        let (mut receiver, start) = receiver();
        for step in 0..200_000u32 {
            receiver.receive(start + MS * step, (step * 3) as u16);
        }
        assert!(receiver.arrivals.len() <= MAX_PACKETS);
        assert!(!all_feedback(&mut receiver, start + MS * 200_000).is_empty());
    }

    #[test]
    fn told_arrivals_are_forgotten_after_half_a_second() {
        let (mut receiver, start) = receiver();
        for step in 0..2_000u32 {
            receiver.receive(start + MS * step, step as u16);
            all_feedback(&mut receiver, start + MS * step);
        }
        assert!(
            receiver.arrivals.len() <= 700,
            "{}",
            receiver.arrivals.len()
        );
    }

    proptest! {
        /// Every packet that came is told at least once with its time, whatever the order.
        #[test]
        fn every_arrival_is_told(
            first in any::<u16>(),
            steps in proptest::collection::vec((0u64..40, -5i32..20, 0u32..30), 1..300),
        ) {
            let (mut receiver, mut now) = receiver();
            let start = now;
            let (mut sequence, mut came) = (i32::from(first), Vec::new());
            let mut told = std::collections::HashMap::new();
            for (wait, step, pause) in steps {
                now += Duration::from_millis(wait + if pause == 0 { 9_000 } else { 0 });
                sequence += step;
                // A packet that overtook the very first one is not told of.
                let before_all = came.first().is_some_and(|(number, _)| (sequence as u16).wrapping_sub(*number) as i16 <= 0);
                if !before_all {
                    receiver.receive(now, sequence as u16);
                    if came.iter().all(|(number, _)| *number != sequence as u16) {
                        came.push((sequence as u16, now));
                    }
                }
                for packet in all_feedback(&mut receiver, now) {
                    told.extend(read(&packet).1.into_iter().filter(|(_, time)| time.is_some()));
                }
            }
            for packet in all_feedback(&mut receiver, now + INTERVAL) {
                told.extend(read(&packet).1.into_iter().filter(|(_, time)| time.is_some()));
            }
            // The receiver's clock starts with the first packet.
            let epoch = came.first().map_or(start, |(_, time)| *time);
            let late = |number: u16, time: Instant| {
                // Late by more than the memory: allowed to be forgotten.
                came.iter().any(|(other, at)| {
                    (other.wrapping_sub(number) as i16) > 0 && *at + MS * 500 < time
                })
            };
            for (number, time) in &came {
                let expected = Some((*time - epoch).as_micros() as i64);
                if !late(*number, *time) {
                    prop_assert_eq!(told.get(number), Some(&expected));
                }
            }
        }
    }
}
