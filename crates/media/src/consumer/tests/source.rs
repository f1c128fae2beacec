//! A producer's streams as a consumer sees them: frames with numbers that wrap soon.

use super::PAYLOAD_TYPE;
use crate::rtp::{
    MediaPacket,
    codecs::{PayloadInfo, Vp8Descriptor},
};

static PAYLOAD: [u8; 1000] = [0; 1000];

/// One VP8 stream. Its counters start shortly before they wrap.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) encoding: usize,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    /// Extended picture id; 15 bits go on the wire.
    pub(super) picture: u64,
    pub(super) tl0: u8,
    pub(super) step: u32,
}

impl Source {
    pub(super) fn new(encoding: usize) -> Self {
        let shift = 1_000_000 * encoding as u32;
        Self {
            encoding,
            sequence: 65_500 + 131_072 * encoding as u64,
            timestamp: (u32::MAX - 89_999).wrapping_add(shift),
            picture: 32_760 + 100 * encoding as u64,
            tl0: 250,
            step: 3_000,
        }
    }

    pub(super) fn key_frame(&mut self, packets: usize) -> Vec<MediaPacket<'static>> {
        self.frame(true, 0, false, packets)
    }

    pub(super) fn inter_frame(&mut self, packets: usize) -> Vec<MediaPacket<'static>> {
        self.frame(false, 0, false, packets)
    }

    pub(super) fn frame(
        &mut self,
        key: bool,
        layer: u8,
        sync: bool,
        packets: usize,
    ) -> Vec<MediaPacket<'static>> {
        self.timestamp = self.timestamp.wrapping_add(self.step);
        self.picture += 1;
        self.tl0 = self.tl0.wrapping_add(u8::from(layer == 0));
        let frame = (0..packets)
            .map(|index| self.packet(key && index == 0, layer, sync, index + 1 == packets));
        let packets: Vec<_> = frame.collect();
        let first = self.sequence + 1;
        self.sequence += packets.len() as u64;
        let numbered = packets.into_iter().zip(first..);
        numbered
            .map(|(packet, sequence)| MediaPacket { sequence, ..packet })
            .collect()
    }

    fn packet(&self, key: bool, layer: u8, sync: bool, last: bool) -> MediaPacket<'static> {
        MediaPacket {
            encoding: self.encoding,
            sequence: 0,
            timestamp: self.timestamp,
            marker: last,
            payload_type: PAYLOAD_TYPE,
            info: PayloadInfo {
                key_frame: key,
                temporal_layer: Some(layer),
                spatial_layer: None,
                vp8: Some(Vp8Descriptor {
                    picture_id: Some((self.picture & 0x7FFF) as u16),
                    wide_picture_id: true,
                    picture_id_at: 2,
                    tl0_picture_index: Some(self.tl0),
                    tl0_picture_index_at: 4,
                    layer_sync: sync,
                }),
            },
            payload: &PAYLOAD,
        }
    }
}

/// The same packet of a codec that tells nothing but its key frames.
pub(super) fn blind(packet: MediaPacket<'static>) -> MediaPacket<'static> {
    MediaPacket {
        info: PayloadInfo {
            key_frame: packet.info.key_frame,
            ..PayloadInfo::default()
        },
        ..packet
    }
}
