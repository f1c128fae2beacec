//! Doors for the fuzz targets into what is otherwise private: thin, and never part of a server.
//!
//! Each function takes bytes as the network would bring them and panics when an invariant breaks.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use crate::{
    MediaLimits, SocketId, TransportId, Tuple, Worker,
    rtcp::compound::{Compound, RtcpMessage},
    rtp::{
        codecs::{self, Codec},
        packet::{RtpPacket, parse_rtx},
    },
    transport::{
        ice_lite::{IceCredentials, IceLite, request_username},
        srtp::{SrtpProfile, srtp_pair},
    },
};

/// The credentials [`stun`] answers to: username fragment and password.
pub const ICE_CREDENTIALS: (&str, &str) = ("fuzzed", "a password of enough characters");

/// The keying material [`connect`] installs, for AEAD_AES_128_GCM (RFC 5764 §4.2): the client's key
/// and salt are those of a transport whose client is the DTLS client.
pub const KEYING_MATERIAL: [u8; 56] = [7; 56];

/// Connects a transport as if its handshake had agreed on [`KEYING_MATERIAL`].
///
/// # Panics
///
/// When the transport is not there.
pub fn connect(worker: &mut Worker, now: Instant, transport: TransportId) {
    let now = worker.advance(now);
    let keys = srtp_pair(SrtpProfile::AeadAes128Gcm, &KEYING_MATERIAL, false);
    let keys = keys.expect("invariant: the material has the profile's length");
    let place = worker.index.transports.get(&transport).copied();
    let place = place.expect("invariant: the target made this transport");
    worker.guarded(now, place, |router, out| {
        let Some(entry) = router.transports.get_mut(place.1) else {
            return;
        };
        let change = entry.install_keys(keys);
        router.apply(now, place.1, change, out);
        router.wake_transport(place.1, out);
    });
}

/// Gives `datagrams` to one ICE session in turn, 10 s apart.
///
/// # Panics
///
/// When an answer is longer than its request or a table outgrows its limit.
pub fn stun<'a>(now: Instant, datagrams: impl Iterator<Item = &'a [u8]>) {
    let credentials = IceCredentials {
        username_fragment: ICE_CREDENTIALS.0.to_owned(),
        password: ICE_CREDENTIALS.1.to_owned(),
    };
    let limits = MediaLimits::default();
    let mut ice = IceLite::new(credentials, &limits, now);
    let mut reply = Vec::new();
    for (turn, bytes) in (0..).zip(datagrams) {
        let _ = request_username(bytes);
        let now = now + Duration::from_secs(10 * u64::from(turn));
        let host = Ipv4Addr::from(0x0A00_0000 | (turn / 2));
        let from = Tuple {
            socket: SocketId(0),
            remote: SocketAddr::from((host, 1)),
        };
        ice.handle_timeout(now);
        ice.handle_stun(now, from, bytes, &mut reply);
        assert!(reply.len() <= bytes.len(), "an answer amplifies");
        let _ = (ice.selected(), ice.state(), ice.poll_timeout());
    }
}

/// Reads `bytes` as RTP, and its payload as every format.
pub fn rtp(bytes: &[u8]) {
    let Ok(packet) = RtpPacket::parse(bytes) else {
        return;
    };
    assert!(packet.payload().len() <= packet.len());
    let mut descriptor = None;
    for (id, value) in packet.extensions() {
        assert!(value.len() <= bytes.len());
        descriptor = packet.extension(id);
    }
    let _ = parse_rtx(packet.payload());
    payload(packet.payload(), descriptor);
}

/// Reads `bytes` as a payload of every format, and rewrites it where that is done.
pub fn payload(bytes: &[u8], dependency_descriptor: Option<&[u8]>) {
    let formats = [
        Codec::Audio,
        Codec::Vp8,
        Codec::Vp9,
        Codec::H264,
        Codec::H265,
        Codec::Av1,
    ];
    for format in formats {
        let info = codecs::parse(format, bytes, dependency_descriptor);
        if let Some((width, height)) = codecs::resolution(format, bytes) {
            let valid = 1..=1 << 16;
            assert!(valid.contains(&width) && valid.contains(&height));
        }
        if let Some(descriptor) = info.vp8 {
            let mut rewritten = bytes.to_vec();
            descriptor.rewrite(&mut rewritten, 0x7FFF, 0xFF);
            let again = codecs::parse(format, &rewritten, None);
            let had_id = descriptor.picture_id.is_some();
            assert_eq!(
                again.vp8.is_some_and(|vp8| vp8.picture_id.is_some()),
                had_id
            );
        }
    }
}

/// Reads `bytes` as a compound RTCP packet, to the last report block.
pub fn rtcp(bytes: &[u8]) {
    let Ok(compound) = Compound::parse(bytes) else {
        return;
    };
    for message in compound {
        match message {
            RtcpMessage::SenderReport { reports, .. }
            | RtcpMessage::ReceiverReport { reports, .. } => assert!(reports.count() <= 31),
            RtcpMessage::Nack { lost, .. } => assert!(lost.count() <= 17 * bytes.len() / 4),
            RtcpMessage::Fir { ssrcs }
            | RtcpMessage::Remb { ssrcs, .. }
            | RtcpMessage::Bye { ssrcs } => assert!(ssrcs.count() <= bytes.len() / 4),
            RtcpMessage::Pli { .. }
            | RtcpMessage::TransportCc(_)
            | RtcpMessage::Other
            | RtcpMessage::Malformed => {}
        }
    }
}

/// Opens `datagrams` with known keys, and seals and opens each again. The profile is one of three.
///
/// # Panics
///
/// When what was sealed does not open to what it was, or opens twice.
pub fn srtp<'a>(profile: u8, datagrams: impl Iterator<Item = &'a [u8]>) {
    let profile = match profile % 3 {
        0 => SrtpProfile::AeadAes128Gcm,
        1 => SrtpProfile::AeadAes256Gcm,
        _ => SrtpProfile::Aes128CmHmacSha1_80,
    };
    let material = vec![7; 2 * (profile.key_len() + profile.salt_len())];
    let Ok((mut ours, mut outbound)) = srtp_pair(profile, &material, true) else {
        unreachable!("the material has the right length");
    };
    let Ok((mut theirs, _)) = srtp_pair(profile, &material, false) else {
        unreachable!("the material has the right length");
    };
    for bytes in datagrams {
        let _ = ours.unprotect_rtp(&mut bytes.to_vec());
        let _ = ours.unprotect_rtcp(&mut bytes.to_vec());
        let mut sealed = bytes.to_vec();
        if outbound.protect_rtp(&mut sealed, 0).is_ok() {
            let mut copy = sealed.clone();
            if let Ok(len) = theirs.unprotect_rtp(&mut copy) {
                assert_eq!(&copy[..len], bytes);
                assert!(
                    theirs.unprotect_rtp(&mut sealed).is_err(),
                    "a replay was accepted"
                );
            }
        }
        let mut sealed = bytes.to_vec();
        if outbound.protect_rtcp(&mut sealed, 0).is_ok() {
            let mut copy = sealed.clone();
            if let Ok(len) = theirs.unprotect_rtcp(&mut copy) {
                assert_eq!(&copy[..len], bytes);
                assert!(
                    theirs.unprotect_rtcp(&mut sealed).is_err(),
                    "a replay was accepted"
                );
            }
        }
    }
}
