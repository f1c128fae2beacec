//! What a peer sends, as it arrives; for whoever sends it and wants to know.

use ortc::types::MediaKind;

use super::{PeerId, ProducerId, Registry, Room, peer::Producer};

/// A producer as it arrives.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Audio or video.
    pub kind: MediaKind,
    /// What it is encoded with: `VP8`, `opus`.
    pub codec: String,
    /// Payload bits per second now.
    pub bitrate: u64,
    /// Packets lost for good.
    pub lost: i64,
    /// Width and height in pixels, as the newest key frame says.
    pub resolution: Option<(u32, u32)>,
    /// Seconds between the newest two key frames.
    pub key_frame_interval: Option<f64>,
}

impl Registry {
    /// What a peer sends, if its worker answers.
    pub async fn sent_by(&self, room: &Room, peer: &PeerId) -> Vec<Sent> {
        let codecs = room.codecs_of(peer);
        let Some(router) = room.router.get() else {
            return Vec::new();
        };
        let Some(glance) = self.pool().glance(router.worker()).await else {
            return Vec::new();
        };
        let sent = codecs.into_iter().filter_map(|(id, codec)| {
            let producer = glance.producer(id)?;
            Some(Sent {
                kind: producer.kind,
                codec,
                bitrate: producer.bitrate,
                lost: producer.lost,
                resolution: producer.resolution,
                key_frame_interval: producer.key_frame_interval,
            })
        });
        sent.collect()
    }
}

impl Room {
    /// Whether a peer sends anything.
    #[must_use]
    pub fn sends(&self, peer: &PeerId) -> bool {
        let state = self.state();
        state
            .peer(peer)
            .is_ok_and(|peer| !peer.producers.is_empty())
    }

    fn codecs_of(&self, peer: &PeerId) -> Vec<(ProducerId, String)> {
        let state = self.state();
        let Ok(peer) = state.peer(peer) else {
            return Vec::new();
        };
        let producers = peer.producers.iter();
        let codecs = producers.map(|(id, one)| (*id, one.codec().to_owned()));
        codecs.collect()
    }
}

impl Producer {
    /// What it is encoded with: `VP8`, `opus`.
    pub(super) fn codec(&self) -> &str {
        let first = self.consumable.codecs.first();
        let name = first.and_then(|codec| codec.mime_type.split_once('/'));
        name.map_or("", |(_, name)| name)
    }
}
