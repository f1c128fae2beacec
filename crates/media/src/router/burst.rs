//! Media received together, waiting for its fan-out; knows its receivers only by name.

use std::ops::Range;

use super::{ConsumerKey, ProducerKey};
use crate::rtp::{MediaPacket, outgoing};

/// Packets that may wait; beyond it the worker forwards before it takes another.
const MAX_PACKETS: usize = 1_024;

/// Memory that is kept for the next burst, bytes of packets; two frames of a large screen share.
const KEPT_BYTES: usize = 256 * 1024;

/// Media of one router between its receipt and its forwarding. Emptied before the shell sleeps;
/// its memory is kept.
#[derive(Debug, Default)]
pub(super) struct Burst {
    packets: Vec<Waiting>,
    /// The packets as built, each with room for padding behind it.
    bytes: Vec<u8>,
    /// What is being forwarded: neighbours of one producer.
    run: Range<usize>,
    /// Who gets the run, as its forwarding began, and how many had it.
    receivers: Vec<ConsumerKey>,
    served: usize,
}

#[derive(Debug)]
struct Waiting {
    producer: ProducerKey,
    /// Without its payload.
    media: MediaPacket<'static>,
    built: Range<usize>,
    /// Bytes of RTP padding behind it.
    padding: usize,
}

impl Burst {
    /// Adds a packet that its producer took.
    pub(super) fn push(&mut self, producer: ProducerKey, media: &MediaPacket<'_>, built: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(built);
        let built = start..self.bytes.len();
        self.bytes.resize(built.end + outgoing::MAX_PADDING, 0);
        self.packets.push(Waiting {
            producer,
            media: MediaPacket {
                payload: &[],
                ..*media
            },
            built,
            padding: 0,
        });
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Whether no more should be added before some are forwarded.
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MAX_PACKETS
    }

    /// The producer whose packets are forwarded, or are to be next.
    pub(super) fn producer(&mut self) -> Option<ProducerKey> {
        let untouched = self.run == (0..0);
        if untouched && !self.packets.is_sorted_by_key(|waiting| waiting.producer) {
            // Stable: each producer's packets stay in order.
            self.packets.sort_by_key(|waiting| waiting.producer);
        }
        Some(self.packets.get(self.run.start)?.producer)
    }

    /// Begins to forward the packets of [`Self::producer`] to `receivers`, unless that has begun.
    /// With `equalise` packets of nearly one length get one length.
    pub(super) fn begin_run(&mut self, receivers: &[ConsumerKey], equalise: bool) {
        if !self.run.is_empty() {
            return;
        }
        let start = self.run.start;
        let of = self.packets.get(start).map(|waiting| waiting.producer);
        let packets = self.packets[start..].iter();
        let count = packets.take_while(|it| Some(it.producer) == of).count();
        self.run = start..start + count;
        self.receivers.clear();
        self.receivers.extend_from_slice(receivers);
        self.served = 0;
        if equalise {
            let run = &mut self.packets[self.run.clone()];
            run.chunk_by_mut(Waiting::can_be_equal)
                .for_each(|alike| pad(alike, &mut self.bytes));
        }
    }

    /// Whose turn it is.
    pub(super) fn next_receiver(&mut self) -> Option<ConsumerKey> {
        let receiver = self.receivers.get(self.served).copied();
        self.served += 1;
        receiver
    }

    /// What is forwarded: each packet, and its bytes as built.
    pub(super) fn run(&self) -> impl Iterator<Item = (MediaPacket<'_>, &[u8])> {
        self.packets[self.run.clone()]
            .iter()
            .map(|waiting| waiting.packet(&self.bytes))
    }

    /// Goes on to the next producer's packets.
    pub(super) fn finish_run(&mut self) {
        self.run = self.run.end..self.run.end;
        if self.run.end >= self.packets.len() {
            self.clear();
        }
    }

    /// Passes over the packets of [`Self::producer`].
    pub(super) fn skip_run(&mut self) {
        self.begin_run(&[], false);
        self.finish_run();
    }

    /// Forgets everything.
    fn clear(&mut self) {
        self.packets.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.run = 0..0;
    }
}

impl Waiting {
    fn packet<'a>(&self, bytes: &'a [u8]) -> (MediaPacket<'a>, &'a [u8]) {
        let packet = &bytes[self.built.clone()];
        let media = MediaPacket {
            payload: &packet[outgoing::payload_at(packet)..],
            ..self.media
        };
        let built = self.built.start..self.built.end + self.padding;
        (media, &bytes[built])
    }

    /// Whether two neighbours are of one stream and so nearly of one length that padding the shorter
    /// costs less than sending it in a message of its own.
    fn can_be_equal(&self, next: &Self) -> bool {
        let (one, other) = (self.built.len(), next.built.len());
        self.media.encoding == next.media.encoding
            && one.abs_diff(other) <= outgoing::MAX_PADDING.min(one / PADDING_SHARE)
    }
}

/// Pads packets to the length of the longest, as far as padding reaches; not the last, which may be
/// shorter as it is.
fn pad(alike: &mut [Waiting], bytes: &mut [u8]) {
    let longest = alike.iter().map(|waiting| waiting.built.len()).max();
    let Some((_, rest)) = alike.split_last_mut() else {
        return;
    };
    for waiting in rest {
        let missing = longest.unwrap_or(0) - waiting.built.len();
        if (1..=outgoing::MAX_PADDING).contains(&missing) {
            waiting.padding = missing;
            let built = waiting.built.start..waiting.built.end + missing;
            outgoing::pad(&mut bytes[built], missing);
        }
    }
}

/// A packet is padded by at most one part in so many of its length.
const PADDING_SHARE: usize = 32;

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;

    use super::*;
    use crate::rtp::{codecs::PayloadInfo, outgoing::OutgoingLayout, packet::RtpPacket};

    struct Producers(SlotMap<ProducerKey, ()>, SlotMap<ConsumerKey, ()>);

    impl Producers {
        fn new() -> Self {
            Self(SlotMap::with_key(), SlotMap::with_key())
        }

        fn producer(&mut self) -> ProducerKey {
            self.0.insert(())
        }

        fn consumers(&mut self, count: usize) -> Vec<ConsumerKey> {
            (0..count).map(|_| self.1.insert(())).collect()
        }
    }

    fn push(burst: &mut Burst, producer: ProducerKey, encoding: usize, payload: &[u8]) {
        let mut built = Vec::new();
        OutgoingLayout::new(&[], &[]).build(&mut built, [].into_iter(), payload);
        let media = MediaPacket {
            encoding,
            sequence: 0,
            timestamp: 0,
            marker: false,
            payload_type: 96,
            info: PayloadInfo::default(),
            payload,
        };
        burst.push(producer, &media, &built);
    }

    /// Payload lengths and built lengths of what is forwarded.
    fn lengths(burst: &Burst) -> Vec<(usize, usize)> {
        let of = |(media, built): (MediaPacket<'_>, &[u8])| (media.payload.len(), built.len());
        burst.run().map(of).collect()
    }

    fn begun(lengths: &[(usize, usize)]) -> Burst {
        let (mut burst, mut names) = (Burst::default(), Producers::new());
        let producer = names.producer();
        for (encoding, length) in lengths {
            push(&mut burst, producer, *encoding, &vec![7; *length]);
        }
        burst.begin_run(&names.consumers(1), true);
        burst
    }

    #[test]
    fn packets_of_a_producer_are_forwarded_together_and_in_order() {
        let (mut burst, mut names) = (Burst::default(), Producers::new());
        let (one, other) = (names.producer(), names.producer());
        for (producer, length) in [(one, 1), (other, 2), (one, 3), (other, 4)] {
            push(&mut burst, producer, 0, &vec![0; length]);
        }
        let receivers = names.consumers(2);
        let mut found = Vec::new();
        while let Some(producer) = burst.producer() {
            burst.begin_run(&receivers, false);
            assert_eq!(burst.next_receiver(), Some(receivers[0]));
            // What comes in the middle does not disturb it, and has its turn later.
            if found.is_empty() {
                push(&mut burst, one, 0, &[0; 5]);
            }
            burst.begin_run(&[], false);
            assert_eq!(burst.next_receiver(), Some(receivers[1]));
            assert_eq!(burst.next_receiver(), None);
            found.push((producer, burst.run().map(|it| it.0.payload.len()).collect()));
            burst.finish_run();
        }
        assert_eq!(
            found,
            [(one, vec![1, 3]), (other, vec![2, 4]), (one, vec![5])]
        );
        assert!(burst.is_empty());
    }

    #[test]
    fn a_frame_cut_into_nearly_equal_packets_gets_one_length() {
        let burst = begun(&[(0, 1_100), (0, 1_101), (0, 1_101), (0, 1_100)]);
        let header = lengths(&burst)[0].1 - 1_101;
        let expected = [
            (1_100, 1_101),
            (1_101, 1_101),
            (1_101, 1_101),
            (1_100, 1_100),
        ];
        assert_eq!(lengths(&burst), expected.map(|(a, b)| (a, b + header)));
        let (_, built) = burst.run().next().unwrap();
        let packet = RtpPacket::parse(built).expect("valid RTP");
        assert_eq!(packet.payload(), [7; 1_100], "without its padding");
    }

    #[test]
    fn packets_of_other_lengths_and_streams_are_left_alone() {
        for lengths_ in [
            &[(0, 1_100), (0, 1_140), (0, 1_100)][..],
            &[(0, 1_100), (1, 1_101), (0, 1_100)],
            &[(0, 100), (0, 110), (0, 100)],
            &[(0, 1_100), (0, 0), (0, 1_100)],
        ] {
            let burst = begun(lengths_);
            let mut found = lengths(&burst).into_iter();
            let header = found
                .next()
                .map(|(payload, built)| built - payload)
                .unwrap();
            assert!(
                found.all(|(payload, built)| built == payload + header),
                "{lengths_:?}"
            );
        }
    }

    #[test]
    fn lengths_that_drift_are_padded_no_further_than_allowed() {
        let drifting: Vec<_> = (0..20).map(|step| (0, 1_000 + step * 10)).collect();
        let burst = begun(&drifting);
        let found = lengths(&burst);
        let header = found[19].1 - found[19].0;
        for (payload, built) in found {
            let padding = built - payload - header;
            assert!(padding <= outgoing::MAX_PADDING, "{padding}");
        }
    }
}
