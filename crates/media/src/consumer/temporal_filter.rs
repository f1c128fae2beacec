//! Leaves out frames above a temporal layer; knows nothing of numbers.

use crate::rtp::{MediaPacket, codecs::PayloadInfo};

/// No limit: codecs name at most 8 temporal layers.
const NO_LIMIT: u8 = u8::MAX;

/// Decides frame by frame which temporal layers pass.
///
/// Lowering the limit works from the next frame on. Raising it waits for a frame after which the
/// higher layer can be decoded: VP8's layer-sync frame, one layer at a time (RFC 7741 §4.2, Y); with
/// other codecs the next base-layer frame, on which everything after it depends; or a key frame.
#[derive(Debug)]
pub(super) struct TemporalFilter {
    limit: u8,
    /// Layers up to this one pass now.
    passing: u8,
    /// Highest layer seen passing.
    highest: Option<u8>,
    /// The newest frame's timestamp and whether it passes: a frame passes whole or not at all.
    frame: Option<(u32, bool)>,
}

impl TemporalFilter {
    pub(super) fn new(limit: Option<u8>) -> Self {
        let limit = limit.unwrap_or(NO_LIMIT);
        Self {
            limit,
            passing: limit,
            highest: None,
            frame: None,
        }
    }

    /// Sets the highest layer that may pass.
    pub(super) fn set_limit(&mut self, limit: Option<u8>) {
        self.limit = limit.unwrap_or(NO_LIMIT);
    }

    /// The highest layer that may pass, if that is limited.
    pub(super) fn limit(&self) -> Option<u8> {
        (self.limit != NO_LIMIT).then_some(self.limit)
    }

    /// A new segment starts with a key frame: every layer up to the limit can be decoded.
    pub(super) fn start(&mut self, packet: &MediaPacket<'_>) {
        self.passing = self.limit;
        self.highest = packet.info.temporal_layer;
        self.frame = Some((packet.timestamp, true));
    }

    /// Whether the newest packet passes.
    pub(super) fn admits(&mut self, packet: &MediaPacket<'_>) -> bool {
        let Some(layer) = packet.info.temporal_layer else {
            return true;
        };
        if let Some((timestamp, passes)) = self.frame
            && timestamp == packet.timestamp
        {
            return passes;
        }
        self.adapt(layer, &packet.info);
        let passes = layer <= self.passing;
        if passes {
            self.highest = self.highest.max(Some(layer));
        }
        self.frame = Some((packet.timestamp, passes));
        passes
    }

    /// Highest layer that passes, when the payload tells.
    pub(super) fn layer(&self) -> Option<u8> {
        self.highest.map(|highest| highest.min(self.passing))
    }

    fn adapt(&mut self, layer: u8, info: &PayloadInfo) {
        if self.passing >= self.limit || info.key_frame {
            self.passing = self.limit;
            return;
        }
        match info.vp8 {
            Some(vp8) if vp8.layer_sync && layer == self.passing + 1 => self.passing = layer,
            None if layer == 0 => self.passing = self.limit,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::codecs::Vp8Descriptor;

    fn packet(timestamp: u32, layer: u8, sync: bool) -> MediaPacket<'static> {
        let vp8 = Vp8Descriptor {
            layer_sync: sync,
            ..Vp8Descriptor::default()
        };
        MediaPacket {
            encoding: 0,
            sequence: u64::from(timestamp),
            timestamp,
            marker: true,
            payload_type: 96,
            info: PayloadInfo {
                temporal_layer: Some(layer),
                vp8: Some(vp8),
                ..PayloadInfo::default()
            },
            payload: &[0],
        }
    }

    #[test]
    fn lower_limit_works_from_the_next_frame_on() {
        let mut filter = TemporalFilter::new(None);
        assert!(filter.admits(&packet(1, 2, false)));
        filter.set_limit(Some(0));
        assert!(
            filter.admits(&packet(1, 2, false)),
            "the rest of a frame begun"
        );
        assert!(!filter.admits(&packet(2, 2, false)));
        assert!(!filter.admits(&packet(3, 1, true)));
        assert!(filter.admits(&packet(4, 0, false)));
        assert_eq!(filter.layer(), Some(0));
    }

    #[test]
    fn higher_limit_waits_for_layer_sync_one_layer_at_a_time() {
        let mut filter = TemporalFilter::new(Some(0));
        filter.set_limit(None);
        assert!(filter.admits(&packet(0, 0, false)));
        assert!(
            !filter.admits(&packet(1, 2, true)),
            "layer 1 is not there yet"
        );
        assert!(!filter.admits(&packet(2, 1, false)));
        assert!(filter.admits(&packet(3, 1, true)));
        assert!(filter.admits(&packet(4, 2, true)));
        assert_eq!(filter.layer(), Some(2));
    }

    #[test]
    fn other_codecs_rise_at_a_base_layer_frame() {
        let mut filter = TemporalFilter::new(Some(0));
        filter.set_limit(Some(1));
        let blind = |timestamp, layer| {
            let mut packet = packet(timestamp, layer, false);
            packet.info.vp8 = None;
            packet
        };
        assert!(!filter.admits(&blind(1, 1)));
        assert!(filter.admits(&blind(2, 0)));
        assert!(filter.admits(&blind(3, 1)));
        assert!(!filter.admits(&blind(4, 2)));
    }
}
