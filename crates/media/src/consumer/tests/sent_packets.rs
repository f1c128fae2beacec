//! The record of what was sent, against one that writes everything down.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::{SSRC, TIMESTAMP, source::Source, start_of_time};
use crate::{
    consumer::{
        RetransmissionBuffer, Rewrite,
        renumber::{Renumber, RenumberConfig, Renumbered},
        sent_packets::{Found, SentPackets, Spacing},
    },
    rtp::MediaPacket,
};

const AGE: Duration = Duration::from_secs(2);
const LIMIT: usize = 128;
const SPACING: Spacing = Spacing {
    after_first: Duration::from_millis(30),
    after_repair: Duration::from_millis(75),
};

/// Everything about every packet, by outgoing number.
#[derive(Default)]
struct Reference {
    packets: HashMap<u16, Entry>,
    newest: u16,
}

struct Entry {
    at: Instant,
    encoding: usize,
    sequence: u64,
    size: usize,
    rewrite: Rewrite,
    resends: u8,
    resent_at: Instant,
}

impl Reference {
    fn insert(&mut self, now: Instant, packet: &MediaPacket<'_>, rewrite: Rewrite) {
        let number = rewrite.sequence_number;
        if self.packets.is_empty() || (number.wrapping_sub(self.newest) as i16) > 0 {
            self.newest = number;
        }
        let entry = Entry {
            at: now,
            encoding: packet.encoding,
            sequence: packet.sequence,
            size: packet.payload.len() + 12,
            rewrite,
            resends: 0,
            resent_at: now,
        };
        self.packets.insert(number, entry);
    }

    fn find(&self, now: Instant, number: u16) -> Option<&Entry> {
        let entry = self.packets.get(&number)?;
        let spacing = if entry.resends == 0 {
            SPACING.after_first
        } else {
            SPACING.after_repair
        };
        let recent = usize::from(self.newest.wrapping_sub(number)) < LIMIT;
        let due = now - entry.resent_at >= spacing;
        let may = recent && due && entry.resends < 10 && now - entry.at <= AGE;
        may.then_some(entry)
    }
}

/// A consumer's numbering, its record, and what the producer keeps.
struct Rig {
    now: Instant,
    numbers: Renumber,
    encoding: usize,
    sent: SentPackets,
    kept: [RetransmissionBuffer; 2],
    reference: Reference,
}

impl Rig {
    fn new(initial_sequence: u16) -> Self {
        let kept = || RetransmissionBuffer::new(LIMIT, AGE);
        Self {
            now: start_of_time(),
            numbers: Renumber::new(RenumberConfig {
                encodings: 2,
                clock_rate: 90_000,
                initial_sequence,
                initial_timestamp: TIMESTAMP,
                vp8: true,
                temporal_limit: None,
            }),
            encoding: 0,
            sent: SentPackets::new(LIMIT, AGE),
            kept: [kept(), kept()],
            reference: Reference::default(),
        }
    }

    fn receive(&mut self, packet: &MediaPacket<'_>, switch: bool) {
        self.kept[packet.encoding].insert(self.now, packet, packet.payload);
        let numbers = if switch && packet.info.key_frame {
            self.encoding = packet.encoding;
            self.numbers.start(self.now, packet)
        } else if packet.encoding != self.encoding {
            return;
        } else {
            let keep = !packet.payload.is_empty();
            match self.numbers.renumber(self.now, packet, keep) {
                Renumbered::As(numbers) => numbers,
                Renumbered::Nothing => return,
                Renumbered::Restarted => self.numbers.start(self.now, packet),
            }
        };
        let rewrite = Rewrite {
            ssrc: SSRC,
            payload_type: packet.payload_type,
            sequence_number: numbers.sequence_number,
            timestamp: numbers.timestamp,
            marker: packet.marker,
            vp8: numbers.vp8,
        };
        self.sent.insert(self.now, packet, &rewrite);
        self.reference.insert(self.now, packet, rewrite);
    }

    fn find(&self, number: u16) -> Option<Found> {
        let kept = |encoding: usize, sequence| self.kept[encoding].get(self.now, sequence);
        self.sent.find(self.now, number, SPACING, SSRC, kept)
    }

    /// Asks for a number; both records must say the same. Sends it again if `resend`.
    fn ask(&mut self, number: u16, resend: bool) -> Result<(), TestCaseError> {
        let found = self.find(number);
        let expected = self.reference.find(self.now, number).filter(|entry| {
            let kept = self.kept[entry.encoding].get(self.now, entry.sequence);
            kept.is_some()
        });
        prop_assert_eq!(found.is_some(), expected.is_some(), "{}", number);
        let (Some(found), Some(expected)) = (found, expected) else {
            return Ok(());
        };
        prop_assert_eq!(found.encoding, expected.encoding);
        prop_assert_eq!(
            (found.sequence, found.size),
            (expected.sequence, expected.size)
        );
        prop_assert_eq!(written(found.rewrite), written(expected.rewrite));
        if resend {
            self.sent.mark_resent(self.now, &found);
            let entry = self.reference.packets.get_mut(&number);
            let entry = entry.expect("invariant: it was just found");
            entry.resends += 1;
            entry.resent_at = self.now;
        }
        Ok(())
    }
}

/// What a rewrite does to a packet: a picture id that is not there is not written.
fn written(rewrite: Rewrite) -> (Rewrite, [u8; 8]) {
    let mut payload = [0x80; 8];
    if let Some(vp8) = rewrite.vp8 {
        vp8.descriptor
            .rewrite(&mut payload, vp8.picture_id, vp8.tl0_picture_index);
    }
    (
        Rewrite {
            vp8: None,
            ..rewrite
        },
        payload,
    )
}

/// What happens to a stream on its way.
#[derive(Clone, Debug)]
struct Step {
    milliseconds: u64,
    encoding: usize,
    key: bool,
    layer: u8,
    packets: usize,
    /// For each packet: lost, padding only, without ids, or late by so many frames.
    fates: Vec<u8>,
    event: u8,
    asked: Vec<u16>,
}

fn step() -> impl Strategy<Value = Step> {
    (
        (0u64..60, 0usize..2, prop::bool::weighted(0.1), 0u8..2),
        (1usize..5, prop::collection::vec(0u8..24, 5)),
        (any::<u8>(), prop::collection::vec(0u16..200, 0..12)),
    )
        .prop_map(
            |((milliseconds, encoding, key, layer), (packets, fates), (event, asked))| Step {
                milliseconds,
                encoding,
                key,
                layer,
                packets,
                fates,
                event,
                asked,
            },
        )
}

/// What befalls a source between two frames.
fn happen(rig: &mut Rig, source: &mut Source, step: &Step) {
    match step.event {
        // The source counts anew: its extended numbers go on above all before.
        0 => source.sequence += 65_536 + 5_000,
        1 => source.timestamp = source.timestamp.wrapping_add(1 << 28),
        2 => source.picture += 9_000,
        3 => rig.now += Duration::from_secs(1),
        4..=9 => rig.numbers.set_temporal_limit(Some(step.event % 2)),
        10..=13 => {
            let milliseconds = (rig.now - start_of_time()).as_millis() as u64;
            let (ntp, encoding) = ((milliseconds << 32) / 1_000, step.encoding);
            rig.numbers
                .handle_sender_report(rig.now, encoding, ntp, source.timestamp);
        }
        _ => {}
    }
}

fn run(initial: u16, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut rig = Rig::new(initial);
    let mut sources = [Source::new(0), Source::new(1)];
    let mut late: Vec<(usize, MediaPacket<'static>)> = Vec::new();
    for (n, step) in steps.into_iter().enumerate() {
        rig.now += Duration::from_millis(step.milliseconds);
        let source = &mut sources[step.encoding];
        happen(&mut rig, source, &step);
        let frame = source.frame(
            step.key || n == 0,
            step.layer,
            step.event % 3 == 0,
            step.packets,
        );
        let mut due: Vec<_> = late.extract_if(.., |(at, _)| *at <= n).collect();
        for (packet, fate) in frame.into_iter().zip(&step.fates) {
            match fate {
                0 => {}
                1 => rig.receive(
                    &MediaPacket {
                        payload: &[],
                        ..packet
                    },
                    false,
                ),
                2 => {
                    let mut blind = packet;
                    blind.info.vp8 = None;
                    rig.receive(&blind, false);
                }
                3..=5 => late.push((n + usize::from(*fate), packet)),
                6 => due.insert(0, (n, packet)),
                _ => rig.receive(&packet, n == 0 || step.event % 2 == 0),
            }
        }
        due.iter()
            .for_each(|(_, packet)| rig.receive(packet, false));
        let newest = rig.reference.newest;
        for asked in step.asked {
            let ahead = newest.wrapping_add(3);
            rig.ask(ahead.wrapping_sub(asked), asked % 3 == 0)?;
        }
    }
    let newest = rig.reference.newest;
    rig.now += Duration::from_millis(100);
    (0..300).try_for_each(|back| rig.ask(newest.wrapping_add(9).wrapping_sub(back), false))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is lost, late, left out, padded, switched, restarted or asked for again: a packet is
    /// found when it would be if everything about it had been written down, and as it was sent.
    #[test]
    fn record_finds_what_a_full_one_would(
        initial: u16,
        steps in prop::collection::vec(step(), 1..200),
    ) {
        run(initial, steps)?;
    }
}
