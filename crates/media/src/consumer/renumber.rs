//! Gives packets their outgoing numbers: sequence, timestamp, VP8 picture ids, as one.

use std::time::{Duration, Instant};

use super::{
    picture_manager::PictureManager,
    seq_manager::{Place, SeqManager},
    source_clock::SourceClock,
    temporal_filter::TemporalFilter,
    timestamp_mapper::TimestampMapper,
    types::Vp8Rewrite,
};
use crate::{producer::LiveFrame, rtp::MediaPacket};

/// So many packets from outside the window, with no newer one between them, can mean that the source
/// counts anew (RFC 3550 §A.1 takes two; repairs come in bursts).
const STALE_LIMIT: u8 = 5;

/// From less far behind they mean it only when nothing newer has come for so long: a live source
/// that repairs old packets sends new ones too.
const STALE_TIME: Duration = Duration::from_secs(2);

/// Outgoing numbers of one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) sequence_number: u16,
    pub(super) timestamp: u32,
    pub(super) vp8: Option<Vp8Rewrite>,
}

/// What becomes of a packet of the current segment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Renumbered {
    /// It is sent.
    As(Numbers),
    /// It is not: left out, late, or a copy.
    Nothing,
    /// The source counts anew; a new segment is needed.
    Restarted,
}

/// The continuous numbering of one consumer, over segments of one encoding each.
#[derive(Debug)]
pub(super) struct Renumber {
    sequence: SeqManager,
    timestamp: TimestampMapper,
    temporal: TemporalFilter,
    /// VP8 only.
    pictures: Option<Box<PictureManager>>,
    /// The encodings' clocks, as far as sender reports told.
    clocks: Box<[Option<SourceClock>]>,
    clock_rate: u32,
    /// Encoding of the segment.
    encoding: Option<usize>,
    stale: u8,
    /// When the newest packet came.
    fresh_at: Option<Instant>,
}

/// How a numbering starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct RenumberConfig {
    pub(super) encodings: usize,
    pub(super) clock_rate: u32,
    pub(super) initial_sequence: u16,
    pub(super) initial_timestamp: u32,
    pub(super) vp8: bool,
    pub(super) temporal_limit: Option<u8>,
}

impl Renumber {
    pub(super) fn new(config: RenumberConfig) -> Self {
        let mapper = TimestampMapper::new(config.clock_rate, config.initial_timestamp);
        Self {
            sequence: SeqManager::new(config.initial_sequence),
            timestamp: mapper,
            temporal: TemporalFilter::new(config.temporal_limit),
            pictures: config.vp8.then(|| Box::new(PictureManager::new())),
            clocks: vec![None; config.encodings].into_boxed_slice(),
            clock_rate: config.clock_rate,
            encoding: None,
            stale: 0,
            fresh_at: None,
        }
    }

    /// Goes on where `before` ended, with a source that has nothing to do with its.
    pub(super) fn go_on(&mut self, before: Self) {
        self.sequence = before.sequence;
        self.timestamp.go_on(&before.timestamp);
        if let (Some(pictures), Some(before)) = (&mut self.pictures, before.pictures) {
            *pictures = before;
        }
    }

    /// Starts a segment at `packet`; older packets have no place in it.
    pub(super) fn start(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Numbers {
        let offset = self.clock_offset(packet);
        let timestamp = self.timestamp.start(now, packet.timestamp, offset);
        self.start_at(now, packet, timestamp)
    }

    /// The same with a packet of long ago, when the source's newest frame is `live`; what follows
    /// it is sent faster than it was made.
    pub(super) fn start_replay(
        &mut self,
        now: Instant,
        packet: &MediaPacket<'_>,
        live: LiveFrame,
    ) -> Numbers {
        let (offset, input) = (self.clock_offset(packet), packet.timestamp);
        let timestamp = self.timestamp.start_replay(now, input, live, offset);
        self.start_at(now, packet, timestamp)
    }

    /// What was to be sent faster than it was made is sent.
    pub(super) fn end_replay(&mut self) {
        self.timestamp.end_replay();
    }

    fn start_at(&mut self, now: Instant, packet: &MediaPacket<'_>, timestamp: u32) -> Numbers {
        self.encoding = Some(packet.encoding);
        self.stale = 0;
        self.fresh_at = Some(now);
        self.temporal.start(packet);
        let vp8 = self.pictures.as_mut().zip(packet.info.vp8);
        Numbers {
            sequence_number: self.sequence.start(packet.sequence),
            timestamp,
            vp8: vp8.map(|(pictures, vp8)| pictures.start(vp8)),
        }
    }

    /// Numbers a packet of the current segment. `keep`: whether it may be sent at all.
    ///
    /// A late packet whose number is still reserved is sent even above the temporal limit, as long
    /// as its picture is not left out: otherwise the receiver would see a gap nobody can fill.
    pub(super) fn renumber(
        &mut self,
        now: Instant,
        packet: &MediaPacket<'_>,
        keep: bool,
    ) -> Renumbered {
        let newest = match self.sequence.place(packet.sequence) {
            Place::Newest => true,
            Place::Reserved => false,
            Place::Duplicate => return Renumbered::Nothing,
            Place::FarAhead => return Renumbered::Restarted,
            Place::Old => return self.note_stale(now, false),
            Place::FarBehind => return self.note_stale(now, true),
        };
        if newest {
            self.stale = 0;
            self.fresh_at = Some(now);
        }
        let keep = keep && (!newest || self.temporal.admits(packet));
        let Some(vp8) = self.renumber_picture(packet, newest, keep) else {
            self.sequence.leave_out(packet.sequence);
            return Renumbered::Nothing;
        };
        Renumbered::As(Numbers {
            sequence_number: self.sequence.forward(packet.sequence),
            timestamp: self
                .timestamp
                .map(now, packet.sequence, packet.timestamp, newest),
            vp8,
        })
    }

    /// Sets the highest temporal layer to send.
    pub(super) fn set_temporal_limit(&mut self, limit: Option<u8>) {
        self.temporal.set_limit(limit);
    }

    /// The highest temporal layer to send, if that is limited.
    pub(super) fn temporal_limit(&self) -> Option<u8> {
        self.temporal.limit()
    }

    /// The highest temporal layer being sent, when the payload tells.
    pub(super) fn temporal_layer(&self) -> Option<u8> {
        self.temporal.layer()
    }

    /// A sender report of one of the producer's streams.
    pub(super) fn handle_sender_report(
        &mut self,
        now: Instant,
        encoding: usize,
        ntp: u64,
        rtp_timestamp: u32,
    ) {
        if let Some(clock) = self.clocks.get_mut(encoding) {
            *clock = Some(SourceClock::new(now, ntp, rtp_timestamp, *clock));
        }
    }

    /// The outgoing timestamp at `now`; none before the first packet.
    pub(super) fn timestamp_at(&self, now: Instant) -> Option<u32> {
        let clock = self.clock(self.encoding?);
        let source = clock.map(|clock| clock.timestamp_at(now, self.clock_rate));
        self.timestamp.at(now, source)
    }

    /// The outer none: left out. The inner: nothing to rewrite.
    fn renumber_picture(
        &mut self,
        packet: &MediaPacket<'_>,
        newest: bool,
        keep: bool,
    ) -> Option<Option<Vp8Rewrite>> {
        let base_layer = packet.info.temporal_layer.unwrap_or(0) == 0;
        let Some((pictures, vp8)) = self.pictures.as_mut().zip(packet.info.vp8) else {
            return keep.then_some(None);
        };
        if keep {
            return pictures.forward(vp8, base_layer, newest).map(Some);
        }
        if newest {
            pictures.leave_out(vp8, base_layer);
        }
        None
    }

    /// The timestamp offset the source's clock calls for if a segment starts at `packet`: the same
    /// encoding's own, or by both encodings' sender reports.
    fn clock_offset(&self, packet: &MediaPacket<'_>) -> Option<u32> {
        let (before, offset) = (self.encoding?, self.timestamp.clock_offset()?);
        if before == packet.encoding {
            return Some(offset);
        }
        let (from, to) = (self.clock(packet.encoding)?, self.clock(before)?);
        let there = from.translate(packet.timestamp, to, self.clock_rate);
        Some(there.wrapping_add(offset).wrapping_sub(packet.timestamp))
    }

    fn clock(&self, encoding: usize) -> Option<&SourceClock> {
        self.clocks.get(encoding)?.as_ref()
    }

    fn note_stale(&mut self, now: Instant, far: bool) -> Renumbered {
        self.stale = self.stale.saturating_add(1);
        let quiet = |at| now.saturating_duration_since(at) >= STALE_TIME;
        let alone = far || self.fresh_at.is_none_or(quiet);
        if self.stale >= STALE_LIMIT && alone {
            return Renumbered::Restarted;
        }
        Renumbered::Nothing
    }
}
