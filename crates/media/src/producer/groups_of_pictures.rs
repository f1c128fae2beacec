//! The newest group of pictures of each of a producer's encodings, within one bound of memory for
//! all of them. Who is sent one is decided elsewhere.
//!
//! The encodings of one source share what is allowed, because nobody knows beforehand how it divides
//! among them. What is too much is the largest group: the smaller ones are whole pictures as well,
//! and a viewer who starts with one is better off than one who starts with none.

use std::time::Instant;

use super::{
    blocks::{BLOCK, Pool},
    group_of_pictures::GroupOfPictures,
};
use crate::{GroupOfPicturesOptions, consumer::Kept, rtp::MediaPacket};

/// What is kept of a producer.
#[derive(Debug)]
pub(super) struct GroupsOfPictures {
    options: GroupOfPicturesOptions,
    /// By encoding.
    groups: Box<[GroupOfPictures]>,
    pool: Pool,
}

impl GroupsOfPictures {
    /// Groups of so many encodings, none of which has started.
    pub(super) fn new(options: GroupOfPicturesOptions, encodings: usize) -> Self {
        Self {
            options,
            groups: (0..encodings).map(|_| GroupOfPictures::new()).collect(),
            pool: Pool::default(),
        }
    }

    /// Takes a packet that was built into `bytes`; a key frame starts a new group of its encoding.
    pub(super) fn push(&mut self, now: Instant, packet: &MediaPacket<'_>, bytes: &[u8]) {
        let Some(group) = self.groups.get_mut(packet.encoding) else {
            return;
        };
        if packet.info.key_frame {
            group.start(now, packet, &mut self.pool);
            self.drop_old(now);
            self.trim();
        }
        let group = &self.groups[packet.encoding];
        if !group.takes(packet) {
            return;
        }
        if group.ends_with(now, packet, self.options.max_duration) || bytes.len() > BLOCK {
            return self.drop_group(packet.encoding);
        }
        let size = GroupOfPictures::size_of(bytes.len());
        if size > self.options.max_bytes {
            return self.drop_group(packet.encoding);
        }
        while self.size() + size > self.options.max_bytes {
            let dropped = self.largest().unwrap_or(packet.encoding);
            self.drop_group(dropped);
            if dropped == packet.encoding {
                return;
            }
        }
        self.groups[packet.encoding].push(now, packet, bytes, &mut self.pool);
    }

    /// Forgets everything until the next key frames.
    pub(super) fn clear(&mut self) {
        (0..self.groups.len()).for_each(|encoding| self.drop_group(encoding));
    }

    /// The newest group of an encoding, where there is one.
    pub(super) fn get(&self, encoding: usize) -> Option<&GroupOfPictures> {
        let group = self.groups.get(encoding);
        group.filter(|group| group.start_sequence().is_some())
    }

    /// A packet that may be sent again.
    pub(super) fn kept(&self, now: Instant, encoding: usize, sequence: u64) -> Option<Kept<'_>> {
        self.groups.get(encoding)?.kept(now, sequence)
    }

    /// Drops what is older than groups get; what sends nothing any more notices nothing by itself.
    fn drop_old(&mut self, now: Instant) {
        for encoding in 0..self.groups.len() {
            if self.groups[encoding].is_older(now, self.options.max_duration) {
                self.drop_group(encoding);
            }
        }
    }

    fn drop_group(&mut self, encoding: usize) {
        self.groups[encoding].clear(&mut self.pool);
        self.trim();
    }

    fn size(&self) -> usize {
        self.groups.iter().map(GroupOfPictures::size).sum()
    }

    /// The encoding whose group is the largest, the highest of several; none when nothing is kept.
    fn largest(&self) -> Option<usize> {
        let sizes = self.groups.iter().map(GroupOfPictures::size).enumerate();
        let largest = sizes.max_by_key(|(_, size)| *size);
        largest.filter(|(_, size)| *size > 0).map(|it| it.0)
    }

    /// Keeps as much memory at hand as the groups will need if they become as large as they were,
    /// and never more than the bound allows for all.
    fn trim(&mut self) {
        let blocks = self.groups.iter().map(GroupOfPictures::blocks);
        let (used, expected) = blocks.fold((0, 0), |(used, expected), one| {
            (used + one.0, expected + one.1)
        });
        let most = self.options.max_bytes / BLOCK + self.groups.len();
        self.pool.truncate(expected.min(most.saturating_sub(used)));
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::LazyLock, time::Duration};

    use super::*;
    use crate::rtp::{codecs::PayloadInfo, outgoing::OutgoingLayout};

    #[allow(clippy::disallowed_methods)]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    fn after(milliseconds: u64) -> Instant {
        *START + Duration::from_millis(milliseconds)
    }

    fn group(max_bytes: usize, seconds: u64) -> GroupsOfPictures {
        groups(1, max_bytes, seconds)
    }

    fn groups(encodings: usize, max_bytes: usize, seconds: u64) -> GroupsOfPictures {
        let options = GroupOfPicturesOptions {
            max_bytes,
            max_duration: Duration::from_secs(seconds),
        };
        GroupsOfPictures::new(options, encodings)
    }

    /// A packet of 1,000 bytes, ten to a frame.
    fn push(group: &mut GroupsOfPictures, at: u64, sequence: u64, key_frame: bool) {
        push_of(group, at, sequence, (sequence / 10) as u32, key_frame);
    }

    fn push_of(group: &mut GroupsOfPictures, at: u64, sequence: u64, frame: u32, key_frame: bool) {
        push_to(group, 0, (at, sequence, frame), key_frame);
    }

    fn push_to(
        groups: &mut GroupsOfPictures,
        encoding: usize,
        (at, sequence, frame): (u64, u64, u32),
        key_frame: bool,
    ) {
        let payload = [sequence as u8; 1_000];
        let mut built = Vec::new();
        OutgoingLayout::new(&[], &[]).build(&mut built, [].into_iter(), &payload);
        let packet = MediaPacket {
            encoding,
            sequence,
            timestamp: frame * 3_000,
            marker: false,
            payload_type: 96,
            info: PayloadInfo {
                key_frame,
                ..PayloadInfo::default()
            },
            payload: &payload,
        };
        groups.push(after(at), &packet, &built);
    }

    fn numbers(group: &GroupsOfPictures, from: u64) -> Vec<u64> {
        let packets = group.groups[0].from(from).map(|(media, _)| {
            assert_eq!(media.payload, [media.sequence as u8; 1_000]);
            media.sequence
        });
        packets.collect()
    }

    fn blocks(groups: &GroupsOfPictures) -> usize {
        let used = groups.groups.iter().map(|group| group.blocks().0);
        used.sum::<usize>() + groups.pool.len()
    }

    #[test]
    fn group_is_the_newest_key_frame_and_what_came_since() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 5, false);
        assert_eq!(group.groups[0].start_sequence(), None);
        push(&mut group, 10, 10, true);
        (11..20).for_each(|n| push(&mut group, 10 + n, n, false));
        assert_eq!(numbers(&group, 0), (10..20).collect::<Vec<_>>());
        assert_eq!(numbers(&group, 18), [18, 19]);
        assert!(numbers(&group, 20).is_empty());
        push(&mut group, 90, 30, true);
        push(&mut group, 91, 25, false);
        assert_eq!(
            (group.groups[0].start_sequence(), numbers(&group, 0)),
            (Some(30), vec![30])
        );
    }

    #[test]
    fn packets_that_come_late_have_their_place() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 10, true);
        for n in [13, 12, 15, 11, 14] {
            push(&mut group, 1, n, false);
        }
        assert_eq!(numbers(&group, 0), [10, 11, 12, 13, 14, 15]);
        let live = group.groups[0].live().unwrap();
        assert_eq!((live.at, live.timestamp), (after(0), 3_000));
        push(&mut group, 7, 21, false);
        push(&mut group, 8, 20, false);
        assert_eq!(group.groups[0].live().unwrap().at, after(7));
    }

    #[test]
    fn key_frame_whose_first_packet_comes_late_is_whole() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        (1..100).for_each(|n| push(&mut group, n, n, false));
        (101..104).for_each(|n| push(&mut group, 110, n, false));
        push(&mut group, 150, 100, true);
        assert_eq!(numbers(&group, 0), [100, 101, 102, 103]);
        assert_eq!(group.size(), 4 * GroupOfPictures::size_of(1_032));
        assert_eq!(group.groups[0].live().unwrap().at, after(110));
    }

    #[test]
    fn parameter_sets_within_a_key_frame_start_it_once() {
        let mut group = group(1 << 20, 10);
        for n in 10..15 {
            push_of(&mut group, 0, n, 1, n < 13);
        }
        assert_eq!(numbers(&group, 0), [10, 11, 12, 13, 14]);
        // And a key frame from before is none.
        push_of(&mut group, 0, 3, 0, true);
        assert_eq!(group.groups[0].start_sequence(), Some(10));
    }

    #[test]
    fn group_beyond_its_bounds_is_dropped_until_the_next_key_frame() {
        let mut group = group(100_000, 2);
        push(&mut group, 0, 0, true);
        let mut most = 0;
        for n in 1..500 {
            push(&mut group, 1, n, false);
            most = most.max(group.size());
        }
        assert!((90_000..=100_000).contains(&most), "{most}");
        assert_eq!((group.groups[0].start_sequence(), group.size()), (None, 0));
        push(&mut group, 3, 500, true);
        push(&mut group, 2_003, 501, false);
        assert_eq!(numbers(&group, 0), [500, 501]);
        push(&mut group, 2_004, 502, false);
        assert!(group.groups[0].start_sequence().is_none() && numbers(&group, 0).is_empty());
    }

    #[test]
    fn group_of_a_source_that_counts_anew_is_dropped() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        push(&mut group, 1, 3_000, false);
        assert_eq!(numbers(&group, 0), [0, 3_000]);
        push(&mut group, 2, 6_001, false);
        assert_eq!((group.groups[0].start_sequence(), group.size()), (None, 0));
        push(&mut group, 3, 90_000, true);
        assert_eq!(numbers(&group, 0), [90_000]);
    }

    #[test]
    fn memory_is_used_again_and_not_more_of_it_than_a_group_needs() {
        let mut group = group(1 << 20, 100);
        for round in 0..20 {
            for n in 0..500 {
                push(&mut group, round, round * 500 + n, n == 0);
            }
            let blocks = blocks(&group);
            assert!(blocks <= 20, "{blocks}");
        }
        push(&mut group, 21, 10_010, true);
        push(&mut group, 22, 10_020, true);
        push(&mut group, 23, 10_030, true);
        let blocks = blocks(&group);
        assert!(blocks <= 3, "{blocks}");
    }

    #[test]
    fn packet_can_be_sent_again_as_long_as_it_is_there() {
        let mut group = group(1 << 20, 10);
        push(&mut group, 0, 0, true);
        push(&mut group, 0, 2, false);
        let kept = group.kept(after(9_000), 0, 2).unwrap();
        assert_eq!(kept.media.sequence, 2);
        assert_eq!(kept.at, after(8_000));
        assert!(group.kept(after(9_000), 0, 1).is_none());
        group.clear();
        assert!(group.kept(after(9_000), 0, 2).is_none());
    }

    /// Which encodings have a group.
    fn kept_of(groups: &GroupsOfPictures) -> Vec<usize> {
        let has = |encoding: &usize| groups.get(*encoding).is_some();
        (0..groups.groups.len()).filter(has).collect()
    }

    #[test]
    fn each_encoding_has_a_group_of_its_own() {
        let mut groups = groups(2, 1 << 20, 10);
        push_to(&mut groups, 0, (0, 10, 1), true);
        push_to(&mut groups, 1, (0, 11, 1), false);
        assert_eq!(kept_of(&groups), [0]);
        push_to(&mut groups, 1, (1, 500, 7), true);
        push_to(&mut groups, 0, (1, 11, 2), false);
        assert_eq!(groups.groups[0].from(0).count(), 2);
        assert_eq!(
            groups.get(1).and_then(GroupOfPictures::start_sequence),
            Some(500)
        );
        assert!(groups.kept(after(2), 0, 500).is_none());
        assert!(groups.kept(after(2), 1, 500).is_some());
        // Of an encoding nobody announced nothing is kept.
        push_to(&mut groups, 2, (1, 500, 7), true);
        assert_eq!(kept_of(&groups), [0, 1]);
        groups.clear();
        assert_eq!((kept_of(&groups), groups.size()), (vec![], 0));
    }

    #[test]
    fn largest_group_makes_room_for_the_others() {
        let mut groups = groups(3, 300_000, 100);
        (0..3).for_each(|encoding| push_to(&mut groups, encoding, (0, 0, 0), true));
        for n in 1..60 {
            for encoding in 0..3 {
                // The next encoding has thrice the packets.
                for part in 0..3_u64.pow(encoding as u32) {
                    let sequence = n * 10 + part;
                    push_to(&mut groups, encoding, (n, sequence, n as u32), false);
                    assert!(groups.size() <= 300_000);
                }
            }
        }
        assert_eq!(kept_of(&groups), [0, 1]);
        push_to(&mut groups, 2, (61, 1_000, 100), true);
        assert_eq!(kept_of(&groups), [0, 1, 2]);
    }

    #[test]
    fn packet_that_is_too_much_by_itself_ends_its_group_alone() {
        let mut groups = groups(2, 500, 10);
        push_to(&mut groups, 0, (0, 0, 0), true);
        assert!(kept_of(&groups).is_empty());
    }

    #[test]
    fn memory_of_all_encodings_together_is_bounded() {
        let (mut groups, most) = (groups(4, 20 * BLOCK, 1_000), 20 + 4);
        for round in 0..40_u64 {
            // Each in turn is as large as it may be.
            let encoding = (round % 4) as usize;
            for n in 0..2_000 {
                let sequence = round * 2_000 + n;
                push_to(
                    &mut groups,
                    encoding,
                    (round, sequence, sequence as u32),
                    n % 1_100 == 0,
                );
                assert!(groups.size() <= 20 * BLOCK);
                assert!(blocks(&groups) <= most, "{}", blocks(&groups));
            }
        }
    }
}
