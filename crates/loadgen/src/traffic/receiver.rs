//! A receiver: streams by SSRC, and the feedback Chromium sends for them.

use std::time::{Duration, Instant};

use media::client::{
    ClientTransport,
    rtcp::{self, ArrivalFeedback, Incoming},
};

use super::{
    clock::Arrival,
    harvest::Errors,
    header::Header,
    socket::Outbox,
    stream::{Stream, Taking},
    window::Windows,
};

/// Time between two receiver reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// One peer's incoming media.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// Its streams.
    pub(crate) streams: Vec<Stream>,
    /// SSRC, stream, and whether it is the retransmission stream.
    ssrcs: Vec<(u32, usize, bool)>,
    /// SSRC of its reports.
    ssrc: u32,
    wide_id: u8,
    feedback: ArrivalFeedback,
    next_report: Instant,
}

impl Receiver {
    /// A receiver of nothing yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            streams: Vec::new(),
            ssrcs: Vec::new(),
            ssrc: fastrand::u32(1..),
            wide_id: 0,
            feedback: ArrivalFeedback::default(),
            // Not everybody at once.
            next_report: now + REPORT_INTERVAL.mul_f64(fastrand::f64()),
        }
    }

    /// Expects a stream.
    pub(crate) fn add(&mut self, stream: Stream) {
        let (setup, index) = (stream.setup, self.streams.len());
        self.ssrcs.push((setup.ssrc, index, false));
        self.ssrcs
            .extend(setup.rtx_ssrc.map(|ssrc| (ssrc, index, true)));
        // A transport is one BUNDLE group: an id means the same for all streams.
        self.wide_id = self.wide_id.max(setup.wide_id);
        self.streams.push(stream);
    }

    /// Takes an RTP datagram.
    pub(crate) fn handle_rtp(
        &mut self,
        packet: &mut [u8],
        arrival: Arrival,
        (transport, windows, errors): (&mut ClientTransport, &Windows, &mut Errors),
    ) {
        let Some(header) = Header::read(packet, self.wide_id) else {
            errors.foreign += 1;
            return;
        };
        let known = self.ssrcs.iter().find(|(ssrc, ..)| *ssrc == header.ssrc);
        let Some((_, index, is_rtx)) = known.copied() else {
            errors.foreign += 1;
            return;
        };
        let stream = &mut self.streams[index];
        if !is_rtx && stream.loses() {
            return;
        }
        if let Some(wide_sequence) = header.wide_sequence {
            self.feedback.receive(arrival.at, wide_sequence);
        }
        let mut taking = Taking {
            arrival,
            transport,
            windows,
            errors,
        };
        if is_rtx {
            stream.repeated(&header, packet, &mut taking);
        } else {
            stream.media(&header, packet, &mut taking);
        }
    }

    /// Acts on what the server says.
    pub(crate) fn handle_rtcp(&mut self, now: Instant, incoming: Incoming) {
        if let Incoming::SenderReport { ssrc, ntp } = incoming
            && let Some(stream) = self
                .streams
                .iter_mut()
                .find(|stream| stream.setup.ssrc == ssrc)
        {
            stream.reception.sender_report(now, ntp);
        }
    }

    /// Writes the feedback that is due.
    pub(crate) fn report(
        &mut self,
        now: Instant,
        transport: &mut ClientTransport,
        outbox: &mut Outbox,
    ) {
        self.send_transport_feedback(now, transport, outbox);
        for stream in &mut self.streams {
            let media = stream.setup.ssrc;
            if std::mem::take(&mut stream.wants_key_frame) {
                send(transport, outbox, |out| rtcp::pli(out, self.ssrc, media));
            }
            let lost = stream.recovery.as_mut().map(|recovery| recovery.due(now));
            let lost = lost.unwrap_or_default();
            let mut rest = &lost[..];
            while !rest.is_empty() {
                send(transport, outbox, |out| {
                    rest = rtcp::nack(out, self.ssrc, media, rest)
                });
            }
        }
        if self.next_report <= now {
            self.next_report = now + REPORT_INTERVAL;
            let streams = self.streams.iter_mut();
            let reports: Vec<_> = streams
                .filter_map(|stream| stream.reception.report(stream.setup.ssrc, now))
                .collect();
            send(transport, outbox, |out| {
                rtcp::receiver_report(out, self.ssrc, &reports)
            });
        }
    }

    /// When [`Self::report`] is next needed.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let missing = self
            .streams
            .iter()
            .filter_map(|stream| stream.recovery.as_ref()?.poll_timeout());
        let earliest = missing.chain(self.feedback.poll_timeout()).min();
        earliest.map_or(self.next_report, |earliest| earliest.min(self.next_report))
    }

    fn send_transport_feedback(
        &mut self,
        now: Instant,
        transport: &mut ClientTransport,
        outbox: &mut Outbox,
    ) {
        let Some(media) = self.streams.first().map(|stream| stream.setup.ssrc) else {
            return;
        };
        let mut more = true;
        while more {
            more = false;
            outbox.write(|arena, start| {
                more = self.feedback.write(now, self.ssrc, media, arena);
                more && transport.seal_rtcp(arena, start)
            });
        }
    }
}

/// Seals and queues one compound.
fn send(transport: &mut ClientTransport, outbox: &mut Outbox, write: impl FnOnce(&mut Vec<u8>)) {
    outbox.write(|arena, start| {
        write(arena);
        transport.seal_rtcp(arena, start)
    });
}
