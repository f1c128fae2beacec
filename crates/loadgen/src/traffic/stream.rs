//! One stream a receiver gets: counted by the index its publisher gave each packet.
//!
//! A sampled stream is decrypted whole. Any other is decrypted now and then, to learn by how much the
//! server's sequence numbers are off the publisher's indices, and to prove that this did not change;
//! in between, the number in the clear header tells the index.

use std::time::Instant;

use media::client::ClientTransport;
use ortc::types::MediaKind;
use tokio::sync::oneshot;

use super::{
    clock::Arrival,
    command::StreamSetup,
    harvest::Errors,
    header::Header,
    judge::Judge,
    ledger::{Entry, Ledger},
    payload::Stamp,
    reception::Reception,
    recovery::{Dice, Recovery},
    window::Windows,
};

/// Packets decrypted when a stream starts.
const LEARN: u8 = 4;
/// A stream that is only counted is decrypted this often: the roll-over counter of SRTP must be
/// followed, which takes one packet in 32,768 at least.
const OPEN_EVERY: u32 = 4_096;

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// How it was negotiated.
    pub(crate) setup: StreamSetup,
    ledger: Ledger,
    place: Option<Place>,
    /// A change of place from now on makes the window's count inexact.
    anchored: bool,
    /// Packets to decrypt, whatever they are.
    learn: u8,
    since_opened: u32,
    /// Looks at every packet.
    pub(crate) judge: Option<Box<Judge>>,
    /// Asks for what is missing.
    pub(crate) recovery: Option<Box<Recovery>>,
    dice: Option<Dice>,
    /// For receiver reports.
    pub(crate) reception: Reception,
    /// Packets in the window, each once.
    received: u64,
    /// It started with something that cannot be decoded.
    pub(crate) wants_key_frame: bool,
    first: Option<oneshot::Sender<Instant>>,
}

/// Where a stream's numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    encoding: u8,
    /// Number minus index.
    offset: u64,
}

/// What a stream needs of the world to take a packet.
pub(crate) struct Taking<'a> {
    /// When it came.
    pub(crate) arrival: Arrival,
    /// Its keys.
    pub(crate) transport: &'a mut ClientTransport,
    /// What counts.
    pub(crate) windows: &'a Windows,
    /// What must not happen.
    pub(crate) errors: &'a mut Errors,
}

impl Stream {
    /// A stream of which nothing has come; `first` is told of the first packet.
    pub(crate) fn new(setup: StreamSetup, first: oneshot::Sender<Instant>) -> Self {
        let seed = u64::from(setup.ssrc);
        Self {
            ledger: Ledger::default(),
            place: None,
            anchored: false,
            learn: LEARN,
            since_opened: 0,
            judge: setup.verify.then(|| Box::new(Judge::new(setup.watch_gaps))),
            recovery: setup.loss.map(|_| Box::new(Recovery::new())),
            dice: setup.loss.map(|percent| Dice::new(percent, seed)),
            reception: Reception::default(),
            received: 0,
            wants_key_frame: false,
            first: Some(first),
            setup,
        }
    }

    /// Whether the next media packet is to be lost on purpose.
    pub(crate) fn loses(&mut self) -> bool {
        // The first packet shows that the stream has started.
        let lost = self.place.is_some() && self.dice.as_mut().is_some_and(Dice::loses);
        if lost && let Some(recovery) = &mut self.recovery {
            recovery.pretend();
        }
        lost
    }

    /// A packet of the media stream.
    pub(crate) fn media(&mut self, header: &Header, packet: &mut [u8], taking: &mut Taking<'_>) {
        if let Some(first) = self.first.take() {
            // Whoever waited has given up: then the join has failed already.
            let _ = first.send(taking.arrival.at);
        }
        let number = match self.ledger.enter(header.sequence) {
            Entry::Ahead(number, skipped) => {
                if let Some(recovery) = &mut self.recovery {
                    recovery.miss(taking.arrival.at, skipped, taking.windows.open);
                }
                number
            }
            Entry::Behind(number) => {
                if let Some(recovery) = &mut self.recovery {
                    recovery.arrive(number);
                }
                number
            }
            Entry::Repeated => {
                taking.errors.duplicates += 1;
                return;
            }
        };
        self.reception
            .receive(number, header.timestamp, self.clock_rate(), taking.arrival);
        self.since_opened += 1;
        if self.must_open() {
            self.open(header, number, packet, taking);
        } else if let Some(place) = self.place {
            let index = number.wrapping_sub(place.offset);
            self.count(place.encoding, index, taking.windows);
        }
    }

    /// A packet of the retransmission stream.
    pub(crate) fn repeated(&mut self, header: &Header, packet: &mut [u8], taking: &mut Taking<'_>) {
        let Some(recovery) = &mut self.recovery else {
            return;
        };
        let Some(length) = taking.transport.open_rtp(packet) else {
            taking.errors.undecryptable += 1;
            return;
        };
        // RFC 4588 §4: the original sequence number, then the original payload. Padding has neither.
        let Some((original, payload)) = header
            .payload(&packet[..length])
            .and_then(<[u8]>::split_first_chunk::<2>)
        else {
            return;
        };
        let number = self.ledger.extend(u16::from_be_bytes(*original));
        if !recovery.recover(taking.arrival.at, number) {
            return;
        }
        if self.ledger.enter(u16::from_be_bytes(*original)) == Entry::Repeated {
            return;
        }
        match Stamp::read(self.setup.kind, payload) {
            Ok((stamp, _)) => {
                let counts = self.count(stamp.encoding, stamp.index, taking.windows);
                if let Some(judge) = &mut self.judge {
                    judge.repeated(counts);
                }
            }
            Err(corrupt) => note_corrupt(taking.errors, &corrupt),
        }
    }

    /// Starts counting anew.
    pub(crate) fn restart(&mut self) {
        self.received = 0;
        self.anchored = false;
        self.learn = self.learn.max(1);
        if let Some(judge) = &mut self.judge {
            judge.restart();
        }
        if let Some(recovery) = &mut self.recovery {
            recovery.restart();
        }
    }

    /// The window is over: the next packet must prove that the numbering still holds.
    pub(crate) fn prove(&mut self) {
        self.learn = self.learn.max(1);
    }

    /// Packets that should have come, and that came. A stream of which nothing ever came should
    /// have brought the best encoding.
    pub(crate) fn counts(&self, windows: &Windows) -> (u64, u64) {
        let encoding = self
            .place
            .map_or(self.setup.best_encoding, |place| place.encoding);
        let range = windows.range(self.setup.publisher, encoding);
        (range.end.saturating_sub(range.start), self.received)
    }

    /// Whether no packet was decrypted since [`Self::prove`]; from now on numbers may change again.
    pub(crate) fn conclude(&mut self) -> bool {
        self.anchored = false;
        self.learn > 0
    }

    fn clock_rate(&self) -> u32 {
        match self.setup.kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }

    fn must_open(&self) -> bool {
        self.judge.is_some() || self.learn > 0 || self.since_opened >= OPEN_EVERY
    }

    fn open(&mut self, header: &Header, number: u64, packet: &mut [u8], taking: &mut Taking<'_>) {
        let Some(length) = taking.transport.open_rtp(packet) else {
            taking.errors.undecryptable += 1;
            return;
        };
        self.learn = self.learn.saturating_sub(1);
        self.since_opened = 0;
        let payload = header.payload(&packet[..length]).unwrap_or_default();
        let (stamp, picture_id) = match Stamp::read(self.setup.kind, payload) {
            Ok(read) => read,
            Err(corrupt) => return note_corrupt(taking.errors, &corrupt),
        };
        if stamp.publisher != self.setup.publisher {
            taking.errors.foreign += 1;
            return;
        }
        if self.place.is_none() && self.setup.kind == MediaKind::Video {
            self.wants_key_frame = !(stamp.key && stamp.start);
        }
        let place = Place {
            encoding: stamp.encoding,
            offset: number.wrapping_sub(stamp.index),
        };
        let before = self.place.replace(place);
        let moved = before.is_some_and(|before| before != place);
        taking.errors.renumbered += u64::from(moved && self.anchored);
        self.anchored |= taking.windows.open;
        let counts = self.count(stamp.encoding, stamp.index, taking.windows);
        if let Some(judge) = &mut self.judge {
            judge.media(stamp, picture_id, taking.arrival, counts, taking.errors);
        }
    }

    fn count(&mut self, encoding: u8, index: u64, windows: &Windows) -> bool {
        let counts = windows.contains(self.setup.publisher, encoding, index);
        self.received += u64::from(counts);
        counts
    }
}

fn note_corrupt(errors: &mut Errors, corrupt: &dyn std::fmt::Display) {
    errors.corrupt += 1;
    errors.first.get_or_insert_with(|| corrupt.to_string());
}
