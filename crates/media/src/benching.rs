//! Doors for the benches into what is otherwise private: thin, and never part of a server.
//!
//! Each does what the engine does with one packet, and nothing else, so that its time is the
//! packet's time.

use std::time::{Duration, Instant};

use ortc::types::RtpHeaderExtensionParameters;
use uuid::Uuid;

use crate::{
    ConsumeOptions, ConsumerId, MediaLimits, Tuple,
    consumer::{Consumer, ConsumerConfig, RetransmissionBuffer, Rewrite},
    fuzzing::ICE_CREDENTIALS,
    rtp::{
        MediaPacket,
        codecs::{self, Codec, PayloadInfo},
        outgoing::{self, OutgoingLayout, SendExtensions},
        packet::RtpPacket,
    },
    transport::{
        ice_lite::{IceCredentials, IceLite},
        srtp::{SrtpInbound, SrtpOutbound, SrtpProfile, srtp_pair},
    },
};

/// The profiles a [`Protection`] can have, by their IANA names.
pub const PROFILES: [&str; 3] = [
    "AEAD_AES_128_GCM",
    "AEAD_AES_256_GCM",
    "AES128_CM_HMAC_SHA1_80",
];

/// Both ends of one direction of SRTP.
#[derive(Debug)]
pub struct Protection {
    outbound: SrtpOutbound,
    inbound: SrtpInbound,
}

impl Protection {
    /// Keys for one of [`PROFILES`].
    ///
    /// # Panics
    ///
    /// When there is no such profile.
    #[must_use]
    pub fn new(profile: usize) -> Self {
        let profile = [
            SrtpProfile::AeadAes128Gcm,
            SrtpProfile::AeadAes256Gcm,
            SrtpProfile::Aes128CmHmacSha1_80,
        ][profile];
        let material = vec![7; 2 * (profile.key_len() + profile.salt_len())];
        let pair = |client| srtp_pair(profile, &material, client);
        let (Ok((_, outbound)), Ok((inbound, _))) = (pair(true), pair(false)) else {
            unreachable!("the material has the right length");
        };
        Self { outbound, inbound }
    }

    /// Seals the RTP packet in `arena`.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub fn protect(&mut self, arena: &mut Vec<u8>) {
        let sealed = self.outbound.protect_rtp(arena, 0);
        sealed.expect("invariant: the bench numbers packets in order");
    }

    /// Opens an RTP packet; returns the plaintext's length.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub fn unprotect(&mut self, packet: &mut [u8]) -> usize {
        let opened = self.inbound.unprotect_rtp(packet);
        opened.expect("invariant: the bench opens each packet once, in order")
    }
}

/// Reads a VP8 packet: header, one header extension, payload descriptor. Returns a digest, so that
/// nothing can be left out.
#[must_use]
pub fn parse(bytes: &[u8], extension: u8) -> usize {
    let Ok(packet) = RtpPacket::parse(bytes) else {
        return 0;
    };
    let found = packet.extension(extension).map_or(0, <[u8]>::len);
    let info = codecs::parse(Codec::Vp8, packet.payload(), None);
    found + usize::from(packet.sequence_number()) + usize::from(info.key_frame)
}

/// A packet on its way out.
#[derive(Debug)]
pub struct Outgoing {
    layout: OutgoingLayout,
    extensions: SendExtensions,
    rewrite: Rewrite,
    built: Vec<u8>,
}

impl Outgoing {
    /// For packets of a producer with these header extensions to a receiver with those.
    #[must_use]
    pub fn new(
        producer: &[RtpHeaderExtensionParameters],
        router: &[RtpHeaderExtensionParameters],
    ) -> Self {
        Self {
            layout: OutgoingLayout::new(producer, router),
            extensions: SendExtensions::new(Some("7"), router),
            rewrite: Rewrite {
                ssrc: 1,
                payload_type: 101,
                sequence_number: 0,
                timestamp: 0,
                marker: false,
                vp8: None,
            },
            built: Vec::new(),
        }
    }

    /// Once per received packet: builds what all receivers share.
    ///
    /// # Panics
    ///
    /// When `bytes` is no RTP packet.
    pub fn build(&mut self, bytes: &[u8]) {
        let packet = RtpPacket::parse(bytes).expect("invariant: the bench made the packet");
        self.layout
            .build(&mut self.built, packet.extensions(), packet.payload());
    }

    /// Once per receiver: copies what was built and writes the receiver's fields into the copy.
    pub fn copy_and_rewrite(&mut self, since_epoch: Duration, copy: &mut Vec<u8>) {
        let numbers = &mut self.rewrite;
        numbers.sequence_number = numbers.sequence_number.wrapping_add(1);
        copy.extend_from_slice(&self.built);
        outgoing::apply(numbers, copy);
        self.extensions
            .patch(copy, since_epoch, numbers.sequence_number);
    }
}

/// An ICE session that answers to [`ICE_CREDENTIALS`].
#[derive(Debug)]
pub struct Stun {
    ice: IceLite,
    reply: Vec<u8>,
}

impl Stun {
    /// A session nobody has sent a check to.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let credentials = IceCredentials {
            username_fragment: ICE_CREDENTIALS.0.to_owned(),
            password: ICE_CREDENTIALS.1.to_owned(),
        };
        Self {
            ice: IceLite::new(credentials, &MediaLimits::default(), now),
            reply: Vec::new(),
        }
    }

    /// Checks a request and writes the answer; returns its length.
    pub fn handle(&mut self, now: Instant, from: Tuple, request: &[u8]) -> usize {
        self.ice.handle_stun(now, from, request, &mut self.reply);
        self.reply.len()
    }
}

/// A consumer that sent [`Lookup::PACKETS`] packets, and the buffer their bytes are kept in.
#[derive(Debug)]
pub struct Lookup {
    consumer: Consumer,
    kept: RetransmissionBuffer,
}

impl Lookup {
    /// What was sent before the NACK: a second of video.
    pub const PACKETS: u16 = 256;

    /// Sends packets of 1,100 bytes as `options` say.
    ///
    /// # Panics
    ///
    /// When the options are refused.
    #[must_use]
    pub fn new(options: ConsumeOptions, now: Instant) -> Self {
        let limits = MediaLimits::default();
        let consumer = Consumer::new(
            ConsumerConfig {
                id: ConsumerId(Uuid::nil()),
                options,
                codec: Codec::Vp8,
                clock_rate: 90_000,
                producer_paused: false,
                initial_sequence: 0,
                initial_timestamp: 0,
                retransmission_packets: limits.retransmission_packets,
                retransmission_age: limits.retransmission_age,
            },
            now,
        );
        let packets = limits.retransmission_packets;
        let mut this = Self {
            consumer: consumer.expect("invariant: the bench's options are valid"),
            kept: RetransmissionBuffer::new(packets, limits.retransmission_age),
        };
        for sequence in 0..u64::from(Self::PACKETS) {
            this.send(now, sequence);
        }
        this
    }

    fn send(&mut self, now: Instant, sequence: u64) {
        let packet = MediaPacket {
            encoding: 0,
            sequence,
            timestamp: 0,
            marker: false,
            payload_type: 101,
            info: PayloadInfo {
                key_frame: sequence == 0,
                ..PayloadInfo::default()
            },
            payload: &[0; 1_100],
        };
        self.consumer.forward_rtp(now, &packet);
        self.kept.insert(now, &packet, packet.payload);
    }

    /// Answers a NACK of `lost`; returns how many packets were found with their bytes.
    pub fn nack(&mut self, now: Instant, lost: impl Iterator<Item = u16>) -> usize {
        let mut again = Vec::new();
        let kept = |_, sequence| self.kept.get(now, sequence);
        self.consumer.handle_nack(now, lost, kept, &mut again);
        let found = |packet: &&crate::consumer::Retransmission| {
            let kept = self.kept.get(now, packet.sequence);
            kept.is_some_and(|kept| !kept.bytes.is_empty())
        };
        again.iter().filter(found).count()
    }
}
