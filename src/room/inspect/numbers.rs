//! How it goes: numbers of the media workers, put beside what rooms know. Each worker concerned is
//! asked once for a whole answer, and one that is silent leaves a gap that is named.

use std::{collections::BTreeSet, sync::Arc};

use media::{ConsumerDump, ProducerDump, StreamDump, TransportDump};
use serde::Serialize;
use utoipa::ToSchema;

use super::views::{
    ConsumerView, Layers, PeerDetail, PeerView, ProducerView, RoomDetail, RoomView, TransportView,
};
use crate::{engine::WorkerGlance, room::Registry};

/// What flows.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rates {
    /// Bits per second from clients.
    pub receive_bitrate: u64,
    /// Bits per second to clients.
    pub send_bitrate: u64,
}

impl From<crate::engine::Bitrates> for Rates {
    fn from(rates: crate::engine::Bitrates) -> Self {
        Self {
            receive_bitrate: rates.received,
            send_bitrate: rates.sent,
        }
    }
}

/// How it goes on a transport.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransportStats {
    /// The client's address in use.
    pub ice_selected_tuple: Option<String>,
    /// Datagram bytes received.
    pub bytes_received: u64,
    /// Datagram bytes sent.
    pub bytes_sent: u64,
    /// RTP packets received and authenticated.
    pub rtp_packets_received: u64,
    /// RTP packets sent.
    pub rtp_packets_sent: u64,
    /// Bits per second from the client.
    pub receive_bitrate: u64,
    /// Bits per second to the client.
    pub send_bitrate: u64,
    /// Round-trip time in milliseconds: the shortest of its consumers', once reports told.
    pub round_trip_time: Option<f64>,
    /// Packets that failed authentication or were replayed.
    pub srtp_failures: u64,
    /// Datagrams dropped for other reasons.
    pub dropped: u64,
    /// Bandwidth last told to the client, bits per second.
    pub available_incoming_bitrate: Option<u64>,
    /// Bandwidth last told by the client, bits per second.
    pub available_outgoing_bitrate: Option<u64>,
    /// The SRTP protection profile in use, by its name in the IANA registry.
    pub srtp_profile: Option<&'static str>,
}

impl TransportStats {
    fn new(dump: &TransportDump, round_trip_time: Option<f64>) -> Self {
        let stats = &dump.stats;
        Self {
            ice_selected_tuple: stats.ice_selected_tuple.clone(),
            bytes_received: stats.bytes_received,
            bytes_sent: stats.bytes_sent,
            rtp_packets_received: stats.rtp_packets_received,
            rtp_packets_sent: stats.rtp_packets_sent,
            receive_bitrate: stats.recv_bitrate,
            send_bitrate: stats.send_bitrate,
            round_trip_time,
            srtp_failures: stats.srtp_failures,
            dropped: stats.dropped,
            available_incoming_bitrate: stats.available_incoming_bitrate,
            available_outgoing_bitrate: stats.available_outgoing_bitrate,
            srtp_profile: stats.srtp_profile,
        }
    }
}

/// How a producer arrives.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProducerStats {
    /// Packets received over all streams.
    pub packets: u64,
    /// Payload bytes received over all streams.
    pub bytes: u64,
    /// Payload bits per second now, over all streams.
    pub bitrate: u64,
    /// Packets lost for good, as RFC 3550 counts.
    pub lost: i64,
    /// Packets asked for again.
    pub nacked: u64,
    /// Packets that came by retransmission only.
    pub recovered: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Largest interarrival jitter of the streams, in timestamp units.
    pub jitter: u32,
    /// Key frames asked of the client.
    pub key_frame_requests: u64,
    /// Key frames received over all streams.
    pub key_frames: u64,
    /// Seconds between the last two key frames of the largest stream that is received now.
    pub key_frame_interval: Option<f64>,
    /// Pixels, as the newest key frame of that stream says.
    pub resolution: Option<Resolution>,
    /// Its streams as far as they were heard, in the order its client lists them.
    pub streams: Vec<StreamStats>,
}

impl From<&ProducerDump> for ProducerStats {
    fn from(dump: &ProducerDump) -> Self {
        Self {
            packets: dump.packets,
            bytes: dump.bytes,
            bitrate: dump.bitrate,
            lost: dump.lost,
            nacked: dump.nacked,
            recovered: dump.recovered,
            duplicates: dump.duplicates,
            jitter: dump.jitter,
            key_frame_requests: dump.key_frame_requests,
            key_frames: dump.key_frames,
            key_frame_interval: dump.key_frame_interval,
            resolution: dump.resolution.map(Resolution::from),
            streams: dump.streams.iter().map(StreamStats::from).collect(),
        }
    }
}

/// How one stream of a producer arrives: a layer of simulcast, or all there is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamStats {
    /// Its place among the producer's encodings.
    pub encoding_idx: usize,
    /// Its SSRC.
    pub ssrc: u32,
    /// Its restriction identifier.
    pub rid: Option<String>,
    /// 0 (dead) to 10 (perfect).
    #[schema(maximum = 10)]
    pub score: u8,
    /// Packets received.
    pub packets: u64,
    /// Payload bits per second now.
    pub bitrate: u64,
    /// Packets lost for good.
    pub lost: i64,
    /// Pixels, as the newest key frame says.
    pub resolution: Option<Resolution>,
}

impl From<&StreamDump> for StreamStats {
    fn from(dump: &StreamDump) -> Self {
        Self {
            encoding_idx: dump.score.encoding_idx,
            ssrc: dump.score.ssrc,
            rid: dump.score.rid.clone(),
            score: dump.score.score,
            packets: dump.packets,
            bitrate: dump.bitrate,
            lost: dump.lost,
            resolution: dump.resolution.map(Resolution::from),
        }
    }
}

/// A picture's size in pixels.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Resolution {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

impl From<(u32, u32)> for Resolution {
    fn from((width, height): (u32, u32)) -> Self {
        Self { width, height }
    }
}

/// How a consumer is sent and, as its client reports, arrives.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerStats {
    /// Packets sent, repairs not counted.
    pub packets: u64,
    /// Payload bytes sent, repairs not counted.
    pub bytes: u64,
    /// Payload bits per second since the server last looked; null at the first look.
    pub bitrate: Option<u64>,
    /// Packets sent again.
    pub retransmitted: u64,
    /// Packets the client lost; negative when duplicates prevail.
    pub lost: i32,
    /// Share of packets the client lost in its last report interval, 0 to 1.
    pub fraction_lost: f64,
    /// Interarrival jitter at the client, in timestamp units.
    pub jitter: u32,
    /// Round-trip time to the client in milliseconds, once reports told.
    pub round_trip_time: Option<f64>,
    /// Key frames its client asked for.
    pub key_frame_requests: u32,
    /// How well the stream it is sent arrives from the producer, 0 (dead) to 10 (perfect); null
    /// while it is sent none.
    #[schema(maximum = 10)]
    pub producer_score: Option<u8>,
    /// What it is sent; null when that is nothing, or there are no layers.
    pub current_layers: Option<Layers>,
    /// The most it is sent; null where there are no layers.
    pub preferred_layers: Option<Layers>,
}

impl ConsumerStats {
    fn new(dump: &ConsumerDump, bitrate: Option<u64>, producer: Option<&ProducerDump>) -> Self {
        let encoding = dump.current_encoding;
        let streams = producer.map(|producer| producer.streams.as_slice());
        let mut streams = streams.unwrap_or_default().iter().map(|it| &it.score);
        let sent = match encoding {
            Some(encoding) => streams.find(|score| score.encoding_idx == encoding),
            None => streams.next(),
        };
        Self {
            packets: dump.packets,
            bytes: dump.bytes,
            bitrate,
            retransmitted: dump.retransmitted,
            lost: dump.lost,
            fraction_lost: dump.fraction_lost,
            jitter: dump.jitter,
            round_trip_time: dump.round_trip_time,
            key_frame_requests: dump.key_frame_requests,
            producer_score: sent.map(|score| score.score),
            current_layers: dump.current_layers.map(Layers::from),
            preferred_layers: dump.preferred_layers.map(Layers::from),
        }
    }
}

/// Something of which a worker knows more than its room.
pub trait Measured {
    /// Which worker.
    fn worker(&self) -> Option<usize>;

    /// Takes the numbers.
    fn measure(&mut self, glance: &WorkerGlance);
}

impl Registry {
    /// Puts the numbers in; returns the workers that did not answer.
    pub async fn measure<T: Measured>(&self, all: &mut [T]) -> Vec<usize> {
        let workers: BTreeSet<_> = all.iter().filter_map(Measured::worker).collect();
        let looks = workers.iter().map(|worker| self.pool().glance(*worker));
        let looks: Vec<Option<Arc<WorkerGlance>>> = futures_util::future::join_all(looks).await;
        let mut silent = Vec::new();
        for (worker, glance) in workers.into_iter().zip(looks) {
            let Some(glance) = glance else {
                silent.push(worker);
                continue;
            };
            let its = all.iter_mut().filter(|it| it.worker() == Some(worker));
            its.for_each(|it| it.measure(&glance));
        }
        silent
    }
}

impl Measured for RoomView {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        let rates = self.router.and_then(|router| glance.router(router));
        self.rates = Some(rates.unwrap_or_default().into());
    }
}

impl Measured for RoomDetail {
    fn worker(&self) -> Option<usize> {
        self.room.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        self.room.measure(glance);
        self.peers.iter_mut().for_each(|peer| peer.measure(glance));
    }
}

impl Measured for PeerView {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        let transports = self.transports.iter();
        let mut rates = Rates::default();
        for (transport, _) in transports.filter_map(|id| glance.transport(*id)) {
            rates.receive_bitrate += transport.stats.recv_bitrate;
            rates.send_bitrate += transport.stats.send_bitrate;
        }
        self.rates = Some(rates);
    }
}

impl Measured for PeerDetail {
    fn worker(&self) -> Option<usize> {
        self.peer.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        self.peer.measure(glance);
        self.transports.iter_mut().for_each(|it| it.measure(glance));
        self.producers.iter_mut().for_each(|it| it.measure(glance));
        self.consumers.iter_mut().for_each(|it| it.measure(glance));
    }
}

impl Measured for TransportView {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        let seen = glance.transport(self.id);
        self.stats = seen.map(|(dump, time)| TransportStats::new(dump, time));
    }
}

impl Measured for ProducerView {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        self.stats = glance.producer(self.id).map(ProducerStats::from);
    }
}

impl Measured for ConsumerView {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    fn measure(&mut self, glance: &WorkerGlance) {
        let producer = glance.producer(self.producer_id);
        let seen = glance.consumer(self.id);
        self.stats = seen.map(|(dump, bitrate)| ConsumerStats::new(dump, bitrate, producer));
    }
}
