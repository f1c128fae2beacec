//! What every log line about a peer carries: its room, itself, and how it speaks. Writes no line.
//!
//! The span is at the level of errors so that no filter that lets a line through takes its context
//! away, and has no parent, so that a line has it once whoever causes the line.

use std::fmt;

use tracing::{Span, error_span};

use super::{PeerId, RoomId, State};

/// The context of lines about a peer; `None`: it is in no room.
#[must_use]
pub fn peer_span(room: Option<&RoomId>, peer: &PeerId, dialect: &str) -> Span {
    match room {
        Some(room) => error_span!(parent: None, "peer", room = %Shown(room), %peer, dialect),
        None => error_span!(parent: None, "peer", %peer, dialect),
    }
}

/// A room's name as it may be written down. The room of a broadcast is named by the secret of those
/// who watch it, and who publishes may take its own for a room's name: the beginning is enough to
/// tell one from another.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a RoomId);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_str();
        if !self.0.is_id() {
            // Escaped: a name with a line break would be a line of its own.
            return write!(f, "{}", name.escape_debug());
        }
        let beginning: String = name.chars().take(8).collect();
        write!(f, "{beginning}…")
    }
}

impl State {
    /// The context of lines about one of the room's peers.
    pub(super) fn span(&self, id: &PeerId) -> Span {
        let peer = self.peers.get(id);
        peer_span(Some(&self.room), id, peer.map_or("", |peer| peer.dialect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_a_broadcast_are_not_written_down() {
        for prefix in ["v-", "b-"] {
            let secret = format!("{prefix}{}", "0123456789abcdef".repeat(2));
            let shown = Shown(&RoomId::from(secret.as_str())).to_string();
            assert_eq!(shown, format!("{prefix}012345…"));
        }
        assert_eq!(Shown(&RoomId::from("a\nb")).to_string(), "a\\nb");
    }
}
