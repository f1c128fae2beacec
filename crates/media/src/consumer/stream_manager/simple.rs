//! A producer with one stream: everything from a key frame on. Knows no layers.

use super::{Newest, Selection};
use crate::rtp::MediaPacket;

/// One stream, whole; audio needs no key frame.
#[derive(Debug)]
pub(in crate::consumer) struct Simple {
    audio: bool,
    active: bool,
    started: bool,
    newest: Newest,
}

impl Simple {
    pub(super) fn new(audio: bool) -> Self {
        Self {
            audio,
            active: false,
            started: false,
            newest: Newest::default(),
        }
    }

    pub(super) fn select(&mut self, packet: &MediaPacket<'_>) -> Selection {
        if packet.encoding != 0 {
            return Selection::Skip;
        }
        if self.started {
            return Selection::Forward;
        }
        let newest = self.newest.advance(packet.sequence);
        if !self.active || !newest || !(self.audio || packet.info.key_frame) {
            return Selection::Skip;
        }
        self.started = true;
        Selection::Start
    }

    pub(super) fn restart(&mut self, packet: &MediaPacket<'_>) -> Selection {
        self.started = self.audio || packet.info.key_frame;
        self.newest = Newest::default();
        if self.started {
            Selection::Start
        } else {
            Selection::Skip
        }
    }

    pub(super) fn set_active(&mut self, active: bool) {
        self.active = active;
        self.started = false;
    }

    pub(super) fn current(&self) -> Option<usize> {
        self.started.then_some(0)
    }

    pub(super) fn wanted(&self) -> Option<usize> {
        (self.active && !self.started && !self.audio).then_some(0)
    }
}
