//! A packet on its way out: built once per received packet, copied and patched once per receiver.
//!
//! Layout, all offsets derivable from the bytes themselves so that a packet kept for retransmission
//! needs no side table:
//!
//! ```text
//! 12  fixed RTP header (no CSRCs)
//!  4  extension header, one-byte (0xBEDE) or two-byte (0x1000) form (RFC 8285)
//!     abs-send-time element, transport-cc element, MID element (8 bytes reserved)
//!     elements copied from the producer under the router's ids
//!     payload
//! ```
//!
//! The three leading elements are overwritten per receiver. A receiver that did not negotiate one
//! of them ignores its id (RFC 8285 §4.1.1), unless it has chosen ids itself: for that one what it
//! did not list becomes padding.

use std::time::Duration;

use ortc::types::RtpHeaderExtensionParameters;

use crate::consumer::{Retransmission, Rewrite};

/// Header extensions by what the router does with them.
pub(crate) mod uri {
    pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
    pub(crate) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
    pub(crate) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
    pub(crate) const ABS_SEND_TIME: &str =
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
    pub(crate) const TRANSPORT_CC: &str =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    pub(crate) const DEPENDENCY_DESCRIPTOR: &str =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
}

/// Ids of the elements the router writes itself, and where the producer's elements go.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingLayout {
    abs_send_time: u8,
    transport_cc: u8,
    mid: u8,
    /// Producer's id → router's id, 0 where the element is not forwarded.
    copied: [u8; 256],
}

/// What is written per receiver into the leading elements.
#[derive(Clone, Debug, Default)]
pub(crate) struct SendExtensions {
    mid: [u8; MID_RESERVED],
    mid_len: u8,
    transport_cc: bool,
    /// The ids the receiver knows, one bit each; none: it ignores the others.
    listed: Option<Box<[u128; 2]>>,
}

/// Bytes kept for a MID. mediasoup's and ours are decimal counters, far shorter.
const MID_RESERVED: usize = 8;
const RTP_HEADER: usize = 12;
const EXTENSION_HEADER: usize = 4;
const ONE_BYTE_FORM: [u8; 2] = [0xBE, 0xDE];
const TWO_BYTE_FORM: [u8; 2] = [0x10, 0x00];
/// RFC 8285 §4.2: an element of the one-byte form holds 1 to 16 bytes.
const ONE_BYTE_MAX: usize = 16;
/// RFC 8285 §4.2: ids 1 to 14 in the one-byte form.
const ONE_BYTE_MAX_ID: u8 = 14;
/// RFC 8285 §4.2: a zero byte is padding, so an element under this id is none.
const PADDING_ID: u8 = 0;

impl OutgoingLayout {
    /// The layout for packets of a producer that sends `producer` ids into a router with `router`
    /// ids.
    pub(crate) fn new(
        producer: &[RtpHeaderExtensionParameters],
        router: &[RtpHeaderExtensionParameters],
    ) -> Self {
        let router_id = |uri: &str| router.iter().find(|e| e.uri == uri).map(|e| e.id);
        let own = |uri| router_id(uri).filter(|id| (1..=ONE_BYTE_MAX_ID).contains(id));
        let mut copied = [0; 256];
        for extension in producer.iter().filter(|e| is_forwarded(&e.uri)) {
            copied[usize::from(extension.id)] = router_id(&extension.uri).unwrap_or(0);
        }
        copied[0] = 0;
        Self {
            abs_send_time: own(uri::ABS_SEND_TIME).unwrap_or(PADDING_ID),
            transport_cc: own(uri::TRANSPORT_CC).unwrap_or(PADDING_ID),
            mid: own(uri::MID).unwrap_or(PADDING_ID),
            copied,
        }
    }

    /// Writes a packet into `out`, which is cleared first. Fields that differ per receiver are left
    /// zero.
    pub(crate) fn build<'a>(
        &self,
        out: &mut Vec<u8>,
        extensions: impl Iterator<Item = (u8, &'a [u8])> + Clone,
        payload: &[u8],
    ) {
        out.clear();
        out.extend_from_slice(&[0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let copied = extensions
            .map(|(id, value)| (self.copied[usize::from(id)], value))
            .filter(|(id, value)| *id != 0 && value.len() <= usize::from(u8::MAX));
        let fits = |(id, value): (u8, &[u8])| {
            id <= ONE_BYTE_MAX_ID && (1..=ONE_BYTE_MAX).contains(&value.len())
        };
        let form = if copied.clone().all(fits) {
            Form::OneByte
        } else {
            Form::TwoByte
        };
        out.extend_from_slice(&form.profile());
        out.extend_from_slice(&[0, 0]);
        form.write(out, self.abs_send_time, &[0; 3]);
        form.write(out, self.transport_cc, &[0; 2]);
        form.write(out, self.mid, &[0; MID_RESERVED]);
        for (id, value) in copied {
            form.write(out, id, value);
        }
        while !(out.len() - RTP_HEADER).is_multiple_of(4) {
            out.push(0);
        }
        // At most 14 + 256 elements of 257 bytes: fits 16 bits of words.
        let words = (out.len() - RTP_HEADER - EXTENSION_HEADER) / 4;
        out[RTP_HEADER + 2..RTP_HEADER + 4].copy_from_slice(&(words as u16).to_be_bytes());
        out.extend_from_slice(payload);
    }
}

/// Mapped by the router itself, or of no use to a receiver that gets one renamed stream: a
/// descriptor counts frames and templates of the stream that was sent, and no client negotiates it.
fn is_forwarded(uri: &str) -> bool {
    !matches!(
        uri,
        uri::MID
            | uri::RID
            | uri::REPAIRED_RID
            | uri::ABS_SEND_TIME
            | uri::TRANSPORT_CC
            | uri::DEPENDENCY_DESCRIPTOR
    )
}

impl SendExtensions {
    /// What a receiver with these parameters is sent.
    pub(crate) fn new(mid: Option<&str>, negotiated: &[RtpHeaderExtensionParameters]) -> Self {
        let has = |uri| negotiated.iter().any(|extension| extension.uri == uri);
        let mut this = Self {
            transport_cc: has(uri::TRANSPORT_CC),
            ..Self::default()
        };
        if let Some(mid) = mid.filter(|mid| has(uri::MID) && mid.len() <= MID_RESERVED) {
            this.mid[..mid.len()].copy_from_slice(mid.as_bytes());
            this.mid_len = mid.len() as u8;
        }
        this
    }

    /// Sends nothing else than what is negotiated, to a receiver that may mean something else by
    /// the other ids.
    pub(crate) fn only(mut self, negotiated: &[RtpHeaderExtensionParameters]) -> Self {
        let mut listed = Box::new([0; 2]);
        for extension in negotiated {
            listed[usize::from(extension.id >> 7)] |= 1 << (extension.id & 0x7F);
        }
        self.listed = Some(listed);
        self
    }

    /// Whether packets carry a transport-wide sequence number.
    pub(crate) fn transport_cc(&self) -> bool {
        self.transport_cc
    }

    /// Overwrites the leading elements of the packet in `bytes`. `since_epoch` is the send time.
    pub(crate) fn patch(&self, bytes: &mut [u8], since_epoch: Duration, wide_sequence: u16) {
        let form = Form::of(bytes);
        let at = RTP_HEADER + EXTENSION_HEADER;
        let at = form.patch(bytes, at, &abs_send_time(since_epoch).to_be_bytes()[1..]);
        let at = form.patch(bytes, at, &wide_sequence.to_be_bytes());
        if self.mid_len == 0 {
            // No MID: the element becomes padding.
            bytes[at..at + form.overhead()].fill(0);
        }
        form.patch(bytes, at, &self.mid);
        if self.mid_len > 0 && bytes[at] != PADDING_ID {
            form.set_len(bytes, at + form.overhead(), usize::from(self.mid_len));
        }
        if let Some(listed) = &self.listed {
            form.strip(bytes, |id| {
                listed[usize::from(id >> 7)] >> (id & 0x7F) & 1 == 1
            });
        }
    }
}

/// Writes header fields (and VP8 ids) of `rewrite` into a copy of a built packet.
pub(crate) fn apply(rewrite: &Rewrite, bytes: &mut [u8]) {
    bytes[1] = rewrite.payload_type & 0x7F | u8::from(rewrite.marker) << 7;
    bytes[2..4].copy_from_slice(&rewrite.sequence_number.to_be_bytes());
    bytes[4..8].copy_from_slice(&rewrite.timestamp.to_be_bytes());
    bytes[8..12].copy_from_slice(&rewrite.ssrc.to_be_bytes());
    if let Some(vp8) = &rewrite.vp8 {
        let payload = payload_at(bytes);
        vp8.descriptor
            .rewrite(&mut bytes[payload..], vp8.picture_id, vp8.tl0_picture_index);
    }
}

/// Longest padding [`pad`] is used for; longer would be dearer than the message it spares.
pub(crate) const MAX_PADDING: usize = 32;

/// Turns the last `padding` bytes of a built packet, which are zero, into RTP padding (RFC 3550
/// §5.1). The payload stays what it was.
pub(crate) fn pad(bytes: &mut [u8], padding: usize) {
    const PADDING_BIT: u8 = 0x20;
    bytes[0] |= PADDING_BIT;
    if let Some(count) = bytes.last_mut() {
        // At most MAX_PADDING.
        *count = padding as u8;
    }
}

/// Appends `kept`, a built packet, to `arena` as an RTX packet (RFC 4588).
pub(crate) fn append_retransmission(
    retransmission: &Retransmission,
    kept: &[u8],
    arena: &mut Vec<u8>,
) {
    let (start, rtx) = (arena.len(), &retransmission.rtx);
    let payload = payload_at(kept);
    arena.extend_from_slice(&kept[..payload]);
    arena.extend_from_slice(&retransmission.rewrite.sequence_number.to_be_bytes());
    arena.extend_from_slice(&kept[payload..]);
    if let Some(vp8) = &retransmission.rewrite.vp8 {
        let original = &mut arena[start + payload + 2..];
        vp8.descriptor
            .rewrite(original, vp8.picture_id, vp8.tl0_picture_index);
    }
    let header = Rewrite {
        ssrc: rtx.ssrc,
        payload_type: rtx.payload_type,
        sequence_number: rtx.sequence_number,
        vp8: None,
        ..retransmission.rewrite
    };
    apply(&header, &mut arena[start..]);
}

/// Where the payload of a built packet begins.
pub(crate) fn payload_at(bytes: &[u8]) -> usize {
    let words = u16::from_be_bytes([bytes[RTP_HEADER + 2], bytes[RTP_HEADER + 3]]);
    RTP_HEADER + EXTENSION_HEADER + usize::from(words) * 4
}

/// Seconds in 6.18 fixed point, 24 bits.
fn abs_send_time(since_epoch: Duration) -> u32 {
    (((since_epoch.as_micros() << 18) / 1_000_000) & 0xFF_FFFF) as u32
}

/// The two element forms of RFC 8285.
#[derive(Clone, Copy)]
enum Form {
    OneByte,
    TwoByte,
}

impl Form {
    fn of(bytes: &[u8]) -> Self {
        if bytes[RTP_HEADER..RTP_HEADER + 2] == ONE_BYTE_FORM {
            Self::OneByte
        } else {
            Self::TwoByte
        }
    }

    fn profile(self) -> [u8; 2] {
        match self {
            Self::OneByte => ONE_BYTE_FORM,
            Self::TwoByte => TWO_BYTE_FORM,
        }
    }

    /// Bytes before an element's value.
    fn overhead(self) -> usize {
        match self {
            Self::OneByte => 1,
            Self::TwoByte => 2,
        }
    }

    fn write(self, out: &mut Vec<u8>, id: u8, value: &[u8]) {
        if id == PADDING_ID {
            out.resize(out.len() + self.overhead() + value.len(), 0);
            return;
        }
        match self {
            Self::OneByte => out.push(id << 4 | (value.len() - 1) as u8),
            Self::TwoByte => out.extend_from_slice(&[id, value.len() as u8]),
        }
        out.extend_from_slice(value);
    }

    /// Overwrites the value of the element that begins at `at`, unless it is padding; returns where
    /// the next element begins.
    fn patch(self, bytes: &mut [u8], at: usize, value: &[u8]) -> usize {
        let value_at = at + self.overhead();
        if bytes[at] != PADDING_ID {
            bytes[value_at..value_at + value.len()].copy_from_slice(value);
        }
        value_at + value.len()
    }

    /// Turns elements whose id is not to be `kept` into padding.
    fn strip(self, bytes: &mut [u8], kept: impl Fn(u8) -> bool) {
        let (mut at, end) = (RTP_HEADER + EXTENSION_HEADER, payload_at(bytes));
        while let Some(first) = bytes[..end].get(at).copied() {
            let second = bytes[..end]
                .get(at + 1)
                .map_or(0, |byte| usize::from(*byte));
            let (id, len) = match self {
                Self::OneByte => (first >> 4, usize::from(first & 0x0F) + 1),
                Self::TwoByte => (first, second),
            };
            let next = match id {
                PADDING_ID => at + 1,
                _ => (at + self.overhead() + len).min(end),
            };
            if !kept(id) {
                bytes[at..next].fill(0);
            }
            at = next;
        }
    }

    /// Shortens the element whose value begins at `at`; what is left of it are padding zeros.
    fn set_len(self, bytes: &mut [u8], at: usize, len: usize) {
        match self {
            Self::OneByte => bytes[at - 1] = bytes[at - 1] & 0xF0 | (len - 1) as u8,
            Self::TwoByte => bytes[at - 1] = len as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use ortc::types::RtpHeaderExtensionParameters;

    use super::*;
    use crate::{
        consumer::{Rtx, Vp8Rewrite},
        rtp::{codecs, packet::RtpPacket},
    };

    const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

    /// An element that may be longer than the one-byte form holds.
    const LONG: &str = "urn:example:long";

    fn ids(list: &[(&str, u8)]) -> Vec<RtpHeaderExtensionParameters> {
        let one = |(uri, id): &(&str, u8)| RtpHeaderExtensionParameters {
            uri: (*uri).to_owned(),
            id: *id,
            encrypt: false,
            parameters: Default::default(),
        };
        list.iter().map(one).collect()
    }

    fn router_ids() -> Vec<RtpHeaderExtensionParameters> {
        ids(&[
            (uri::MID, 1),
            (uri::ABS_SEND_TIME, 4),
            (uri::TRANSPORT_CC, 5),
            (LONG, 8),
            (uri::DEPENDENCY_DESCRIPTOR, 7),
            (AUDIO_LEVEL, 10),
        ])
    }

    fn built(producer: &[(&str, u8)], values: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0xFF; 3];
        let layout = OutgoingLayout::new(&ids(producer), &router_ids());
        layout.build(&mut out, values.iter().copied(), payload);
        out
    }

    fn rewrite() -> Rewrite {
        Rewrite {
            ssrc: 0x0102_0304,
            payload_type: 101,
            sequence_number: 7,
            timestamp: 90_000,
            marker: true,
            vp8: None,
        }
    }

    fn sent(mut bytes: Vec<u8>, mid: Option<&str>) -> Vec<u8> {
        apply(&rewrite(), &mut bytes);
        let extensions = SendExtensions::new(mid, &router_ids());
        extensions.patch(&mut bytes, Duration::from_millis(1500), 0xABCD);
        bytes
    }

    #[test]
    fn a_receiver_gets_its_own_header_and_the_producers_extensions() {
        let bytes = built(
            &[(AUDIO_LEVEL, 2), (uri::MID, 3)],
            &[(2, &[0x85]), (3, b"9")],
            b"media",
        );
        let bytes = sent(bytes, Some("12"));
        let packet = RtpPacket::parse(&bytes).expect("valid RTP");
        assert_eq!((packet.ssrc(), packet.payload_type()), (0x0102_0304, 101));
        assert_eq!((packet.sequence_number(), packet.timestamp()), (7, 90_000));
        assert!(packet.marker());
        assert_eq!(packet.payload(), b"media");
        assert_eq!(packet.extension(10), Some(&[0x85][..]), "renamed");
        assert_eq!(
            packet.extension(1),
            Some(&b"12"[..]),
            "the receiver's MID, not the sender's"
        );
        assert_eq!(
            packet.extension(4),
            Some(&[0x06, 0, 0][..]),
            "1.5 s in 6.18 fixed point"
        );
        assert_eq!(packet.extension(5), Some(&[0xAB, 0xCD][..]));
        assert_eq!(
            packet.extension(3),
            None,
            "the sender's ids mean nothing to the receiver"
        );
    }

    #[test]
    fn no_client_is_sent_a_dependency_descriptor() {
        let producer = [(uri::DEPENDENCY_DESCRIPTOR, 12), (AUDIO_LEVEL, 2)];
        let bytes = built(&producer, &[(12, &[7; 3]), (2, &[0x85])], b"av1");
        let bytes = sent(bytes, None);
        let packet = RtpPacket::parse(&bytes).expect("valid RTP");
        assert_eq!(packet.extension(7), None);
        assert_eq!(packet.extension(10), Some(&[0x85][..]));
    }

    #[test]
    fn without_a_mid_the_element_is_padding() {
        let bytes = sent(built(&[(AUDIO_LEVEL, 2)], &[(2, &[0x85])], b"x"), None);
        let packet = RtpPacket::parse(&bytes).expect("valid RTP");
        assert_eq!(packet.extension(1), None);
        assert_eq!(
            packet.extension(10),
            Some(&[0x85][..]),
            "what follows is still found"
        );
    }

    #[test]
    fn a_receiver_with_ids_of_its_own_gets_only_those_it_listed() {
        let descriptor = [7; 40];
        let values: [&[(u8, &[u8])]; 2] = [
            &[(2, &[0x85]), (12, &[1, 2, 3])],
            &[(2, &[0x85]), (12, &descriptor)],
        ];
        for values in values {
            let producer = [(AUDIO_LEVEL, 2), (LONG, 12)];
            let mut bytes = built(&producer, values, b"media");
            apply(&rewrite(), &mut bytes);
            let listed = ids(&[(uri::MID, 1), (AUDIO_LEVEL, 10)]);
            let extensions = SendExtensions::new(Some("12"), &listed).only(&listed);
            extensions.patch(&mut bytes, Duration::from_millis(1500), 0xABCD);
            let packet = RtpPacket::parse(&bytes).expect("valid RTP");
            let found: Vec<_> = packet.extensions().collect();
            assert_eq!(found, [(1, &b"12"[..]), (10, &[0x85][..])]);
            assert_eq!(packet.payload(), b"media");
            extensions.only(&[]).patch(&mut bytes, Duration::ZERO, 0);
            let packet = RtpPacket::parse(&bytes).expect("valid RTP");
            assert_eq!(packet.extensions().count(), 0);
        }
    }

    #[test]
    fn a_long_value_moves_the_packet_to_the_two_byte_form() {
        let descriptor = [7; 40];
        let bytes = built(&[(LONG, 12)], &[(12, &descriptor)], b"av1");
        let bytes = sent(bytes, Some("3"));
        let packet = RtpPacket::parse(&bytes).expect("valid RTP");
        assert_eq!(packet.extension(8), Some(&descriptor[..]));
        assert_eq!(packet.extension(1), Some(&b"3"[..]));
        assert_eq!(packet.extension(5), Some(&[0xAB, 0xCD][..]));
        assert_eq!(packet.payload(), b"av1");
    }

    #[test]
    fn a_router_without_an_extension_sends_padding_in_its_place() {
        let mut bytes = Vec::new();
        OutgoingLayout::new(&[], &ids(&[(uri::MID, 1)])).build(&mut bytes, [].into_iter(), b"x");
        let bytes = sent(bytes, Some("0"));
        let packet = RtpPacket::parse(&bytes).expect("valid RTP");
        let found: Vec<_> = packet.extensions().collect();
        assert_eq!(found, [(1, &b"0"[..])]);
    }

    #[test]
    fn a_retransmission_carries_the_sequence_number_it_repairs() {
        let kept = built(&[], &[], b"media");
        let rtx = Rtx {
            ssrc: 99,
            payload_type: 102,
            sequence_number: 1,
        };
        let again = Retransmission {
            encoding: 0,
            sequence: 4,
            rewrite: rewrite(),
            rtx,
        };
        let mut arena = vec![1, 2, 3];
        append_retransmission(&again, &kept, &mut arena);
        let packet = RtpPacket::parse(&arena[3..]).expect("valid RTP");
        assert_eq!(
            (
                packet.ssrc(),
                packet.payload_type(),
                packet.sequence_number()
            ),
            (99, 102, 1)
        );
        assert_eq!(packet.payload(), [&[0, 7], &b"media"[..]].concat());
    }

    #[test]
    fn a_retransmission_repeats_the_rewritten_picture_id() {
        // RFC 7741 §4.2: X, I and a 15-bit picture id, then a VP8 payload byte.
        let payload = [0x90, 0x80, 0x80, 0x05, 0x00, 0xAA];
        let info = codecs::parse(codecs::Codec::Vp8, &payload, None);
        let descriptor = info.vp8.expect("a picture id");
        let vp8 = Some(Vp8Rewrite {
            descriptor,
            picture_id: 0x1234,
            tl0_picture_index: 0,
        });
        let kept = built(&[], &[], &payload);
        let rtx = Rtx {
            ssrc: 99,
            payload_type: 102,
            sequence_number: 1,
        };
        let rewrite = Rewrite { vp8, ..rewrite() };
        let again = Retransmission {
            encoding: 0,
            sequence: 4,
            rewrite,
            rtx,
        };
        let mut arena = Vec::new();
        append_retransmission(&again, &kept, &mut arena);
        let packet = RtpPacket::parse(&arena).expect("valid RTP");
        assert_eq!(packet.payload(), [0, 7, 0x90, 0x80, 0x92, 0x34, 0x00, 0xAA]);
    }
}
