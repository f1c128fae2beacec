//! What changes on the server, for whoever follows it from outside the rooms. Tells nobody who does not
//! listen, waits for nobody, and decides nothing.

use std::sync::Arc;

use ortc::types::MediaKind;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{RoomId, inspect::words::Kind};

/// Changes kept for a listener that is behind; older ones are lost to it, and it is told. A burst of
/// 500 joins makes some 2,000 before anybody consumes.
const KEPT: usize = 4096;

/// What happened. The end of a room, a peer, a transport or a producer is also that of everything in
/// it, which is not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the words say it
pub enum What {
    RoomCreated,
    RoomClosed,
    PeerJoined,
    PeerLeft,
    TransportCreated,
    TransportClosed,
    ProducerCreated,
    ProducerClosed,
    ConsumerCreated,
    ConsumerClosed,
    BroadcastStarted,
    BroadcastEnded,
}

impl What {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RoomCreated => "room-created",
            Self::RoomClosed => "room-closed",
            Self::PeerJoined => "peer-joined",
            Self::PeerLeft => "peer-left",
            Self::TransportCreated => "transport-created",
            Self::TransportClosed => "transport-closed",
            Self::ProducerCreated => "producer-created",
            Self::ProducerClosed => "producer-closed",
            Self::ConsumerCreated => "consumer-created",
            Self::ConsumerClosed => "consumer-closed",
            Self::BroadcastStarted => "broadcast-started",
            Self::BroadcastEnded => "broadcast-ended",
        }
    }
}

/// Something that changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happened.
    #[serde(rename = "type")]
    pub what: What,
    /// In which room.
    pub room_id: String,
    /// Whose, but of rooms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub peer_id: Option<String>,
    /// Which transport, producer or consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<Uuid>,
    /// What a new consumer consumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub producer_id: Option<Uuid>,
    /// Audio or video, of a new producer or consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Kind, required = false)]
    pub kind: Option<MediaKind>,
    /// By which a broadcast is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub view_id: Option<String>,
    /// Why it ended, a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<&'static str>,
}

/// Whoever tells of changes. Clones tell the same listeners.
#[derive(Clone, Debug)]
pub struct Changes(broadcast::Sender<Arc<Change>>);

impl Changes {
    /// Nobody listens yet.
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }

    /// What changes from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Change>> {
        self.0.subscribe()
    }

    /// Tells of a change, to which `more` adds what is known.
    pub fn tell(&self, what: What, room: &RoomId, more: impl FnOnce(&mut Change)) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let mut change = Change {
            what,
            room_id: room.as_str().to_owned(),
            peer_id: None,
            id: None,
            producer_id: None,
            kind: None,
            view_id: None,
            reason: None,
        };
        more(&mut change);
        // The last listener may have left meanwhile.
        let _ = self.0.send(Arc::new(change));
    }
}
