//! What we build, `rtc_rtcp` reads, and the other way round; and bytes nobody should send.

use proptest::collection::vec;
use proptest::prelude::*;
use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::packet::{Packet, marshal, unmarshal};
use rtc_rtcp::payload_feedbacks::full_intra_request::{FirEntry, FullIntraRequest};
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::SourceDescription;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::builder;
use super::compound::{Compound, RtcpError, RtcpMessage};
use super::report::{ReportBlock, SenderInfo};
use super::transport_cc::Feedback;

fn built(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    build(&mut out);
    out
}

/// The only packet in `bytes`, as the other implementation reads it.
fn theirs<T: Packet + Clone + 'static>(bytes: &[u8]) -> T {
    let packets = unmarshal(&mut &bytes[..]).unwrap();
    assert_eq!(packets.len(), 1);
    packets[0].as_any().downcast_ref::<T>().unwrap().clone()
}

fn bytes_of(packet: impl Packet + 'static) -> Vec<u8> {
    marshal(&[Box::new(packet)]).unwrap().to_vec()
}

/// The only message in `bytes`.
fn ours(bytes: &[u8]) -> RtcpMessage<'_> {
    let mut messages = Compound::parse(bytes).unwrap();
    let first = messages.next().unwrap();
    assert!(messages.next().is_none());
    first
}

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock {
        ssrc,
        fraction_lost: 85,
        cumulative_lost: 12_345,
        highest_sequence: 0x0001_FFFE,
        jitter: 273,
        last_sender_report: 0x09F3_6432,
        delay_since_last_sender_report: 150_137,
    }
}

fn their_block(ssrc: u32) -> ReceptionReport {
    ReceptionReport {
        ssrc,
        fraction_lost: 85,
        total_lost: 12_345,
        last_sequence_number: 0x0001_FFFE,
        jitter: 273,
        last_sender_report: 0x09F3_6432,
        delay: 150_137,
    }
}

#[test]
fn sender_report_reads_alike_on_both_sides() {
    let info = SenderInfo {
        ntp: 0xDA8B_D1FC_DDDD_A05A,
        rtp_timestamp: 0xAAF4_EDD5,
        packets: 10,
        octets: 2_000,
    };
    let expected = SenderReport {
        ssrc: 0x902F_9E2E,
        ntp_time: info.ntp,
        rtp_time: info.rtp_timestamp,
        packet_count: 10,
        octet_count: 2_000,
        reports: vec![their_block(5)],
        ..Default::default()
    };
    let bytes = built(|out| builder::sender_report(out, 0x902F_9E2E, &info, &[block(5)]));
    assert_eq!(theirs::<SenderReport>(&bytes), expected);
    assert_eq!(bytes_of(expected), bytes);
    let RtcpMessage::SenderReport {
        ssrc,
        ntp,
        rtp_timestamp,
        packets,
        octets,
        mut reports,
    } = ours(&bytes)
    else {
        panic!("no sender report")
    };
    assert_eq!(
        (ssrc, ntp, rtp_timestamp),
        (0x902F_9E2E, info.ntp, info.rtp_timestamp)
    );
    assert_eq!((packets, octets), (10, 2_000));
    assert_eq!(reports.next(), Some(block(5)));
    assert_eq!(reports.next(), None);
}

#[test]
fn receiver_report_reads_alike_on_both_sides() {
    let expected = ReceiverReport {
        ssrc: 7,
        reports: vec![their_block(1), their_block(2)],
        ..Default::default()
    };
    let bytes = built(|out| builder::receiver_report(out, 7, &[block(1), block(2)]));
    assert_eq!(theirs::<ReceiverReport>(&bytes), expected);
    assert_eq!(bytes_of(expected), bytes);
    let RtcpMessage::ReceiverReport { ssrc: 7, reports } = ours(&bytes) else {
        panic!()
    };
    assert_eq!(reports.collect::<Vec<_>>(), [block(1), block(2)]);
}

#[test]
fn reports_beyond_thirty_one_go_into_further_packets() {
    let blocks: Vec<_> = (0..40).map(block).collect();
    let bytes = built(|out| builder::receiver_report(out, 7, &blocks));
    let read: Vec<_> = Compound::parse(&bytes)
        .unwrap()
        .flat_map(|message| match message {
            RtcpMessage::ReceiverReport { reports, .. } => reports,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(read, blocks);
    assert_eq!(built(|out| builder::receiver_report(out, 7, &[])).len(), 8);
}

#[test]
fn cumulative_loss_is_signed_and_clamped_to_24_bits() {
    for (lost, wire) in [(-1, -1), (-9_000_000, -8_388_608), (9_000_000, 8_388_607)] {
        let report = ReportBlock {
            cumulative_lost: lost,
            ..block(1)
        };
        let bytes = built(|out| builder::receiver_report(out, 7, &[report]));
        let RtcpMessage::ReceiverReport { mut reports, .. } = ours(&bytes) else {
            panic!()
        };
        let read = reports.next().unwrap();
        assert_eq!((read.cumulative_lost, read.fraction_lost), (wire, 85));
    }
}

#[test]
fn source_description_has_the_canonical_name() {
    for name in ["", "a", "ab", "abc", "miso-cname-16byte"] {
        let bytes = built(|out| builder::source_description(out, 0x1234, name));
        let read = theirs::<SourceDescription>(&bytes);
        assert_eq!(read.chunks[0].source, 0x1234);
        assert_eq!(&read.chunks[0].items[0].text[..], name.as_bytes());
        assert!(matches!(ours(&bytes), RtcpMessage::Other));
    }
}

#[test]
fn goodbye_reads_alike_on_both_sides() {
    let bytes = built(|out| builder::goodbye(out, &[1, 2]));
    assert_eq!(theirs::<Goodbye>(&bytes).sources, [1, 2]);
    let with_reason = bytes_of(Goodbye {
        sources: vec![3],
        reason: "bye".into(),
    });
    let RtcpMessage::Bye { ssrcs } = ours(&with_reason) else {
        panic!()
    };
    assert_eq!(ssrcs.collect::<Vec<_>>(), [3]);
}

#[test]
fn nack_packs_runs_and_wraps() {
    let lost = [65_534, 65_535, 0, 14, 15, 40, 57];
    let bytes = built(|out| assert!(builder::nack(out, 1, 2, &lost).is_empty()));
    let read = theirs::<TransportLayerNack>(&bytes);
    assert_eq!((read.sender_ssrc, read.media_ssrc), (1, 2));
    let packets: Vec<u16> = read
        .nacks
        .iter()
        .flat_map(|pair| pair.packet_list())
        .collect();
    assert_eq!(packets, lost);
    let pairs: Vec<_> = read
        .nacks
        .iter()
        .map(|pair| (pair.packet_id, pair.lost_packets))
        .collect();
    assert_eq!(
        pairs,
        [(65_534, 1 | 1 << 1 | 1 << 15), (15, 0), (40, 0), (57, 0)]
    );
    let RtcpMessage::Nack {
        media_ssrc: 2,
        lost: read,
    } = ours(&bytes)
    else {
        panic!()
    };
    assert_eq!(read.collect::<Vec<_>>(), lost);
}

#[test]
fn nack_longer_than_a_datagram_is_continued() {
    let lost: Vec<u16> = (0..600).map(|index| index * 20).collect();
    let (mut rest, mut packets, mut read) = (&lost[..], 0, Vec::new());
    while !rest.is_empty() {
        let mut out = Vec::new();
        rest = builder::nack(&mut out, 1, 2, rest);
        assert!(out.len() <= 1_012);
        let RtcpMessage::Nack { lost, .. } = ours(&out) else {
            panic!()
        };
        read.extend(lost);
        packets += 1;
    }
    assert_eq!((packets, read), (3, lost));
    assert!(built(|out| assert!(builder::nack(out, 1, 2, &[]).is_empty())).is_empty());
}

#[test]
fn key_frame_requests_read_alike_on_both_sides() {
    let bytes = built(|out| builder::pli(out, 1, 2));
    let expected = PictureLossIndication {
        sender_ssrc: 1,
        media_ssrc: 2,
    };
    assert_eq!(theirs::<PictureLossIndication>(&bytes), expected);
    assert!(matches!(ours(&bytes), RtcpMessage::Pli { media_ssrc: 2 }));

    let bytes = built(|out| builder::fir(out, 1, 2, 9));
    let read = theirs::<FullIntraRequest>(&bytes);
    assert_eq!(
        read.fir,
        [FirEntry {
            ssrc: 2,
            sequence_number: 9
        }]
    );
    let entries = [4, 5].map(|ssrc| FirEntry {
        ssrc,
        sequence_number: 1,
    });
    let two = FullIntraRequest {
        sender_ssrc: 1,
        media_ssrc: 0,
        fir: entries.to_vec(),
    };
    let bytes = bytes_of(two);
    let RtcpMessage::Fir { ssrcs } = ours(&bytes) else {
        panic!()
    };
    assert_eq!(ssrcs.collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn remb_reads_alike_on_both_sides() {
    for bitrate in [1, 262_143, 262_144, 2_500_000, 50_000_001] {
        let bytes = built(|out| builder::remb(out, 1, bitrate, &[1_215_622_422]));
        let read = theirs::<ReceiverEstimatedMaximumBitrate>(&bytes);
        let RtcpMessage::Remb {
            bitrate: own,
            ssrcs,
        } = ours(&bytes)
        else {
            panic!()
        };
        assert_eq!(ssrcs.collect::<Vec<_>>(), read.ssrcs);
        assert!(
            own <= bitrate && bitrate - own <= bitrate >> 17,
            "{own} of {bitrate}"
        );
        assert!(
            (own as f32 - read.bitrate).abs() <= 1.0,
            "{own} against {}",
            read.bitrate
        );
    }
}

#[test]
fn remb_vector_is_read() {
    // From the first packet of the draft's implementation: 8,927,168 bit/s over one stream.
    let bytes = [
        143, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 1, 26, 32, 223, 72, 116, 237, 22,
    ];
    let RtcpMessage::Remb { bitrate, ssrcs } = ours(&bytes) else {
        panic!()
    };
    assert_eq!(
        (bitrate, ssrcs.collect::<Vec<_>>()),
        (8_927_168, vec![1_215_622_422])
    );
}

#[test]
fn remb_beyond_64_bits_is_the_largest_bitrate() {
    let mut bytes = built(|out| builder::remb(out, 1, u64::MAX, &[]));
    let RtcpMessage::Remb { bitrate, .. } = ours(&bytes) else {
        panic!()
    };
    assert_eq!(bitrate, 0x3_FFFF << 46);
    bytes[17..20].copy_from_slice(&[0xFF; 3]);
    let RtcpMessage::Remb { bitrate, .. } = ours(&bytes) else {
        panic!()
    };
    assert_eq!(bitrate, u64::MAX);
}

#[test]
fn counts_beyond_the_end_are_malformed() {
    let mut remb = built(|out| builder::remb(out, 1, 1_000, &[1]));
    remb[16] = 2;
    assert!(matches!(ours(&remb), RtcpMessage::Malformed));
    let mut report = built(|out| builder::receiver_report(out, 1, &[block(2)]));
    report[0] = 0x82;
    assert!(matches!(ours(&report), RtcpMessage::Malformed));
    let mut bye = built(|out| builder::goodbye(out, &[1]));
    bye[0] = 0x9F;
    assert!(matches!(ours(&bye), RtcpMessage::Malformed));
    for kind in [200, 201, 205, 206] {
        for count in [1, 4, 15] {
            let bytes = [0x80 | count, kind, 0, 0];
            assert!(matches!(
                ours(&bytes),
                RtcpMessage::Malformed | RtcpMessage::Other
            ));
        }
    }
}

#[test]
fn framing_errors_refuse_the_whole_compound() {
    let error = |bytes: &[u8]| Compound::parse(bytes).unwrap_err();
    let pli = built(|out| builder::pli(out, 1, 2));
    assert_eq!(error(&[]), RtcpError::BadFraming);
    assert_eq!(error(&pli[..11]), RtcpError::BadFraming);
    assert_eq!(error(&[&pli[..], &[0x81]].concat()), RtcpError::BadFraming);
    assert_eq!(
        error(&[&[0x41][..], &pli[1..]].concat()),
        RtcpError::BadFraming
    );
    assert_eq!(error(&vec![0; 1_501]), RtcpError::TooLong);
    assert_eq!(
        error(&[0x80, 204, 0, 0].repeat(65)),
        RtcpError::TooManyBlocks
    );
    assert_eq!(
        Compound::parse(&[0x80, 204, 0, 0].repeat(64))
            .unwrap()
            .count(),
        64
    );
}

#[test]
fn padding_is_taken_off_the_last_packet_only() {
    let padded = [0xA0, 201, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4];
    assert!(matches!(
        ours(&padded),
        RtcpMessage::ReceiverReport { ssrc: 7, .. }
    ));
    let pli = built(|out| builder::pli(out, 1, 2));
    assert!(Compound::parse(&[&padded[..], &pli].concat()).is_err());
    assert!(Compound::parse(&[&pli, &padded[..]].concat()).is_ok());
    for count in [0, 3, 12, 255] {
        let mut wrong = padded;
        wrong[11] = count;
        assert!(Compound::parse(&wrong).is_err(), "padding of {count}");
    }
}

#[test]
fn compound_gives_its_packets_in_order() {
    let bytes = built(|out| {
        builder::receiver_report(out, 1, &[block(2)]);
        builder::source_description(out, 1, "name");
        builder::nack(out, 1, 2, &[5, 6]);
        builder::remb(out, 1, 500_000, &[2]);
    });
    let names: Vec<_> = Compound::parse(&bytes)
        .unwrap()
        .map(|message| match message {
            RtcpMessage::ReceiverReport { .. } => "rr",
            RtcpMessage::Other => "other",
            RtcpMessage::Nack { .. } => "nack",
            RtcpMessage::Remb { .. } => "remb",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["rr", "other", "nack", "remb"]);
}

fn feedback(statuses: &[Option<i16>]) -> Feedback<'_> {
    let reference_time = 0xAB_CDEF;
    Feedback {
        sender_ssrc: 1,
        media_ssrc: 2,
        base_sequence: 65_530,
        reference_time,
        number: 200,
        statuses,
    }
}

/// Statuses as the other implementation reads them.
fn their_statuses(read: &TransportLayerCc) -> Vec<Option<i16>> {
    let mut deltas = read
        .recv_deltas
        .iter()
        .map(|delta| (delta.delta / 250) as i16);
    let symbols = read.packet_chunks.iter().flat_map(|chunk| match chunk {
        PacketStatusChunk::RunLengthChunk(run) => {
            vec![run.packet_status_symbol; usize::from(run.run_length)]
        }
        PacketStatusChunk::StatusVectorChunk(vector) => vector.symbol_list.clone(),
    });
    symbols
        .take(usize::from(read.packet_status_count))
        .map(|symbol| (symbol != SymbolTypeTcc::PacketNotReceived).then(|| deltas.next().unwrap()))
        .collect()
}

#[test]
fn feedback_chunks_are_runs_or_vectors_whichever_is_shorter() {
    let chunks = |statuses: &[Option<i16>]| {
        let bytes = built(|out| feedback(statuses).write(out));
        theirs::<TransportLayerCc>(&bytes).packet_chunks.len()
    };
    assert_eq!(chunks(&[Some(1); 1_000]), 1);
    let after = |missing| [vec![None; missing], vec![Some(1)]].concat();
    assert_eq!(chunks(&after(8_191)), 2);
    assert_eq!(chunks(&after(8_192)), 2);
    assert_eq!(chunks(&after(8_191 + 14)), 3);
    assert_eq!(chunks(&[Some(1), None].repeat(7)), 1);
    assert_eq!(chunks(&[Some(1), Some(-1)].repeat(7)), 2);
    assert_eq!(chunks(&[Some(300); 3]), 1);
}

#[test]
fn feedback_pads_and_says_so() {
    for received in 0..9 {
        let bytes = built(|out| feedback(&vec![Some(3); received + 1]).write(out));
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(
            usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) * 4 + 4,
            bytes.len()
        );
        let unpadded = 20 + 2 + received + 1;
        let padding = bytes.len() - unpadded;
        assert_eq!(bytes[0] & 0x20 != 0, padding != 0);
        assert!(padding == 0 || usize::from(bytes[bytes.len() - 1]) == padding);
        assert!(matches!(ours(&bytes), RtcpMessage::TransportCc(whole) if whole == bytes));
    }
}

proptest! {
    #[test]
    fn feedback_reads_alike_on_both_sides(
        statuses in vec(prop_oneof![
            3 => Just(None),
            5 => (0i16..256).prop_map(Some),
            1 => any::<i16>().prop_map(Some),
        ], 1..300),
    ) {
        let bytes = built(|out| feedback(&statuses).write(out));
        let read = theirs::<TransportLayerCc>(&bytes);
        prop_assert_eq!(read.base_sequence_number, 65_530);
        prop_assert_eq!((read.reference_time, read.fb_pkt_count), (0xAB_CDEF, 200));
        prop_assert_eq!(their_statuses(&read), statuses);
    }

    #[test]
    fn nacks_read_alike_on_both_sides(lost in vec(any::<u16>(), 1..200)) {
        let bytes = built(|out| { builder::nack(out, 1, 2, &lost); });
        let RtcpMessage::Nack { lost: read, .. } = ours(&bytes) else { panic!() };
        prop_assert_eq!(read.collect::<Vec<_>>(), lost.clone());
        let nacks = nack_pairs_from_sequence_numbers(&lost);
        let theirs = bytes_of(TransportLayerNack { sender_ssrc: 1, media_ssrc: 2, nacks });
        let RtcpMessage::Nack { lost: read, .. } = ours(&theirs) else { panic!() };
        let (mut read, mut asked) = (read.collect::<Vec<_>>(), lost);
        read.sort_unstable();
        read.dedup();
        asked.sort_unstable();
        asked.dedup();
        prop_assert_eq!(read, asked);
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        mut bytes in vec(any::<u8>(), 4..300),
        kind in 198u8..208,
        count in 0u8..32,
        padded in any::<bool>(),
    ) {
        let words = bytes.len() / 4;
        bytes.truncate(words * 4);
        let first = 0x80 | count | u8::from(padded) << 5;
        bytes[..4].copy_from_slice(&[first, kind, 0, (words - 1) as u8]);
        for message in Compound::parse(&bytes).into_iter().flatten() {
            let items = match message {
                RtcpMessage::SenderReport { reports, .. }
                | RtcpMessage::ReceiverReport { reports, .. } => reports.count(),
                RtcpMessage::Nack { lost, .. } => lost.count() / 17,
                RtcpMessage::Fir { ssrcs }
                | RtcpMessage::Remb { ssrcs, .. }
                | RtcpMessage::Bye { ssrcs } => ssrcs.count(),
                _ => 0,
            };
            prop_assert!(items * 4 <= bytes.len());
        }
    }
}
