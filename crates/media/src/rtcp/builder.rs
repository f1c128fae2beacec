//! Writes the RTCP packets the router sends, each appended to a compound under construction.

use super::feedback::remb_to_wire;
use super::report::{ReportBlock, SenderInfo};
use super::{feedback_type, packet_type};

/// Report blocks a packet can count (5 bits).
const MAX_REPORTS: usize = 31;
/// (PID, BLP) pairs in one NACK: 1,012 bytes, which leaves a datagram room for reports.
const MAX_NACK_PAIRS: usize = 250;

/// Appends a sender report (RFC 3550 §6.4.1); report blocks beyond 31 are left out.
pub(crate) fn sender_report(
    out: &mut Vec<u8>,
    ssrc: u32,
    info: &SenderInfo,
    reports: &[ReportBlock],
) {
    let reports = &reports[..reports.len().min(MAX_REPORTS)];
    packet(
        out,
        packet_type::SENDER_REPORT,
        reports.len() as u8,
        |out| {
            put(out, ssrc);
            out.extend_from_slice(&info.ntp.to_be_bytes());
            put(out, info.rtp_timestamp);
            put(out, info.packets);
            put(out, info.octets);
            reports.iter().for_each(|report| report.write(out));
        },
    );
}

/// Appends receiver reports (RFC 3550 §6.4.2): one packet for each 31 blocks, and one for none.
pub(crate) fn receiver_report(out: &mut Vec<u8>, ssrc: u32, reports: &[ReportBlock]) {
    let (first, mut rest) = reports.split_at(reports.len().min(MAX_REPORTS));
    one_receiver_report(out, ssrc, first);
    while !rest.is_empty() {
        let (next, more) = rest.split_at(rest.len().min(MAX_REPORTS));
        one_receiver_report(out, ssrc, next);
        rest = more;
    }
}

/// Appends a source description with a canonical name of at most 255 bytes (RFC 3550 §6.5).
pub(crate) fn source_description(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let cname = &cname.as_bytes()[..cname.len().min(255)];
    packet(out, packet_type::SOURCE_DESCRIPTION, 1, |out| {
        put(out, ssrc);
        out.extend_from_slice(&[1, cname.len() as u8]);
        out.extend_from_slice(cname);
        // The list ends with a zero; `packet` fills up the word with more.
        out.push(0);
    });
}

/// Appends a goodbye for at most 31 streams (RFC 3550 §6.6).
#[cfg(test)]
pub(crate) fn goodbye(out: &mut Vec<u8>, ssrcs: &[u32]) {
    let ssrcs = &ssrcs[..ssrcs.len().min(MAX_REPORTS)];
    packet(out, packet_type::GOODBYE, ssrcs.len() as u8, |out| {
        ssrcs.iter().for_each(|ssrc| put(out, *ssrc));
    });
}

/// Appends a generic NACK (RFC 4585 §6.2.1) for as many sequence numbers as fit, and returns the
/// others for a further packet; ascending order packs best. Nothing is written for none.
pub(crate) fn nack<'l>(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    media_ssrc: u32,
    lost: &'l [u16],
) -> &'l [u16] {
    let mut rest = lost;
    if lost.is_empty() {
        return rest;
    }
    packet(
        out,
        packet_type::TRANSPORT_FEEDBACK,
        feedback_type::NACK,
        |out| {
            put(out, sender_ssrc);
            put(out, media_ssrc);
            for _ in 0..MAX_NACK_PAIRS {
                let Some((packet_id, others)) = rest.split_first() else {
                    break;
                };
                let (mask, taken) = nack_mask(*packet_id, others);
                put(out, u32::from(*packet_id) << 16 | u32::from(mask));
                rest = &others[taken..];
            }
        },
    );
    rest
}

/// Appends a picture loss indication (RFC 4585 §6.3.1).
pub(crate) fn pli(out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32) {
    packet(
        out,
        packet_type::PAYLOAD_FEEDBACK,
        feedback_type::PLI,
        |out| {
            put(out, sender_ssrc);
            put(out, media_ssrc);
        },
    );
}

/// Appends a full intra request (RFC 5104 §4.3.1); `sequence` counts requests, not repetitions.
#[cfg(test)]
pub(crate) fn fir(out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32, sequence: u8) {
    packet(
        out,
        packet_type::PAYLOAD_FEEDBACK,
        feedback_type::FIR,
        |out| {
            put(out, sender_ssrc);
            // The media SSRC of the header is unused (RFC 5104 §4.3.1.2).
            put(out, 0);
            put(out, media_ssrc);
            put(out, u32::from(sequence) << 24);
        },
    );
}

/// Appends a REMB (draft-alvestrand-rmcat-remb-03 §2.2) over at most 255 streams.
pub(crate) fn remb(out: &mut Vec<u8>, sender_ssrc: u32, bitrate: u64, ssrcs: &[u32]) {
    let ssrcs = &ssrcs[..ssrcs.len().min(255)];
    let (exponent, mantissa) = remb_to_wire(bitrate);
    packet(
        out,
        packet_type::PAYLOAD_FEEDBACK,
        feedback_type::APPLICATION,
        |out| {
            put(out, sender_ssrc);
            put(out, 0);
            out.extend_from_slice(b"REMB");
            put(
                out,
                (ssrcs.len() as u32) << 24 | u32::from(exponent) << 18 | mantissa,
            );
            ssrcs.iter().for_each(|ssrc| put(out, *ssrc));
        },
    );
}

fn one_receiver_report(out: &mut Vec<u8>, ssrc: u32, reports: &[ReportBlock]) {
    packet(
        out,
        packet_type::RECEIVER_REPORT,
        reports.len() as u8,
        |out| {
            put(out, ssrc);
            reports.iter().for_each(|report| report.write(out));
        },
    );
}

/// The bits for those of `others` that follow `packet_id` by 1 to 16, and how many they are.
fn nack_mask(packet_id: u16, others: &[u16]) -> (u16, usize) {
    let mut mask = 0;
    for (taken, sequence) in others.iter().enumerate() {
        match sequence.wrapping_sub(packet_id) {
            offset @ 1..=16 => mask |= 1 << (offset - 1),
            _ => return (mask, taken),
        }
    }
    (mask, others.len())
}

/// Writes a header, the body, zeros up to a whole word, and the length.
pub(super) fn packet(out: &mut Vec<u8>, kind: u8, count: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count, kind, 0, 0]);
    body(out);
    let len = (out.len() - start).next_multiple_of(4);
    out.resize(start + len, 0);
    let words = (len / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

pub(super) fn put(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}
