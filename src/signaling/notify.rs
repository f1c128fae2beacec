//! Room events as notifications; what a client was listed already is not announced again.

use super::request::{Notification, ProducerEntry, Score};
use crate::room::{ClosedProducer, OwnEnd, ProducerInfo, RoomEvent, StreamScore};

/// What to tell a client of an event, if anything.
pub(super) fn notification(event: RoomEvent, listed: u64) -> Option<Notification> {
    Some(match event {
        RoomEvent::NewProducer(producer) if producer.made <= listed => return None,
        RoomEvent::NewProducer(producer) => Notification::NewProducer(entry(&producer)),
        RoomEvent::PeerJoined { peer, display_name } => Notification::NewPeer {
            peer: peer.to_string(),
            display_name: name(display_name.as_deref()),
        },
        RoomEvent::PeerLeft { peer, display_name } => Notification::PeerLeft {
            peer: peer.to_string(),
            display_name: name(display_name.as_deref()),
        },
        RoomEvent::ProducerClosed {
            producer,
            peer,
            kind,
            display,
            consumers,
            reason,
        } => Notification::ProducerClosed {
            producer: producer.0,
            peer: peer.to_string(),
            kind,
            display,
            consumers: consumers.into_iter().map(|consumer| consumer.0).collect(),
            reason,
        },
        RoomEvent::OwnProducerClosed(end) => own_closed(&end),
        RoomEvent::ProducerPaused {
            producer,
            peer,
            paused,
        } => Notification::ProducerPaused {
            producer: producer.0,
            peer: peer.to_string(),
            paused,
        },
        RoomEvent::ConsumerLayersChanged { consumer, layers } => {
            let consumer = consumer.0;
            Notification::ConsumerLayersChanged { consumer, layers }
        }
        RoomEvent::ProducerScore { producer, scores } => Notification::ProducerScore {
            producer: producer.0,
            scores: scores.into_iter().map(score).collect(),
        },
        RoomEvent::TransportClosed { transport, reason } => {
            let transport = transport.0;
            Notification::TransportClosed { transport, reason }
        }
        RoomEvent::Notice { message } => Notification::Notice {
            message: message.as_ref().to_owned(),
        },
        RoomEvent::ServerDraining { within } => Notification::ServerDraining {
            seconds: within.as_secs(),
        },
        RoomEvent::RoomClosed { reason, .. } => Notification::RoomClosed { reason },
        // Those who only watch have no socket.
        RoomEvent::Evicted => return None,
    })
}

/// The end of the client's own producer.
fn own_closed(end: &OwnEnd) -> Notification {
    Notification::OwnProducerClosed {
        producer: end.producer.0,
        peer: end.peer.to_string(),
        reason: end.reason,
    }
}

/// The end of a producer that went with its room.
pub(super) fn closed(producer: ClosedProducer, reason: &'static str) -> Notification {
    Notification::ProducerClosed {
        producer: producer.producer.0,
        peer: producer.peer.to_string(),
        kind: producer.kind,
        display: producer.display,
        consumers: producer.consumers.into_iter().map(|id| id.0).collect(),
        reason,
    }
}

/// A producer as clients are told of it.
pub(super) fn entry(producer: &ProducerInfo) -> ProducerEntry {
    ProducerEntry {
        producer: producer.id.0,
        peer: producer.peer.to_string(),
        peer_name: name(producer.owner_name.as_deref()),
        kind: producer.kind,
        app_data: producer.app_data.as_json().to_owned(),
        display: producer.display,
        paused: producer.paused,
    }
}

/// How a peer calls itself, on its way out.
pub(super) fn name(name: Option<&str>) -> Option<String> {
    name.map(str::to_owned)
}

fn score(score: StreamScore) -> Score {
    Score {
        encoding_idx: score.encoding_idx,
        ssrc: score.ssrc,
        rid: score.rid,
        score: score.score,
    }
}
