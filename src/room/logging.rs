//! What every log line about a peer carries: its room, itself, and how it speaks. Writes no line.
//!
//! The span is at the level of errors so that no filter that lets a line through takes its context
//! away, and has no parent, so that a line has it once whoever causes the line.

use std::fmt;

use tracing::{Span, error_span};

use super::{PeerId, RoomId, State, ViewId};

/// The context of lines about a peer; `None`: it is in no room.
#[must_use]
pub fn peer_span(room: Option<&RoomId>, peer: &PeerId, dialect: &str) -> Span {
    match room {
        Some(room) => error_span!(parent: None, "peer", room = %Shown(room), %peer, dialect),
        None => error_span!(parent: None, "peer", %peer, dialect),
    }
}

/// A room's name as it may be written down. The room of a broadcast is named by the secret of those
/// who watch it, of which the beginning is enough to tell one from another.
struct Shown<'a>(&'a RoomId);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_str();
        if !ViewId::is_one(name) {
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
    fn a_viewer_s_secret_is_not_written_down() {
        let secret = format!("v-{}", "0123456789abcdef".repeat(2));
        let shown = Shown(&RoomId::from(secret.as_str())).to_string();
        assert_eq!(shown, "v-012345…");
        assert_eq!(Shown(&RoomId::from("a\nb")).to_string(), "a\\nb");
    }
}
