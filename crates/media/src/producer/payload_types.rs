//! What a producer's payload types mean, and the packet behind RTX. Knows no streams.

use ortc::types::RtpCodecParameters;

use crate::{
    CommandError, ProduceOptions,
    rtp::{
        codecs::Codec,
        packet::{RtpPacket, parse_rtx},
    },
};

/// What the producer's payload types mean.
#[derive(Debug)]
pub(super) struct PayloadTypes {
    /// By the producer's number.
    known: Vec<PayloadType>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PayloadType {
    number: u8,
    /// The router's number; for RTX, that of the repaired codec's entry.
    meaning: Meaning,
    pub(super) use_nack: bool,
    pub(super) use_pli: bool,
    pub(super) clock_rate: u32,
}

#[derive(Clone, Copy, Debug)]
enum Meaning {
    Media { mapped: u8, codec: Codec },
    Rtx { apt: u8 },
}

/// The fields of a packet, whether it came by itself or inside RTX.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) payload_type: PayloadType,
    pub(super) mapped: u8,
    pub(super) codec: Codec,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: &'a [u8],
}

impl PayloadTypes {
    /// Those of what a client is to send.
    pub(super) fn new(options: &ProduceOptions) -> Result<Self, CommandError> {
        let mapped = |number: u8| {
            let same = |codec: &&ortc::types::RtpMappingCodec| codec.payload_type == number;
            options
                .rtp_mapping
                .codecs
                .iter()
                .find(same)
                .map(|codec| codec.mapped_payload_type)
        };
        let known = options.rtp_parameters.codecs.iter().map(|codec| {
            let number = codec.payload_type;
            let meaning = if is_rtx(codec) {
                Meaning::Rtx {
                    apt: apt(codec).ok_or_else(|| invalid("RTX without apt"))?,
                }
            } else {
                let mapped = mapped(number).ok_or_else(|| invalid("codec without mapping"))?;
                Meaning::Media {
                    mapped,
                    codec: Codec::from_mime_type(&codec.mime_type, options.kind),
                }
            };
            let has = |kind: &str, parameter: &str| {
                codec
                    .rtcp_feedback
                    .iter()
                    .any(|fb| fb.kind == kind && fb.parameter == parameter)
            };
            Ok(PayloadType {
                number,
                meaning,
                use_nack: has("nack", ""),
                use_pli: has("nack", "pli") || has("ccm", "fir"),
                clock_rate: codec.clock_rate,
            })
        });
        Ok(Self {
            known: known.collect::<Result<_, _>>()?,
        })
    }

    fn find(&self, number: u8) -> Option<PayloadType> {
        self.known
            .iter()
            .copied()
            .find(|known| known.number == number)
    }

    /// The packet's fields, and the original sequence number if it is a retransmission.
    pub(super) fn resolve<'a>(
        &self,
        packet: &RtpPacket<'a>,
        rtx: bool,
    ) -> Option<(Arrival<'a>, Option<u16>)> {
        let outer = self.find(packet.payload_type())?;
        let (payload_type, original, payload) = match (outer.meaning, rtx) {
            (Meaning::Media { .. }, false) => (outer, None, packet.payload()),
            (Meaning::Rtx { apt }, true) => {
                let (sequence, payload) = parse_rtx(packet.payload())?;
                (self.find(apt)?, Some(sequence), payload)
            }
            _ => return None,
        };
        let Meaning::Media { mapped, codec } = payload_type.meaning else {
            return None;
        };
        let (timestamp, marker) = (packet.timestamp(), packet.marker());
        Some((
            Arrival {
                payload_type,
                mapped,
                codec,
                timestamp,
                marker,
                payload,
            },
            original,
        ))
    }
}

fn invalid(why: &str) -> CommandError {
    CommandError::InvalidRtpParameters(why.to_owned())
}

fn is_rtx(codec: &RtpCodecParameters) -> bool {
    codec.mime_type.to_ascii_lowercase().ends_with("/rtx")
}

fn apt(codec: &RtpCodecParameters) -> Option<u8> {
    match codec.parameters.get("apt")? {
        ortc::types::ParameterValue::Integer(apt) => u8::try_from(*apt).ok(),
        _ => None,
    }
}
