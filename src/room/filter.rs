//! Naming producers, and consumers of them, by what they are instead of by id.

use ortc::types::MediaKind;

use super::PeerId;

/// Some of a room's producers; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub owner: Option<PeerId>,
    /// Audio or video.
    pub kind: Option<MediaKind>,
    /// Whether they capture a display.
    pub display: Option<bool>,
}

impl Filter {
    /// Whether a producer is one of them.
    pub(super) fn takes(&self, owner: &PeerId, kind: MediaKind, display: bool) -> bool {
        self.owner.as_ref().is_none_or(|wanted| wanted == owner)
            && self.kind.is_none_or(|wanted| wanted == kind)
            && self.display.is_none_or(|wanted| wanted == display)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_given_must_fit() {
        let (ann, bob) = (PeerId::from("ann"), PeerId::from("bob"));
        let all = Filter::default();
        assert!(all.takes(&ann, MediaKind::Audio, true));
        let screen = Filter {
            owner: Some(ann.clone()),
            kind: Some(MediaKind::Video),
            display: Some(true),
        };
        assert!(screen.takes(&ann, MediaKind::Video, true));
        assert!(!screen.takes(&bob, MediaKind::Video, true));
        assert!(!screen.takes(&ann, MediaKind::Audio, true));
        assert!(!screen.takes(&ann, MediaKind::Video, false));
    }
}
