//! Renumbers VP8 picture ids and TL0PICIDX (RFC 7741 §4.2) so that both stay continuous.

use super::{offset_window::OffsetWindow, types::Vp8Rewrite};
use crate::rtp::codecs::Vp8Descriptor;

/// 2 words: 128 pictures, four seconds at 30 frames per second; late packets are rarer than that.
const WORDS: usize = 2;

/// Extended picture ids start here, so that going back never reaches zero.
const ORIGIN: u64 = 1 << 32;

/// What a consumer's VP8 decoder counts on: picture ids growing by one per picture, TL0PICIDX by
/// one per base-layer picture, across switches and left-out temporal layers.
#[derive(Debug)]
pub(super) struct PictureManager {
    window: OffsetWindow<WORDS>,
    /// Width of the source's ids; a change is a new count.
    wide: bool,
    /// Last one given out.
    tl0: u8,
    /// `output = input + tl0_offset`, wrapping.
    tl0_offset: u8,
}

impl PictureManager {
    pub(super) fn new() -> Self {
        Self {
            window: OffsetWindow::new(0),
            wide: true,
            tl0: u8::MAX,
            tl0_offset: 0,
        }
    }

    /// Starts a new segment: `vp8` is a key frame's.
    pub(super) fn start(&mut self, vp8: Vp8Descriptor) -> Vp8Rewrite {
        self.anchor(vp8, true);
        self.rewrite(vp8, self.window.next_output().wrapping_sub(1))
    }

    /// Renumbers a packet that is to be forwarded; `newest` by sequence number, or late. None when
    /// its picture was left out or is too old.
    pub(super) fn forward(
        &mut self,
        vp8: Vp8Descriptor,
        base_layer: bool,
        newest: bool,
    ) -> Option<Vp8Rewrite> {
        let Some(picture) = self.enter(vp8, base_layer, newest) else {
            return Some(self.rewrite(vp8, 0));
        };
        if newest && picture > self.window.newest() {
            self.window.pass(picture);
        }
        let output = self.window.output(picture)?;
        let rewrite = self.rewrite(vp8, output);
        if newest && vp8.tl0_picture_index.is_some() {
            self.tl0 = rewrite.tl0_picture_index;
        }
        Some(rewrite)
    }

    /// Leaves out the newest packet's picture.
    pub(super) fn leave_out(&mut self, vp8: Vp8Descriptor, base_layer: bool) {
        if let Some(picture) = self.enter(vp8, base_layer, true)
            && picture > self.window.newest()
        {
            self.window.leave_out(picture);
        }
    }

    /// The extended id. The newest packet's id never goes back, unless the source counts anew.
    fn enter(&mut self, vp8: Vp8Descriptor, base_layer: bool, newest: bool) -> Option<u64> {
        let picture = self.extend(vp8)?;
        let restarted = vp8.wide_picture_id != self.wide || picture < self.window.newest();
        if newest && restarted {
            self.anchor(vp8, base_layer);
            return Some(self.window.newest());
        }
        Some(picture)
    }

    /// Gives `vp8`'s picture the next number, whatever its own is.
    fn anchor(&mut self, vp8: Vp8Descriptor, base_layer: bool) {
        let id = u64::from(vp8.picture_id.unwrap_or_default());
        self.wide = vp8.wide_picture_id;
        self.window.start(ORIGIN + id);
        let Some(index) = vp8.tl0_picture_index else {
            return;
        };
        self.tl0 = self.tl0.wrapping_add(u8::from(base_layer));
        self.tl0_offset = self.tl0.wrapping_sub(index);
    }

    /// The extended id nearest to the newest one's.
    fn extend(&self, vp8: Vp8Descriptor) -> Option<u64> {
        let bits = if self.wide { 15 } else { 7 };
        let (modulus, newest) = (1u64 << bits, self.window.newest());
        let ahead = u64::from(vp8.picture_id?).wrapping_sub(newest) % modulus;
        Some(if ahead < modulus / 2 {
            newest.wrapping_add(ahead)
        } else {
            newest.wrapping_sub(modulus - ahead)
        })
    }

    fn rewrite(&self, vp8: Vp8Descriptor, output: u64) -> Vp8Rewrite {
        Vp8Rewrite {
            descriptor: vp8,
            picture_id: output as u16 & vp8.picture_id_mask(),
            tl0_picture_index: vp8
                .tl0_picture_index
                .map_or(0, |index| index.wrapping_add(self.tl0_offset)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vp8(picture_id: u16, tl0: u8) -> Vp8Descriptor {
        Vp8Descriptor {
            picture_id: Some(picture_id),
            wide_picture_id: true,
            picture_id_at: 2,
            tl0_picture_index: Some(tl0),
            tl0_picture_index_at: 4,
            layer_sync: false,
        }
    }

    fn ids(rewrite: Option<Vp8Rewrite>) -> Option<(u16, u8)> {
        rewrite.map(|rewrite| (rewrite.picture_id, rewrite.tl0_picture_index))
    }

    #[test]
    fn ids_go_on_across_a_switch() {
        let mut manager = PictureManager::new();
        assert_eq!(ids(Some(manager.start(vp8(32_760, 250)))), Some((0, 0)));
        assert_eq!(
            ids(manager.forward(vp8(32_761, 251), true, true)),
            Some((1, 1))
        );
        assert_eq!(ids(Some(manager.start(vp8(77, 9)))), Some((2, 2)));
        assert_eq!(ids(manager.forward(vp8(78, 10), true, true)), Some((3, 3)));
    }

    #[test]
    fn source_ids_wrap() {
        let mut manager = PictureManager::new();
        manager.start(vp8(32_766, 254));
        assert_eq!(
            ids(manager.forward(vp8(32_767, 255), true, true)),
            Some((1, 1))
        );
        assert_eq!(ids(manager.forward(vp8(0, 0), true, true)), Some((2, 2)));
        assert_eq!(
            ids(manager.forward(vp8(32_767, 255), true, false)),
            Some((1, 1))
        );
    }

    #[test]
    fn left_out_pictures_leave_no_gap_and_stay_out() {
        let mut manager = PictureManager::new();
        manager.start(vp8(10, 0));
        manager.leave_out(vp8(11, 0), false);
        manager.leave_out(vp8(11, 0), false);
        assert_eq!(ids(manager.forward(vp8(12, 1), true, true)), Some((1, 1)));
        assert_eq!(ids(manager.forward(vp8(11, 0), false, false)), None);
    }

    #[test]
    fn source_that_counts_anew_is_followed() {
        let mut manager = PictureManager::new();
        manager.start(vp8(20_000, 7));
        assert_eq!(
            ids(manager.forward(vp8(19_000, 100), true, true)),
            Some((1, 1))
        );
        assert_eq!(
            ids(manager.forward(vp8(19_001, 101), true, true)),
            Some((2, 2))
        );
    }

    #[test]
    fn narrow_ids_are_masked_and_missing_ones_ignored() {
        let narrow = |id| Vp8Descriptor {
            picture_id: Some(id),
            ..Vp8Descriptor::default()
        };
        let mut manager = PictureManager::new();
        manager.start(narrow(126));
        for (id, expected) in (127..=127).chain(0..127).zip(1u16..) {
            let rewrite = manager.forward(narrow(id), true, true).unwrap();
            assert_eq!(rewrite.picture_id, expected & 0x7F);
        }
        let none = manager.forward(Vp8Descriptor::default(), true, true);
        assert!(none.is_some());
    }
}
