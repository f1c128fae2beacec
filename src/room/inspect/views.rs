//! Rooms and what is in them, as whoever looks at the server is shown it: plain data with its schema.
//! Numbers that only a media worker knows are apart, since it may not answer.

use media::{ConsumerLayers, RouterId};
use ortc::types::{MediaKind, RtpParameters, RtpType};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Moment,
    numbers::{ConsumerStats, ProducerStats, Rates, TransportStats},
    words::{Direction, Dtls, Ice, Kind, LayersIn},
};
use crate::room::{ConsumerId, ProducerId, TransportId};

/// A room.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Its name.
    pub id: String,
    /// Index of the worker that carries it; null until its router exists.
    pub worker: Option<usize>,
    /// Since when it is open.
    pub created_at: Moment,
    /// How many peers are in it.
    pub peer_count: usize,
    /// How many transports they have.
    pub transport_count: usize,
    /// How much they send.
    pub producer_count: usize,
    /// How much they receive.
    pub consumer_count: usize,
    /// What flows; null if its worker did not answer.
    pub rates: Option<Rates>,
    #[serde(skip)]
    pub(super) router: Option<RouterId>,
}

/// A room with its peers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoomDetail {
    /// The room.
    #[serde(flatten)]
    pub room: RoomView,
    /// Who is in it.
    pub peers: Vec<PeerView>,
}

/// A peer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// Its name; one connection that joined two rooms is a peer in each.
    pub id: String,
    /// Its room.
    pub room_id: String,
    /// Index of the worker that carries its room.
    pub worker: Option<usize>,
    /// How it calls itself.
    pub display_name: Option<String>,
    /// Since when it is in the room.
    pub joined_at: Moment,
    /// Whether its connection is open; one without is kept for a while to come back.
    pub connected: bool,
    /// How many transports it has.
    pub transport_count: usize,
    /// How much it sends.
    pub producer_count: usize,
    /// How much it receives.
    pub consumer_count: usize,
    /// What flows; null if its worker did not answer.
    pub rates: Option<Rates>,
    #[serde(skip)]
    pub(super) transports: Vec<TransportId>,
}

/// A peer with what it has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeerDetail {
    /// The peer.
    #[serde(flatten)]
    pub peer: PeerView,
    /// Its transports.
    pub transports: Vec<TransportView>,
    /// Its producers.
    pub producers: Vec<ProducerView>,
    /// Its consumers.
    pub consumers: Vec<ConsumerView>,
}

/// A transport.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransportView {
    /// Its name.
    #[schema(value_type = Uuid)]
    pub id: TransportId,
    /// Its room.
    pub room_id: String,
    /// Its peer.
    pub peer_id: String,
    /// Index of its worker.
    pub worker: Option<usize>,
    /// What it is for.
    #[schema(value_type = Direction)]
    pub direction: &'static str,
    /// State of ICE.
    #[schema(value_type = Ice)]
    pub ice_state: &'static str,
    /// State of DTLS.
    #[schema(value_type = Dtls)]
    pub dtls_state: &'static str,
    /// How many producers arrive on it.
    pub producer_count: usize,
    /// How many consumers leave by it.
    pub consumer_count: usize,
    /// How it goes; null if its worker did not answer.
    pub stats: Option<TransportStats>,
}

/// A producer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProducerView {
    /// Its name.
    #[schema(value_type = Uuid)]
    pub id: ProducerId,
    /// Its room.
    pub room_id: String,
    /// Its peer.
    pub peer_id: String,
    /// Index of its worker.
    pub worker: Option<usize>,
    /// What it arrives on.
    #[schema(value_type = Uuid)]
    pub transport_id: TransportId,
    /// Audio or video.
    #[schema(value_type = Kind)]
    pub kind: MediaKind,
    /// How its layers are carried.
    #[serde(rename = "type")]
    #[schema(value_type = LayersIn)]
    pub rtp_type: RtpType,
    /// What it is encoded with: `VP8`, `opus`.
    pub codec: String,
    /// Whether it captures a display.
    pub display: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// How many consumers it has.
    pub consumer_count: usize,
    /// How it goes; null if its worker did not answer.
    pub stats: Option<ProducerStats>,
    /// What its owner says about it, a JSON text; in the answer for one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub app_data: Option<String>,
    /// How its client sends it; in the answer for one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub rtp_parameters: Option<RtpParameters>,
}

/// A consumer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerView {
    /// Its name.
    #[schema(value_type = Uuid)]
    pub id: ConsumerId,
    /// Its room.
    pub room_id: String,
    /// Its peer.
    pub peer_id: String,
    /// Index of its worker.
    pub worker: Option<usize>,
    /// What it leaves by.
    #[schema(value_type = Uuid)]
    pub transport_id: TransportId,
    /// What it consumes.
    #[schema(value_type = Uuid)]
    pub producer_id: ProducerId,
    /// Whose that is.
    pub producer_peer_id: String,
    /// Audio or video.
    #[schema(value_type = Kind)]
    pub kind: MediaKind,
    /// What it is encoded with: `VP8`, `opus`.
    pub codec: String,
    /// Whether the producer captures a display.
    pub display: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether its producer is.
    pub producer_paused: bool,
    /// How it goes; null if its worker did not answer.
    pub stats: Option<ConsumerStats>,
    /// How its client receives it; in the answer for one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub rtp_parameters: Option<RtpParameters>,
}

/// Layers of video.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layers {
    /// 0 is the smallest.
    pub spatial_layer: u8,
    /// The highest; null where it is not limited, or not told by the codec.
    pub temporal_layer: Option<u8>,
}

impl From<ConsumerLayers> for Layers {
    fn from(layers: ConsumerLayers) -> Self {
        Self {
            spatial_layer: layers.spatial_layer,
            temporal_layer: layers.temporal_layer,
        }
    }
}
