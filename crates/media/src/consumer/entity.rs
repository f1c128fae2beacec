//! The consumer itself: ties selection, numbering and sending together. Touches no bytes.

use std::time::{Duration, Instant};

use super::{
    key_frame_schedule::KeyFrameSchedule,
    payload_types::PayloadTypes,
    renumber::{Numbers, Renumber, RenumberConfig, Renumbered},
    replay::{self, Replay},
    report::SenderReportData,
    retransmission_buffer::Kept,
    rtp_stream_send::{RtpStreamSend, StreamConfig},
    stream_manager::{MAX_ENCODINGS, Selection, StreamManager, StreamScore},
    types::{ConsumerConfig, Forward, MediaEnd, RepairEnd, Retransmission, Rewrite, is_rtx},
};
use crate::rtcp::report::ReportBlock;
use crate::{
    CommandError, Consumed, ConsumerId, ConsumerLayers,
    rtp::{MediaPacket, codecs::Codec},
};
use ortc::types::{MediaKind, RtpCodecParameters, RtpType};

/// A producer's media on its way to one receiver, under the receiver's names.
///
/// After any call, [`Consumer::take_key_frame_request`] and [`Consumer::take_layers_change`] are
/// drained by the router.
#[derive(Debug)]
pub(crate) struct Consumer {
    id: ConsumerId,
    kind: MediaKind,
    paused: bool,
    producer_paused: bool,
    pub(super) payload_types: PayloadTypes,
    pub(super) streams: StreamManager,
    pub(super) numbers: Renumber,
    stream: RtpStreamSend,
    schedule: KeyFrameSchedule,
    /// It is sent old packets; none: those that come.
    pub(super) replay: Option<Box<Replay>>,
    /// When the last replay was over.
    pub(super) replayed: Option<Instant>,
    /// A key frame of the encoding being sent was asked for and has not come.
    pub(super) refresh: Option<usize>,
    /// Encodings to ask for a key frame, one bit each.
    requests: u8,
    /// Layers as last told.
    told_layers: Option<ConsumerLayers>,
    pub(super) first_media: FirstMedia,
    key_frame_requests: u32,
}

impl Consumer {
    /// A consumer of one outgoing stream. The options are used up here: what is kept is smaller.
    #[allow(clippy::needless_pass_by_value)]
    pub(crate) fn new(config: ConsumerConfig, now: Instant) -> Result<Self, CommandError> {
        let options = &config.options;
        let encodings = encodings(&config)?;
        let audio = config.codec == Codec::Audio;
        let (spatial, temporal) = options.preferred_layers.unzip();
        let mut consumer = Self {
            id: config.id,
            kind: options.kind,
            paused: options.paused,
            producer_paused: config.producer_paused,
            payload_types: PayloadTypes::new(options)?,
            streams: StreamManager::new(now, encodings, audio, spatial),
            numbers: Renumber::new(RenumberConfig {
                encodings,
                clock_rate: config.clock_rate,
                initial_sequence: config.initial_sequence,
                initial_timestamp: config.initial_timestamp,
                vp8: config.codec == Codec::Vp8,
                temporal_limit: temporal.flatten(),
            }),
            stream: RtpStreamSend::new(stream_config(&config)?),
            schedule: KeyFrameSchedule::default(),
            replay: None,
            replayed: None,
            refresh: None,
            requests: 0,
            told_layers: None,
            first_media: FirstMedia::default(),
            key_frame_requests: 0,
        };
        consumer.streams.set_active(now, consumer.active());
        consumer.follow(now);
        Ok(consumer)
    }

    /// Goes on with streams that were sent under the same SSRCs before. Must precede every packet.
    pub(crate) fn go_on(&mut self, media: Option<MediaEnd>, repair: Option<RepairEnd>) {
        if let Some(end) = media {
            self.numbers.go_on(end.numbers);
            self.stream.go_on(end.sent);
        }
        if let Some(end) = repair {
            self.stream.go_on_repairing(end);
        }
    }

    /// Where its streams end: the media's, and that of retransmissions if there is one.
    pub(crate) fn end(self) -> (MediaEnd, Option<RepairEnd>) {
        let media = MediaEnd {
            sent: self.stream.sent(),
            numbers: self.numbers,
        };
        (media, self.stream.repair_end())
    }

    /// Decides about a packet of the producer and gives it its outgoing numbers. Nothing of video
    /// passes before a key frame.
    pub(crate) fn forward_rtp(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Forward {
        // Padding and foreign payload types say nothing to a decoder, but keep a stream alive.
        let keep = self.payload_types.takes(packet.payload_type) && !packet.payload.is_empty();
        let selection = if keep || self.streams.current() == Some(packet.encoding) {
            self.streams.select(now, packet)
        } else {
            Selection::Skip
        };
        let numbers = match selection {
            Selection::Skip => None,
            Selection::Start => Some(self.start(now, packet)),
            Selection::Forward => self.renumber(now, packet, keep),
        };
        self.follow(now);
        numbers.map_or(Forward::Drop, |numbers| self.send(now, packet, numbers))
    }

    /// Answers a NACK (RFC 4585): the packets to send again are added to `out`. Each is sent again
    /// 10 times at most and three quarters of a round trip apart, all within a quarter of the
    /// media bitrate. `kept` finds what the producer keeps, by encoding and extended sequence number.
    pub(crate) fn handle_nack<'k>(
        &mut self,
        now: Instant,
        lost: impl Iterator<Item = u16>,
        kept: impl Fn(usize, u64) -> Option<Kept<'k>>,
        out: &mut Vec<Retransmission>,
    ) {
        let first = out.len();
        self.stream.handle_nack(now, lost, kept, out);
        for again in &mut out[first..] {
            again.rewrite.payload_type = self.payload_types.name(again.rewrite.payload_type);
        }
    }

    /// Takes the receiver's report about the outgoing stream.
    pub(crate) fn handle_receiver_report(&mut self, now: Instant, report: &ReportBlock) {
        self.stream.handle_receiver_report(now, report);
    }

    /// Takes the producer's sender report about one encoding: aligns encodings on a switch and the
    /// outgoing sender reports.
    pub(crate) fn handle_producer_sender_report(
        &mut self,
        now: Instant,
        encoding: usize,
        ntp: u64,
        rtp_timestamp: u32,
    ) {
        self.numbers
            .handle_sender_report(now, encoding, ntp, rtp_timestamp);
    }

    /// A sender report for `now`, whose wall clock is `ntp`; none while nothing is sent.
    pub(crate) fn sender_report(&mut self, now: Instant, ntp: u64) -> Option<SenderReportData> {
        self.streams.current()?;
        let timestamp = self.numbers.timestamp_at(now)?;
        Some(self.stream.sender_report(now, ntp, timestamp))
    }

    /// Stops sending.
    pub(crate) fn pause(&mut self, now: Instant) {
        self.change_activity(now, |consumer| consumer.paused = true);
    }

    /// Sends again, from a key frame, which is asked for at once.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.change_activity(now, |consumer| consumer.paused = false);
    }

    /// The producer was paused or resumed.
    pub(crate) fn set_producer_paused(&mut self, now: Instant, paused: bool) {
        self.change_activity(now, |consumer| consumer.producer_paused = paused);
    }

    /// Sets the best layers to send; what does not exist is cut to what does.
    pub(crate) fn set_preferred_layers(&mut self, now: Instant, spatial: u8, temporal: Option<u8>) {
        self.numbers.set_temporal_limit(temporal);
        self.streams.set_preferred(now, spatial);
        self.follow(now);
    }

    /// The receiver (PLI, FIR) or the control side wants a key frame.
    pub(crate) fn request_key_frame(&mut self, now: Instant) {
        self.key_frame_requests = self.key_frame_requests.saturating_add(1);
        if !self.active() || self.kind == MediaKind::Audio || self.replay.is_some() {
            return;
        }
        if !replay::is_over(now, self.replayed) {
            // It asks because it has not decoded yet what it was sent: that need not be repeated.
            return self
                .streams
                .current()
                .into_iter()
                .for_each(|it| self.ask(it));
        }
        self.refresh = self.streams.current();
        for encoding in [self.refresh, self.streams.wanted()].into_iter().flatten() {
            self.ask(encoding);
        }
        self.follow(now);
    }

    /// The producer's view of its streams, in order of encodings; which are alive.
    pub(crate) fn producer_streams_changed(&mut self, now: Instant, scores: &[StreamScore]) {
        self.streams.set_scores(now, scores);
        self.follow(now);
    }

    /// The producer's encodings are, or are not, listed with the largest picture first: layers are
    /// counted from the smallest.
    pub(crate) fn set_largest_first(&mut self, now: Instant, largest_first: bool) {
        self.streams.set_largest_first(now, largest_first);
        self.follow(now);
    }

    /// An encoding and those with smaller pictures, the largest first.
    pub(crate) fn down_from(&self, encoding: usize) -> impl Iterator<Item = usize> + use<> {
        self.streams.down_from(encoding)
    }

    /// Runs what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.streams.handle_timeout(now);
        self.follow(now);
        if let Some(encoding) = self.schedule.handle_timeout(now) {
            self.ask(encoding);
        }
    }

    /// The next encoding to ask the producer for a key frame; call until none is left.
    pub(crate) fn take_key_frame_request(&mut self) -> Option<usize> {
        let encoding = self.requests.trailing_zeros();
        self.requests &= self.requests.wrapping_sub(1);
        (encoding < u8::BITS).then_some(encoding as usize)
    }

    /// The layers being sent, if they changed since the last call; the inner none: nothing is.
    pub(crate) fn take_layers_change(&mut self) -> Option<Option<ConsumerLayers>> {
        let layers = self.current_layers();
        if layers == self.told_layers {
            return None;
        }
        self.told_layers = layers;
        Some(layers)
    }

    /// Whether [`Self::take_key_frame_request`] or [`Self::take_layers_change`] has something.
    pub(crate) fn has_changed(&self) -> bool {
        self.requests != 0
            || self.current_layers() != self.told_layers
            || matches!(self.first_media, FirstMedia::After(_))
    }

    /// How long its client waited for the first packet, once after it came.
    pub(crate) fn take_first_media(&mut self) -> Option<Duration> {
        let FirstMedia::After(time) = self.first_media else {
            return None;
        };
        self.first_media = FirstMedia::Told;
        Some(time)
    }

    /// When [`Consumer::handle_timeout`] has something to do. It moves only with that call, a
    /// switch, or a command, never with each packet.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let replay = self.replay.as_ref().map(|replay| replay.poll_timeout());
        let times = [self.schedule.poll_timeout(), self.streams.poll_timeout()];
        times.into_iter().chain([replay]).flatten().min()
    }

    /// Whether it sends: neither it nor its producer is paused.
    pub(crate) fn active(&self) -> bool {
        !self.paused && !self.producer_paused
    }

    /// Which of the producer's encodings is being sent.
    pub(crate) fn current_encoding(&self) -> Option<usize> {
        self.streams.current()
    }

    /// The layers being sent; none when nothing is, or where there are no layers.
    pub(crate) fn current_layers(&self) -> Option<ConsumerLayers> {
        Some(ConsumerLayers {
            spatial_layer: self.streams.layer()?,
            temporal_layer: self.numbers.temporal_layer(),
        })
    }

    /// What it sent so far.
    pub(crate) fn consumed(&self) -> Consumed {
        Consumed {
            packets: self.packets(),
            bytes: self.bytes(),
            retransmitted: self.retransmitted(),
        }
    }

    /// Audio or video.
    pub(crate) fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Its name.
    pub(crate) fn id(&self) -> ConsumerId {
        self.id
    }

    /// Whether it is paused itself.
    pub(crate) fn paused(&self) -> bool {
        self.paused
    }

    /// SSRC of the outgoing stream.
    pub(crate) fn ssrc(&self) -> u32 {
        self.stream.ssrc()
    }

    /// SSRC of the outgoing retransmission stream.
    pub(crate) fn rtx_ssrc(&self) -> Option<u32> {
        self.stream.rtx_ssrc()
    }

    /// Packets sent, repairs not counted.
    pub(crate) fn packets(&self) -> u64 {
        self.stream.packets()
    }

    /// Payload bytes sent, repairs not counted.
    pub(crate) fn bytes(&self) -> u64 {
        self.stream.bytes()
    }

    /// Key frames the receiver or the control side wanted.
    pub(crate) fn key_frame_requests(&self) -> u32 {
        self.key_frame_requests
    }

    /// The most that is to be sent; none where there are no layers.
    pub(crate) fn preferred_layers(&self) -> Option<ConsumerLayers> {
        Some(ConsumerLayers {
            spatial_layer: self.streams.preferred()?,
            temporal_layer: self.numbers.temporal_limit(),
        })
    }

    /// Packets sent again.
    pub(crate) fn retransmitted(&self) -> u64 {
        self.stream.retransmitted()
    }

    /// Round-trip time to the receiver, once reports told.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.stream.rtt()
    }

    /// The receiver's last report.
    pub(crate) fn report(&self) -> ReportBlock {
        self.stream.report()
    }

    /// Bytes on the heap for what was sent.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.stream.heap()
    }

    fn start(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Numbers {
        self.refresh = None;
        self.first_media.came(now);
        self.numbers.start(now, packet)
    }

    fn renumber(&mut self, now: Instant, packet: &MediaPacket<'_>, keep: bool) -> Option<Numbers> {
        match self.numbers.renumber(now, packet, keep) {
            Renumbered::As(numbers) => {
                if packet.info.key_frame {
                    self.refresh = None;
                }
                Some(numbers)
            }
            Renumbered::Nothing => None,
            Renumbered::Restarted if !keep => None,
            Renumbered::Restarted => match self.streams.restart(now, packet) {
                Selection::Start => Some(self.start(now, packet)),
                Selection::Forward | Selection::Skip => None,
            },
        }
    }

    pub(super) fn send(
        &mut self,
        now: Instant,
        packet: &MediaPacket<'_>,
        numbers: Numbers,
    ) -> Forward {
        let rewrite = Rewrite {
            ssrc: self.stream.ssrc(),
            payload_type: self.payload_types.name(packet.payload_type),
            sequence_number: numbers.sequence_number,
            timestamp: numbers.timestamp,
            marker: packet.marker,
            vp8: numbers.vp8,
        };
        self.stream.note(now, packet, &rewrite);
        Forward::Send(rewrite)
    }

    fn change_activity(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        let before = self.active();
        change(self);
        let active = self.active();
        if active != before {
            self.refresh = None;
            self.requests = 0;
            self.replay = None;
            self.replayed = None;
            self.first_media = FirstMedia::wanted(active, now);
            self.streams.set_active(now, active);
            self.follow(now);
        }
    }

    /// Waits for the key frame that is wanted now, and asks for it if that is news.
    pub(super) fn follow(&mut self, now: Instant) {
        let wanted = self.streams.wanted().or(self.refresh);
        if self.schedule.want(now, wanted)
            && let Some(encoding) = wanted
        {
            self.ask(encoding);
        }
    }

    fn ask(&mut self, encoding: usize) {
        if encoding < MAX_ENCODINGS {
            self.requests |= 1 << encoding;
        }
    }
}

/// The wait for a consumer's first packet since it last began to run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum FirstMedia {
    /// Nobody waits, or it was told.
    #[default]
    Told,
    /// Since then.
    Awaited(Instant),
    /// It came after so long.
    After(Duration),
}

impl FirstMedia {
    fn wanted(active: bool, now: Instant) -> Self {
        if active {
            Self::Awaited(now)
        } else {
            Self::Told
        }
    }

    /// A packet that decoding can begin with is being sent.
    pub(super) fn came(&mut self, now: Instant) {
        if let Self::Awaited(since) = *self {
            *self = Self::After(now.saturating_duration_since(since));
        }
    }
}

/// The producer's streams to choose from.
fn encodings(config: &ConsumerConfig) -> Result<usize, CommandError> {
    let encodings = config.options.consumable_encodings.len();
    match config.options.rtp_type {
        RtpType::Pipe => Err(invalid("a pipe is not a consumer of one stream")),
        _ if encodings == 0 => Err(invalid("no consumable encoding")),
        _ if encodings > MAX_ENCODINGS => Err(invalid("too many consumable encodings")),
        RtpType::Simple | RtpType::Svc => Ok(1),
        RtpType::Simulcast => Ok(encodings),
    }
}

fn stream_config(config: &ConsumerConfig) -> Result<StreamConfig, CommandError> {
    let parameters = &config.options.rtp_parameters;
    let [encoding] = parameters.encodings.as_slice() else {
        return Err(invalid("exactly one encoding is needed"));
    };
    let ssrc = encoding
        .ssrc
        .ok_or_else(|| invalid("the encoding has no SSRC"))?;
    let rtx_type = parameters.codecs.iter().find(|codec| is_rtx(codec));
    let rtx = encoding.rtx.zip(rtx_type);
    Ok(StreamConfig {
        ssrc,
        rtx: rtx.map(|(rtx, codec)| (rtx.ssrc, codec.payload_type)),
        // Random because the timestamp is; in the lower half for the sake of SRTP's roll-over.
        initial_rtx_sequence: (config.initial_timestamp >> 17) as u16 ^ config.initial_sequence,
        nack: parameters.codecs.iter().any(has_nack),
        packets: config.retransmission_packets,
        age: config.retransmission_age,
    })
}

/// Generic NACK (RFC 4585 §4.2): no parameter.
fn has_nack(codec: &RtpCodecParameters) -> bool {
    let mut feedback = codec.rtcp_feedback.iter();
    feedback.any(|feedback| feedback.kind == "nack" && feedback.parameter.is_empty())
}

fn invalid(reason: &str) -> CommandError {
    CommandError::InvalidRtpParameters(reason.to_owned())
}
