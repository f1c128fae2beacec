//! One side of one WebRTC transport, as a browser plays it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dimpl::DtlsCertificate;
use netem::Random;
use ortc::types::{DtlsFingerprint, DtlsParameters, DtlsRole};
use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

use super::Rtcp;
use super::dtls::DtlsPeer;
use super::ice::IceAgent;
use super::rtp::{self, Rtp};
use super::sink::{Sink, SinkSetup};
use super::source::{Source, SourceSetup, extension};
use super::srtp::Srtp;
use super::stun::Credentials;

/// A client's transport.
pub struct Client {
    /// Where its datagrams come from.
    pub address: SocketAddr,
    pub ice: IceAgent,
    pub dtls: DtlsPeer,
    pub sources: Vec<Source>,
    pub sinks: Vec<Sink>,
    srtp: Option<Srtp>,
    certificate: DtlsCertificate,
    outgoing: VecDeque<Vec<u8>>,
    next_report: Option<Instant>,
    ssrc: u32,
    /// When the keys were there.
    pub connected_at: Option<Instant>,
    /// SRTP or SRTCP that the oracle could not open.
    pub undecryptable: Vec<String>,
    /// SSRCs of packets that belong to no sink.
    pub foreign_ssrcs: Vec<u32>,
    /// Datagrams of no known protocol.
    pub unknown_datagrams: u64,
    pub largest_datagram: usize,
    /// The next transport-wide number.
    pub wide_sequence: u16,
    /// What transport-cc feedback said of each number, in the order told.
    pub transport_cc: Vec<(u16, bool)>,
    /// Bandwidth told by REMB.
    pub remb: Vec<f32>,
    /// Report blocks received on own streams: fraction lost.
    pub reports: Vec<(Instant, u32, u8)>,
    /// RTCP packets received, of any type.
    pub rtcp_received: u64,
    /// Protected RTP as it was sent, when asked to remember.
    pub sent_log: Option<Vec<Vec<u8>>>,
    /// Sealed packets by SSRC, sequence number and timestamp: one name, one ciphertext, or the
    /// sender has used a nonce twice.
    sealed: HashMap<(u32, u16, u32), Vec<u8>>,
    pub nonce_reuses: u64,
    /// When the last datagram of any kind came.
    pub last_datagram: Option<Instant>,
}

impl Client {
    pub fn new(
        address: SocketAddr,
        remote: Credentials,
        dtls_active: bool,
        mut random: Random,
        now: Instant,
    ) -> Self {
        let certificate = dimpl::certificate::generate_self_signed_certificate();
        let certificate = certificate.expect("key generation works");
        Self {
            address,
            ssrc: random.next_u64() as u32 | 1,
            ice: IceAgent::new(remote, random, now),
            dtls: DtlsPeer::new(certificate.clone(), dtls_active, now),
            sources: Vec::new(),
            sinks: Vec::new(),
            srtp: None,
            certificate,
            outgoing: VecDeque::new(),
            next_report: None,
            connected_at: None,
            undecryptable: Vec::new(),
            foreign_ssrcs: Vec::new(),
            unknown_datagrams: 0,
            largest_datagram: 0,
            wide_sequence: 65_000,
            transport_cc: Vec::new(),
            remb: Vec::new(),
            reports: Vec::new(),
            rtcp_received: 0,
            sent_log: None,
            sealed: HashMap::new(),
            nonce_reuses: 0,
            last_datagram: None,
        }
    }

    /// What the client tells the server by signalling.
    pub fn dtls_parameters(&self) -> DtlsParameters {
        let role = if self.dtls.is_active() {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        };
        let digest = dimpl::certificate::calculate_fingerprint(&self.certificate.certificate);
        DtlsParameters {
            role,
            fingerprints: vec![DtlsFingerprint {
                algorithm: "sha-256".to_owned(),
                value: dimpl::certificate::format_fingerprint(&digest),
            }],
        }
    }

    pub fn is_connected(&self) -> bool {
        self.srtp.is_some()
    }

    pub fn add_source(&mut self, setup: SourceSetup, now: Instant) -> usize {
        self.sources.push(Source::new(setup, now));
        self.sources.len() - 1
    }

    pub fn add_sink(&mut self, setup: SinkSetup) -> usize {
        self.sinks.push(Sink::new(setup));
        self.sinks.len() - 1
    }

    /// Sends RTP, protected.
    pub fn send_raw_rtp(&mut self, plain: &[u8]) {
        let srtp = self.srtp.as_mut().expect("the client is connected");
        let sealed = srtp
            .protect_rtp(plain)
            .expect("own packets are well-formed");
        if let Some(log) = &mut self.sent_log {
            log.push(sealed.clone());
        }
        self.outgoing.push_back(sealed);
    }

    /// Sends RTCP, protected.
    pub fn send_raw_rtcp(&mut self, plain: &[u8]) {
        let srtp = self.srtp.as_mut().expect("the client is connected");
        let sealed = srtp
            .protect_rtcp(plain)
            .expect("own packets are well-formed");
        self.outgoing.push_back(sealed);
    }

    /// Sends bytes protected as RTP or RTCP by the engine's keys for this client, whatever their
    /// shape.
    pub fn send_shape(&mut self, plain: &[u8], rtcp: bool) {
        let srtp = self.srtp.as_mut().expect("the client is connected");
        let sealed = srtp.protect_shape(plain, rtcp);
        self.outgoing.push_back(sealed);
    }

    pub fn send_rtcp(&mut self, packets: &[Rtcp]) {
        let bytes = rtc_rtcp::packet::marshal(packets).expect("own packets are well-formed");
        self.send_raw_rtcp(&bytes);
    }

    /// Sends any bytes.
    pub fn send_datagram(&mut self, bytes: Vec<u8>) {
        self.outgoing.push_back(bytes);
    }

    /// Says goodbye on DTLS.
    pub fn close(&mut self) {
        self.dtls.close();
        self.flush_dtls();
    }

    /// The SSRC of its receiver reports.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) {
        self.last_datagram = Some(now);
        self.largest_datagram = self.largest_datagram.max(bytes.len());
        match bytes.first() {
            Some(0..=3) => self.ice.handle_response(now, bytes),
            Some(20..=63) => {
                self.dtls.handle_datagram(now, bytes);
                self.after_dtls(now);
            }
            Some(128..=191) if rtp::is_rtcp(bytes) => self.handle_srtcp(now, bytes),
            Some(128..=191) => self.handle_srtp(now, bytes),
            _ => self.unknown_datagrams += 1,
        }
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.ice.handle_timeout(now);
        while let Some(bytes) = self.ice.poll_transmit() {
            self.outgoing.push_back(bytes);
        }
        // A browser starts DTLS when ICE has a pair.
        if self.ice.connected || self.connected_at.is_some() {
            self.dtls.handle_timeout(now);
            self.after_dtls(now);
        }
        if self.srtp.is_some() {
            self.run_media(now);
        }
    }

    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let dtls = self.dtls.poll_timeout().filter(|_| self.ice.connected);
        let media = self.srtp.iter().flat_map(|_| {
            let sources = self.sources.iter().map(Source::poll_timeout);
            let sinks = self.sinks.iter().filter_map(Sink::poll_timeout);
            sources.chain(sinks).chain(self.next_report)
        });
        self.ice
            .poll_timeout()
            .into_iter()
            .chain(dtls)
            .chain(media)
            .min()
    }

    fn after_dtls(&mut self, now: Instant) {
        self.flush_dtls();
        if self.srtp.is_none()
            && self.dtls.connected
            && let Some((material, profile)) = self.dtls.keys.take()
        {
            self.srtp = Some(Srtp::new(&material, profile, self.dtls.is_active()));
            self.connected_at = Some(now);
            self.next_report = Some(now + REPORT_INTERVAL);
            for source in &mut self.sources {
                *source = Source::new(source.setup.clone(), now);
            }
        }
    }

    fn flush_dtls(&mut self) {
        while let Some(bytes) = self.dtls.poll_transmit() {
            self.outgoing.push_back(bytes);
        }
    }

    fn run_media(&mut self, now: Instant) {
        for source in &mut self.sources {
            source.handle_timeout(now);
        }
        self.flush_sources();
        let mut feedback = Vec::new();
        for sink in &mut self.sinks {
            feedback.extend(sink.poll_feedback(now, self.ssrc));
        }
        if self.next_report.is_some_and(|at| at <= now) {
            self.next_report = Some(now + REPORT_INTERVAL);
            let reports = self.sinks.iter_mut().filter_map(|sink| sink.report(now));
            let report = ReceiverReport {
                ssrc: self.ssrc,
                reports: reports.collect(),
                ..ReceiverReport::default()
            };
            feedback.insert(0, Box::new(report));
        }
        if !feedback.is_empty() {
            self.send_rtcp(&feedback);
        }
    }

    fn flush_sources(&mut self) {
        let mut packets = Vec::new();
        let mut reports = Vec::new();
        for source in &mut self.sources {
            packets.extend(source.outgoing.drain(..));
            reports.extend(source.outgoing_rtcp.drain(..));
        }
        for mut packet in packets {
            self.number(&mut packet);
            self.send_raw_rtp(&packet.encode());
        }
        for report in reports {
            self.send_rtcp(&report);
        }
    }

    /// Transport-wide numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
    fn number(&mut self, packet: &mut Rtp) {
        let mut extensions = packet.extensions.iter_mut();
        if let Some((_, value)) = extensions.find(|(id, _)| *id == extension::TRANSPORT_CC) {
            value.copy_from_slice(&self.wide_sequence.to_be_bytes());
            self.wide_sequence = self.wide_sequence.wrapping_add(1);
        }
    }

    fn handle_srtp(&mut self, now: Instant, bytes: &[u8]) {
        let Some(srtp) = &mut self.srtp else {
            return self.undecryptable.push("RTP before keys".to_owned());
        };
        let plain = match srtp.open_rtp(bytes) {
            Ok(plain) => plain,
            Err(error) => return self.undecryptable.push(format!("RTP: {error}")),
        };
        let Some(packet) = Rtp::decode(&plain) else {
            return self.undecryptable.push("RTP: malformed".to_owned());
        };
        let name = (packet.ssrc, packet.sequence, packet.timestamp);
        let before = self.sealed.insert(name, bytes.to_vec());
        self.nonce_reuses += u64::from(before.is_some_and(|before| before != bytes));
        let sink = self.sinks.iter_mut().find(|sink| sink.owns(packet.ssrc));
        match sink {
            Some(sink) => sink.handle_rtp(now, &packet),
            None => self.foreign_ssrcs.push(packet.ssrc),
        }
    }

    fn handle_srtcp(&mut self, now: Instant, bytes: &[u8]) {
        let Some(srtp) = &mut self.srtp else {
            return self.undecryptable.push("RTCP before keys".to_owned());
        };
        let plain = match srtp.open_rtcp(bytes) {
            Ok(plain) => plain,
            Err(error) => return self.undecryptable.push(format!("RTCP: {error}")),
        };
        match rtc_rtcp::packet::unmarshal(&mut plain.as_slice()) {
            Ok(packets) => packets
                .iter()
                .for_each(|packet| self.handle_rtcp_packet(now, packet)),
            Err(error) => self.undecryptable.push(format!("RTCP: {error}")),
        }
        self.flush_sources();
    }

    fn handle_rtcp_packet(&mut self, now: Instant, packet: &Rtcp) {
        self.rtcp_received += 1;
        let any = packet.as_any();
        if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            let sequences = nack.nacks.iter().flat_map(|pair| pair.packet_list());
            let sequences: Vec<u16> = sequences.collect();
            for source in &mut self.sources {
                source.handle_nack(now, nack.media_ssrc, &sequences);
            }
        } else if let Some(pli) = any.downcast_ref::<PictureLossIndication>() {
            self.handle_key_frame_request(now, pli.media_ssrc);
        } else if let Some(fir) = any.downcast_ref::<FullIntraRequest>() {
            for entry in &fir.fir {
                self.handle_key_frame_request(now, entry.ssrc);
            }
        } else if let Some(remb) = any.downcast_ref::<ReceiverEstimatedMaximumBitrate>() {
            self.remb.push(remb.bitrate);
        } else if let Some(feedback) = any.downcast_ref::<TransportLayerCc>() {
            self.transport_cc.extend(read_transport_cc(feedback));
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            self.handle_reports(now, &report.reports);
        } else if let Some(report) = any.downcast_ref::<SenderReport>() {
            let sink = self
                .sinks
                .iter_mut()
                .find(|sink| sink.setup.ssrc == report.ssrc);
            if let Some(sink) = sink {
                sink.handle_sender_report(now, report.ntp_time, report.rtp_time);
            }
            self.handle_reports(now, &report.reports);
        } else if let Some(goodbye) = any.downcast_ref::<Goodbye>() {
            for sink in &mut self.sinks {
                sink.said_goodbye |= goodbye.sources.contains(&sink.setup.ssrc);
            }
        }
    }

    fn handle_key_frame_request(&mut self, now: Instant, ssrc: u32) {
        let mut sources = self.sources.iter_mut();
        if !sources.any(|source| source.handle_key_frame_request(now, ssrc)) {
            self.foreign_ssrcs.push(ssrc);
        }
    }

    fn handle_reports(
        &mut self,
        now: Instant,
        reports: &[rtc_rtcp::reception_report::ReceptionReport],
    ) {
        for report in reports {
            self.reports.push((now, report.ssrc, report.fraction_lost));
            for source in &mut self.sources {
                source.handle_report(report.ssrc);
            }
        }
    }
}

/// Each number a feedback packet speaks of, and whether it arrived.
fn read_transport_cc(feedback: &TransportLayerCc) -> Vec<(u16, bool)> {
    let symbols = feedback.packet_chunks.iter().flat_map(|chunk| match chunk {
        PacketStatusChunk::RunLengthChunk(run) => {
            vec![run.packet_status_symbol; usize::from(run.run_length)]
        }
        PacketStatusChunk::StatusVectorChunk(vector) => vector.symbol_list.clone(),
    });
    let symbols = symbols.take(usize::from(feedback.packet_status_count));
    let numbered = (0u16..).zip(symbols).map(|(offset, symbol)| {
        let number = feedback.base_sequence_number.wrapping_add(offset);
        (number, symbol != SymbolTypeTcc::PacketNotReceived)
    });
    numbered.collect()
}

const REPORT_INTERVAL: Duration = Duration::from_secs(1);
