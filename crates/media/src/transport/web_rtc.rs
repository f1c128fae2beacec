//! A WebRTC transport: ICE-lite, DTLS and SRTP of one client, and which of its streams is whose.
//!
//! It knows nothing of routes: what arrives is returned, what leaves is handed in.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use ortc::types::{DtlsParameters, DtlsRole, IceParameters, RtpParameters};

use super::{
    dtls::{DtlsIdentity, DtlsOutput, DtlsTransport},
    feedback::SenderFeedback,
    ice_lite::{IceCredentials, IceLite, IceOutcome},
    resumable::ResumableStreams,
    rtp_listener::{RtpListener, StreamNames, Target},
    srtp::{SrtpInbound, SrtpOutbound},
};
use crate::{
    Carried, CloseReason, CommandError, DtlsState, IceState, MediaLimits, TransmitBatch,
    TransportId, TransportStats, Tuple,
    consumer::{Consumer, Retransmission, Rewrite},
    producer::extension_id,
    router::{ConsumerKey, ProducerKey},
    rtp::{
        outgoing::{self, SendExtensions, uri},
        packet::RtpPacket,
    },
    stats::BitrateMeter,
    timer::Scheduled,
};

/// One client's connection.
#[derive(Debug)]
pub(crate) struct WebRtcTransport {
    pub(crate) id: TransportId,
    pub(crate) ice: IceLite,
    dtls: DtlsTransport,
    srtp: Option<(SrtpInbound, SrtpOutbound)>,
    listener: RtpListener,
    extensions: ReceiveExtensions,
    /// What its senders are told of the network.
    pub(crate) feedback: SenderFeedback,
    /// The next transport-wide sequence number.
    wide_sequence: u16,
    /// The moment abs-send-time counts from.
    epoch: Instant,
    connect_timeout: Duration,
    /// The handshake must be over by then: counted from the transport's making, and once more from
    /// `connect`.
    connect_deadline: Option<Instant>,
    counters: Counters,
    /// Producers received here, oldest first.
    pub(crate) producers: Vec<ProducerKey>,
    /// Consumers sent here, by media SSRC and by RTX SSRC.
    pub(crate) consumers: HashMap<u32, ConsumerKey>,
    resumable: ResumableStreams,
    pub(crate) scheduled: Scheduled,
    #[cfg(feature = "fault-injection")]
    pub(crate) panic_at_next_datagram: bool,
    #[cfg(feature = "fault-injection")]
    pub(crate) panic_at_next_packet: bool,
}

/// Header-extension ids the client uses; a transport is one BUNDLE group (RFC 8843 §9.2), so an id
/// means the same for all its producers.
#[derive(Debug, Default)]
struct ReceiveExtensions {
    mid: Option<u8>,
    rid: Option<u8>,
    repaired_rid: Option<u8>,
}

#[derive(Debug)]
struct Counters {
    stats: TransportStats,
    received: BitrateMeter,
    sent: BitrateMeter,
}

/// What an input changed, for the router to act on.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// ICE state and tables.
    pub(crate) ice: IceOutcome,
    /// DTLS moved to this state.
    pub(crate) dtls: Option<DtlsState>,
    /// The transport is finished.
    pub(crate) close: Option<CloseReason>,
}

impl WebRtcTransport {
    /// A transport nobody has connected to.
    pub(crate) fn new(
        id: TransportId,
        identity: &DtlsIdentity,
        credentials: IceCredentials,
        limits: &MediaLimits,
        (now, rtcp_ssrc): (Instant, u32),
    ) -> Self {
        Self {
            id,
            ice: IceLite::new(credentials, limits, now),
            dtls: DtlsTransport::new(identity, limits, now),
            srtp: None,
            listener: RtpListener::default(),
            extensions: ReceiveExtensions::default(),
            feedback: SenderFeedback::new(rtcp_ssrc),
            wide_sequence: 0,
            epoch: now,
            connect_timeout: limits.connect_timeout,
            connect_deadline: Some(now + limits.connect_timeout),
            counters: Counters {
                stats: TransportStats::default(),
                received: BitrateMeter::new(now),
                sent: BitrateMeter::new(now),
            },
            producers: Vec::new(),
            consumers: HashMap::new(),
            resumable: ResumableStreams::default(),
            scheduled: Scheduled::default(),
            #[cfg(feature = "fault-injection")]
            panic_at_next_datagram: false,
            #[cfg(feature = "fault-injection")]
            panic_at_next_packet: false,
        }
    }

    /// The client's fingerprints and role are known.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        remote: &DtlsParameters,
        egress: &mut TransmitBatch,
    ) -> Result<(DtlsRole, Change), CommandError> {
        let role = self.dtls.connect(now, remote)?;
        // Clients connect when they first need the transport, which may be late.
        self.connect_deadline = Some(now + self.connect_timeout);
        Ok((role, self.advance_dtls(now, egress)))
    }

    /// New ICE credentials; returns what the client needs, and the username fragment that is no
    /// longer answered.
    pub(crate) fn restart_ice(
        &mut self,
        now: Instant,
        credentials: IceCredentials,
    ) -> (IceParameters, Option<String>) {
        let dropped = self.ice.restart(credentials, now);
        (self.ice.parameters(), dropped)
    }

    /// A STUN datagram for one of this transport's username fragments.
    pub(crate) fn handle_stun(
        &mut self,
        now: Instant,
        from: Tuple,
        bytes: &[u8],
        egress: &mut TransmitBatch,
    ) -> Change {
        let mut reply = Vec::new();
        let ice = self.ice.handle_stun(now, from, bytes, &mut reply);
        if !reply.is_empty() {
            egress.push(from, &reply);
        }
        let mut change = Change::default();
        if ice.selected_changed {
            // As DTLS client our first flight waits for an address to go to.
            change = self.advance_dtls(now, egress);
        }
        change.ice = ice;
        change
    }

    /// A DTLS datagram from a validated tuple.
    pub(crate) fn handle_dtls(
        &mut self,
        now: Instant,
        bytes: &[u8],
        egress: &mut TransmitBatch,
    ) -> Change {
        self.dtls.handle_datagram(now, bytes);
        self.advance_dtls(now, egress)
    }

    /// Runs due timers of ICE and DTLS.
    pub(crate) fn handle_timeout(&mut self, now: Instant, egress: &mut TransmitBatch) -> Change {
        let ice = self.ice.handle_timeout(now);
        let mut change = Change::default();
        if self.ice.selected().is_some() {
            self.dtls.handle_timeout(now);
            change = self.advance_dtls(now, egress);
        }
        if ice.expired {
            change.close = Some(CloseReason::ConsentExpired);
        }
        if self
            .connect_deadline
            .is_some_and(|deadline| deadline <= now)
        {
            change.close.get_or_insert(CloseReason::ConnectTimeout);
        }
        change.ice = ice;
        change
    }

    /// When to call [`Self::handle_timeout`], or to send feedback.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let dtls = self
            .dtls
            .poll_timeout()
            .filter(|_| self.ice.selected().is_some());
        let feedback = self.feedback.poll_timeout().filter(|_| self.is_connected());
        [
            self.ice.poll_timeout(),
            dtls,
            self.connect_deadline,
            feedback,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn advance_dtls(&mut self, now: Instant, egress: &mut TransmitBatch) -> Change {
        let mut change = Change::default();
        let Some(tuple) = self.ice.selected() else {
            return change;
        };
        if self.connect_deadline.is_some() {
            self.dtls.handle_timeout(now);
        }
        while let Some(output) = self.dtls.poll_output() {
            match output {
                DtlsOutput::Transmit(bytes) => {
                    self.counters.sent(now, bytes.len());
                    egress.push(tuple, &bytes);
                }
                DtlsOutput::Connected {
                    inbound,
                    outbound,
                    profile,
                } => {
                    self.counters.stats.srtp_profile = Some(profile.name());
                    self.srtp = Some((inbound, outbound));
                    self.connect_deadline = None;
                }
                DtlsOutput::StateChange(state) => change.dtls = Some(state),
                DtlsOutput::Failed(failure) => change.close = Some(failure.reason()),
                DtlsOutput::Closed => change.close = Some(CloseReason::DtlsClosed),
            }
        }
        change
    }

    /// Takes keys as if a handshake had agreed on them.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn install_keys(&mut self, keys: (SrtpInbound, SrtpOutbound)) -> Change {
        self.srtp = Some(keys);
        self.connect_deadline = None;
        Change {
            dtls: Some(DtlsState::Connected),
            ..Change::default()
        }
    }

    /// Whether media can be sent and received.
    pub(crate) fn is_connected(&self) -> bool {
        self.srtp.is_some()
    }

    /// Tells the client that we are gone.
    pub(crate) fn close(&mut self, now: Instant, egress: &mut TransmitBatch) {
        self.dtls.close();
        self.advance_dtls(now, egress);
    }

    /// Learns a producer's streams.
    pub(crate) fn add_producer(
        &mut self,
        key: ProducerKey,
        parameters: &RtpParameters,
    ) -> Result<(), CommandError> {
        self.listener.add(key, parameters)?;
        self.producers.push(key);
        let id = |uri| extension_id(parameters, uri);
        let known = &mut self.extensions;
        known.mid = id(uri::MID).or(known.mid);
        known.rid = id(uri::RID).or(known.rid);
        known.repaired_rid = id(uri::REPAIRED_RID).or(known.repaired_rid);
        self.feedback.learn(parameters);
        Ok(())
    }

    /// Forgets a producer's streams.
    pub(crate) fn remove_producer(&mut self, key: ProducerKey) {
        self.producers.retain(|other| *other != key);
        for ssrc in self.listener.remove(key) {
            if let Some((inbound, _)) = &mut self.srtp {
                inbound.forget(ssrc);
            }
        }
    }

    /// Whether another consumer may go on with the stream of this SSRC.
    pub(crate) fn is_resumable(&self, ssrc: u32) -> bool {
        self.resumable.contains(ssrc)
    }

    /// Lets a new consumer go on with the streams that were sent under its SSRCs before, if there
    /// are any. `resumable`: and another after it.
    pub(crate) fn resume(
        &mut self,
        consumer: &mut Consumer,
        resumable: bool,
    ) -> Result<(), CommandError> {
        let (ssrc, rtx_ssrc) = (consumer.ssrc(), consumer.rtx_ssrc());
        let other = |ssrc, repair| self.resumable.is_other_kind(ssrc, repair);
        if other(ssrc, false) || rtx_ssrc.is_some_and(|ssrc| other(ssrc, true)) {
            let why = format!("SSRC {ssrc}, for another kind of stream");
            return Err(CommandError::StreamInUse(why));
        }
        if resumable {
            self.resumable.promise([ssrc].into_iter().chain(rtx_ssrc))?;
        }
        let repair = rtx_ssrc.and_then(|ssrc| self.resumable.take_repair(ssrc));
        consumer.go_on(self.resumable.take_media(ssrc), repair);
        Ok(())
    }

    /// Forgets a consumer's streams, unless they may be taken up again.
    pub(crate) fn remove_consumer(&mut self, key: ConsumerKey, consumer: Consumer) {
        self.consumers.retain(|_, other| *other != key);
        let (ssrc, rtx_ssrc) = (consumer.ssrc(), consumer.rtx_ssrc());
        for ssrc in [ssrc].into_iter().chain(rtx_ssrc) {
            if let Some((_, outbound)) = &mut self.srtp
                && !self.resumable.contains(ssrc)
            {
                outbound.forget(ssrc);
            }
        }
        if self.resumable.is_empty() {
            return;
        }
        let (media, repair) = consumer.end();
        self.resumable.leave_media(ssrc, media);
        if let Some((ssrc, end)) = rtx_ssrc.zip(repair) {
            self.resumable.leave_repair(ssrc, end);
        }
    }

    /// Authenticates and decrypts an RTP datagram in place, and finds whose it is.
    pub(crate) fn receive_rtp<'a>(
        &mut self,
        now: Instant,
        from: Tuple,
        bytes: &'a mut [u8],
    ) -> Option<(RtpPacket<'a>, Target)> {
        self.counters.received(now, bytes.len());
        let Some((inbound, _)) = &mut self.srtp else {
            return self.counters.drop_packet();
        };
        let Ok(len) = inbound.unprotect_rtp(bytes) else {
            self.counters.stats.srtp_failures += 1;
            return None;
        };
        let Ok(packet) = RtpPacket::parse(&bytes[..len]) else {
            return self.counters.drop_packet();
        };
        self.counters.stats.rtp_packets_received += 1;
        let extension = |id: Option<u8>| id.and_then(|id| packet.extension(id));
        let names = StreamNames {
            mid: extension(self.extensions.mid),
            rid: extension(self.extensions.rid),
            repaired_rid: extension(self.extensions.repaired_rid),
            timestamp: packet.timestamp(),
        };
        match self.listener.find(packet.ssrc(), names) {
            Some(target) => {
                self.feedback.received(now, &packet);
                // Only here: what is kept of the source tells a packet that was sent again by somebody else.
                self.ice.hear(now, from);
                Some((packet, target))
            }
            None => {
                // Authentic, but of no producer: keep no state for it.
                if let Some((inbound, _)) = &mut self.srtp {
                    inbound.forget(packet.ssrc());
                }
                self.counters.drop_packet()
            }
        }
    }

    /// Authenticates and decrypts an RTCP datagram in place.
    pub(crate) fn receive_rtcp<'a>(
        &mut self,
        now: Instant,
        from: Tuple,
        bytes: &'a mut [u8],
    ) -> Option<&'a [u8]> {
        self.counters.received(now, bytes.len());
        let Some((inbound, _)) = &mut self.srtp else {
            return self.counters.drop_packet();
        };
        let Ok(len) = inbound.unprotect_rtcp(bytes) else {
            self.counters.stats.srtp_failures += 1;
            return None;
        };
        self.ice.hear(now, from);
        Some(&bytes[..len])
    }

    /// Sends a copy of a built packet.
    pub(crate) fn send_rtp(
        &mut self,
        now: Instant,
        built: &[u8],
        rewrite: &Rewrite,
        extensions: &SendExtensions,
        egress: &mut TransmitBatch,
    ) {
        self.send_with(now, extensions, egress, |arena| {
            let start = arena.len();
            arena.extend_from_slice(built);
            outgoing::apply(rewrite, &mut arena[start..]);
        });
    }

    /// Sends a kept packet again.
    pub(crate) fn send_retransmission(
        &mut self,
        now: Instant,
        kept: &[u8],
        retransmission: &Retransmission,
        extensions: &SendExtensions,
        egress: &mut TransmitBatch,
    ) {
        self.send_with(now, extensions, egress, |arena| {
            outgoing::append_retransmission(retransmission, kept, arena);
        });
    }

    fn send_with(
        &mut self,
        now: Instant,
        extensions: &SendExtensions,
        egress: &mut TransmitBatch,
        append: impl FnOnce(&mut Vec<u8>),
    ) {
        let Some(tuple) = self.ice.selected() else {
            return;
        };
        let Some((_, outbound)) = &mut self.srtp else {
            return;
        };
        let (since_epoch, wide_sequence) = (now - self.epoch, self.wide_sequence);
        if extensions.transport_cc() {
            self.wide_sequence = self.wide_sequence.wrapping_add(1);
        }
        #[cfg(feature = "fault-injection")]
        let panics = std::mem::take(&mut self.panic_at_next_packet);
        let mut sent = None;
        egress.write(tuple, |arena| {
            let start = arena.len();
            append(arena);
            #[cfg(feature = "fault-injection")]
            assert!(!panics, "injected into sending");
            extensions.patch(&mut arena[start..], since_epoch, wide_sequence);
            let sealed = outbound.protect_rtp(arena, start).is_ok();
            sent = sealed.then(|| arena.len() - start);
            sealed
        });
        if let Some(len) = sent {
            self.counters.stats.rtp_packets_sent += 1;
            self.counters.sent(now, len);
        }
    }

    /// Sends a compound RTCP packet that `append` writes.
    pub(crate) fn send_rtcp(
        &mut self,
        now: Instant,
        egress: &mut TransmitBatch,
        append: impl FnOnce(&mut Vec<u8>),
    ) {
        let Some(tuple) = self.ice.selected() else {
            return;
        };
        let Some((_, outbound)) = &mut self.srtp else {
            return;
        };
        let mut sent = 0;
        egress.write(tuple, |arena| {
            let start = arena.len();
            append(arena);
            let sealed = arena.len() > start && outbound.protect_rtcp(arena, start).is_ok();
            sent = arena.len() - start;
            sealed
        });
        self.counters.sent(now, sent);
    }

    /// The client says what it can receive, in bits per second.
    pub(crate) fn remb_received(&mut self, bitrate: u64) {
        self.counters.stats.available_outgoing_bitrate = Some(bitrate);
    }

    /// What it carried so far.
    pub(crate) fn carried(&self) -> Carried {
        let stats = &self.counters.stats;
        Carried {
            bytes_received: stats.bytes_received,
            bytes_sent: stats.bytes_sent,
            rtp_received: stats.rtp_packets_received,
            rtp_sent: stats.rtp_packets_sent,
            srtp_failures: stats.srtp_failures,
            dropped: stats.dropped,
        }
    }

    /// Counters now.
    pub(crate) fn stats(&mut self, now: Instant) -> TransportStats {
        let counters = &mut self.counters;
        TransportStats {
            ice_state: self.ice.state(),
            dtls_state: self.dtls.state(),
            ice_selected_tuple: self.ice.selected().map(|tuple| tuple.remote.to_string()),
            recv_bitrate: counters.received.bitrate(now),
            send_bitrate: counters.sent.bitrate(now),
            available_incoming_bitrate: self.feedback.remb_sent(),
            ..counters.stats.clone()
        }
    }

    /// SSRCs it routes in and out.
    pub(crate) fn ssrcs(&self) -> usize {
        self.listener.len() + self.consumers.len()
    }

    /// ICE state.
    pub(crate) fn ice_state(&self) -> IceState {
        self.ice.state()
    }
}

impl Counters {
    fn received(&mut self, now: Instant, bytes: usize) {
        self.stats.bytes_received += bytes as u64;
        self.received.add(now, bytes);
    }

    fn sent(&mut self, now: Instant, bytes: usize) {
        self.stats.bytes_sent += bytes as u64;
        self.sent.add(now, bytes);
    }

    fn drop_packet<T>(&mut self) -> Option<T> {
        self.stats.dropped += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A router keeps them side by side, and walks all of them for every burst.
    #[test]
    fn transport_is_small() {
        let size = size_of::<WebRtcTransport>();
        assert!(size <= 1_152, "{size}");
    }
}
