//! The numbering property: whatever is lost, late, doubled, left out, switched, paused or restarted,
//! outgoing numbers grow by exactly one per packet and per picture, and none comes twice.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{source::Source, *};

/// What one counter must give out: each new input gets the next number, what has not been seen on
/// the way there keeps its number reserved, what was left out gets none.
#[derive(Debug)]
struct Counter {
    modulus: u64,
    newest: Option<u64>,
    last: u64,
    given: HashMap<u64, Option<u64>>,
}

impl Counter {
    fn new(first: u64, modulus: u64) -> Self {
        Self {
            modulus,
            newest: None,
            last: first.wrapping_sub(1),
            given: HashMap::new(),
        }
    }

    fn start(&mut self) {
        self.newest = None;
        self.given.clear();
    }

    fn is_new(&self, input: u64) -> bool {
        self.newest.is_none_or(|newest| input > newest)
    }

    /// The newest input, sent or left out.
    fn enter(&mut self, input: u64, sent: bool) {
        if let Some(newest) = self.newest {
            for missing in newest + 1..input {
                self.last = self.last.wrapping_add(1);
                self.given.insert(missing, Some(self.last));
            }
        }
        self.newest = Some(input);
        self.last = self.last.wrapping_add(u64::from(sent));
        self.given.insert(input, sent.then_some(self.last));
    }

    fn expected(&self, input: u64) -> Option<u64> {
        self.given
            .get(&input)
            .copied()
            .flatten()
            .map(|number| number % self.modulus)
    }
}

/// Watches one consumer's output.
struct Watcher {
    sequences: Counter,
    pictures: Counter,
    encoding: Option<usize>,
    /// Outgoing sequence numbers of this run; no run is long enough to wrap onto itself.
    used: HashSet<u16>,
    timestamps: HashMap<(usize, u64), u32>,
    newest_timestamp: Option<u32>,
    sent: usize,
}

impl Watcher {
    fn new() -> Self {
        Self {
            sequences: Counter::new(u64::from(SEQUENCE), 1 << 16),
            pictures: Counter::new(1 << 15, 1 << 15),
            encoding: None,
            used: HashSet::new(),
            timestamps: HashMap::new(),
            newest_timestamp: None,
            sent: 0,
        }
    }

    fn dropped(&mut self, input: &Input) {
        if self.encoding != Some(input.packet.encoding) {
            return;
        }
        if self.sequences.is_new(input.packet.sequence) {
            self.sequences.enter(input.packet.sequence, false);
            if self.pictures.is_new(input.picture) {
                self.pictures.enter(input.picture, false);
            }
        }
    }

    fn sent(&mut self, input: &Input, rewrite: &Rewrite) -> Result<(), TestCaseError> {
        let packet = &input.packet;
        if self.encoding != Some(packet.encoding) {
            prop_assert!(packet.info.key_frame, "a segment starts with a key frame");
            self.sequences.start();
            self.pictures.start();
            self.timestamps.clear();
            self.encoding = Some(packet.encoding);
        }
        let newest = self.sequences.is_new(packet.sequence);
        if newest {
            self.sequences.enter(packet.sequence, true);
            if self.pictures.is_new(input.picture) {
                self.pictures.enter(input.picture, true);
            }
        }
        let number = rewrite.sequence_number;
        prop_assert_eq!(
            self.sequences.expected(packet.sequence),
            Some(u64::from(number))
        );
        prop_assert!(self.used.insert(number), "{} twice", number);
        let picture = rewrite.vp8.unwrap().picture_id;
        prop_assert_eq!(
            self.pictures.expected(input.picture),
            Some(u64::from(picture))
        );
        self.check_timestamp(input, rewrite.timestamp, newest)?;
        self.sent += 1;
        Ok(())
    }

    fn check_timestamp(
        &mut self,
        input: &Input,
        timestamp: u32,
        newest: bool,
    ) -> Result<(), TestCaseError> {
        let key = (input.packet.encoding, input.picture);
        if let Some(known) = self.timestamps.insert(key, timestamp) {
            prop_assert_eq!(known, timestamp, "a frame has one timestamp");
            return Ok(());
        }
        if let Some(before) = self.newest_timestamp.filter(|_| newest) {
            let step = timestamp.wrapping_sub(before) as i32;
            prop_assert!(step > 0, "timestamps went back by {}", step);
        }
        if newest {
            self.newest_timestamp = Some(timestamp);
        }
        Ok(())
    }
}

/// A packet with its extended picture id.
#[derive(Clone, Debug)]
struct Input {
    packet: MediaPacket<'static>,
    picture: u64,
}

#[derive(Clone, Debug)]
enum Step {
    /// One frame of every encoding: key frames by bits, temporal layer, layer sync.
    Frames {
        keys: u8,
        layer: u8,
        sync: bool,
    },
    Prefer {
        spatial: u8,
        temporal: Option<u8>,
    },
    Pause {
        milliseconds: u64,
    },
    ProducerPause,
    /// A source counts anew, everything shifted.
    Restart {
        encoding: usize,
        shift: u32,
    },
    Wait {
        milliseconds: u64,
    },
    Scores {
        alive: u8,
    },
    SenderReports,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (any::<u8>(), any::<u8>(), 0u8..3, any::<bool>())
            .prop_map(|(a, b, layer, sync)| Step::Frames { keys: a & b, layer, sync }),
        3 => (0u8..4, prop::option::of(0u8..3))
            .prop_map(|(spatial, temporal)| Step::Prefer { spatial, temporal }),
        1 => (0u64..5_000).prop_map(|milliseconds| Step::Pause { milliseconds }),
        1 => Just(Step::ProducerPause),
        1 => (0usize..3, any::<u32>())
            .prop_map(|(encoding, shift)| Step::Restart { encoding, shift }),
        2 => (0u64..3_000).prop_map(|milliseconds| Step::Wait { milliseconds }),
        1 => (1u8..8).prop_map(|alive| Step::Scores { alive }),
        1 => Just(Step::SenderReports),
    ]
}

/// How hostile the way from the sender is, in percent.
#[derive(Clone, Copy, Debug)]
struct Weather {
    lost: u64,
    late: u64,
    doubled: u64,
}

struct Run {
    rig: Rig,
    sources: [Source; 3],
    watcher: Watcher,
    weather: Weather,
    random: u64,
    /// Packets on the way: frames still to wait, packet.
    way: Vec<(u8, Input)>,
    /// Milliseconds without a frame.
    quiet: u64,
}

impl Run {
    fn new(weather: Weather, seed: u64) -> Self {
        Self {
            rig: Rig::simulcast(),
            sources: [0, 1, 2].map(Source::new),
            watcher: Watcher::new(),
            weather,
            random: seed | 1,
            way: Vec::new(),
            quiet: 0,
        }
    }

    /// xorshift64.
    fn percent(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % 100
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Frames { keys, layer, sync } => return self.frames(keys, layer, sync),
            Step::Prefer { spatial, temporal } => {
                self.rig
                    .call(|it, now| it.set_preferred_layers(now, spatial, temporal));
            }
            Step::Pause { milliseconds } => {
                self.rig.call(Consumer::pause);
                self.wait(milliseconds);
                self.rig.call(Consumer::resume);
                self.watcher.encoding = None;
            }
            Step::ProducerPause => {
                self.rig.call(|it, now| it.set_producer_paused(now, true));
                self.rig.call(|it, now| it.set_producer_paused(now, false));
                self.watcher.encoding = None;
            }
            Step::Restart { encoding, shift } => self.restart(encoding, shift),
            Step::Wait { milliseconds } => self.wait(milliseconds),
            Step::Scores { alive } => {
                self.rig
                    .alive(&[alive & 1 != 0, alive & 2 != 0, alive & 4 != 0]);
            }
            Step::SenderReports => self.sender_reports(),
        }
        Ok(())
    }

    fn frames(&mut self, keys: u8, layer: u8, sync: bool) -> Result<(), TestCaseError> {
        self.wait(33);
        self.quiet = 0;
        for encoding in 0..3 {
            let key = keys >> encoding & 1 == 1;
            let packets = 1 + (self.percent() % 3) as usize;
            let source = &mut self.sources[encoding];
            let frame = source.frame(key, if key { 0 } else { layer }, sync, packets);
            let picture = source.picture;
            for packet in frame {
                self.put_on_the_way(Input { packet, picture });
            }
        }
        self.deliver()
    }

    fn put_on_the_way(&mut self, input: Input) {
        if self.percent() < self.weather.doubled {
            let wait = (self.percent() % 4) as u8;
            self.way.push((wait, input.clone()));
        }
        let late = self.percent() < self.weather.late;
        let wait = if late {
            1 + (self.percent() % 8) as u8
        } else {
            0
        };
        if self.percent() >= self.weather.lost {
            self.way.push((wait, input));
        }
    }

    fn deliver(&mut self) -> Result<(), TestCaseError> {
        let way = std::mem::take(&mut self.way);
        for (wait, input) in way {
            if wait > 0 {
                self.way.push((wait - 1, input));
                continue;
            }
            match self.rig.forward(&input.packet) {
                Some(rewrite) => self.watcher.sent(&input, &rewrite)?,
                None => self.watcher.dropped(&input),
            }
        }
        Ok(())
    }

    /// Every source's clock runs on, whatever happens here. What was on the way before a long
    /// silence is gone: a run of old packets alone means that the source counts anew.
    fn wait(&mut self, milliseconds: u64) {
        self.rig.wait(milliseconds);
        self.quiet += milliseconds;
        if self.quiet > 1_000 {
            self.way.clear();
        }
        if milliseconds != 33 {
            for source in &mut self.sources {
                source.timestamp = source.timestamp.wrapping_add(milliseconds as u32 * 90);
            }
        }
    }

    /// What was on the way is gone: a producer hands over nothing from before a restart after it.
    fn restart(&mut self, encoding: usize, shift: u32) {
        self.way.clear();
        let source = &mut self.sources[encoding];
        source.sequence += 5_000 + u64::from(shift % 100_000);
        source.timestamp = source.timestamp.wrapping_add(shift);
        source.picture += 20_000 + u64::from(shift % 7_000);
        if self.watcher.encoding == Some(encoding) {
            self.watcher.encoding = None;
        }
    }

    fn sender_reports(&mut self) {
        let ntp = ((self.rig.now - start_of_time()).as_millis() as u64) << 32;
        for encoding in 0..3 {
            let timestamp = self.sources[encoding].timestamp;
            self.rig.call(|it, now| {
                it.handle_producer_sender_report(now, encoding, ntp / 1_000, timestamp);
            });
        }
    }
}

fn run(weather: Weather, seed: u64, steps: &[Step]) -> Result<Watcher, TestCaseError> {
    let mut run = Run::new(weather, seed);
    for step in steps {
        run.step(step)?;
    }
    Ok(run.watcher)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn numbers_grow_by_one_in_any_weather(
        seed: u64,
        lost in 0u64..30,
        late in 0u64..30,
        doubled in 0u64..20,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        run(Weather { lost, late, doubled }, seed, &steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Without loss or reordering there is not one gap: what was sent is one run of numbers.
    #[test]
    fn numbers_have_no_gap_in_fair_weather(
        seed: u64,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let weather = Weather { lost: 0, late: 0, doubled: 20 };
        let watcher = run(weather, seed, &steps)?;
        for n in 0..watcher.sent {
            prop_assert!(watcher.used.contains(&SEQUENCE.wrapping_add(n as u16)));
        }
    }
}

#[test]
fn property_is_not_empty() {
    let weather = Weather {
        lost: 5,
        late: 5,
        doubled: 5,
    };
    let mut steps = vec![Step::Frames {
        keys: 7,
        layer: 0,
        sync: true,
    }];
    for n in 0..300u32 {
        let layer = [0, 2, 1, 2][n as usize % 4];
        steps.push(Step::Frames {
            keys: u8::from(n % 40 == 0) * 7,
            layer,
            sync: true,
        });
        steps.push(Step::Prefer {
            spatial: (n / 50 % 3) as u8,
            temporal: Some((n / 20 % 3) as u8),
        });
    }
    let watcher = run(weather, 1, &steps).unwrap();
    assert!(watcher.sent > 200, "{}", watcher.sent);
}
