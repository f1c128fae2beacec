//! The engine and an independent WebRTC implementation, over UDP sockets: what either would
//! misunderstand alone, the other one finds.

use std::collections::BTreeMap;

use bytes::Bytes;
#[cfg(feature = "fault-injection")]
use media::{CloseReason, EventKind};
use media::{DtlsState, IceState};
#[cfg(feature = "fault-injection")]
use miso::engine::{RouterEvent, WorkerState};
use ortc::types::{DtlsRole, MediaKind};
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    rtcp::{
        payload_feedbacks::picture_loss_indication::PictureLossIndication,
        receiver_report::ReceiverReport, reception_report::ReceptionReport,
        sender_report::SenderReport, source_description::SourceDescription,
        transport_feedbacks::transport_layer_cc::TransportLayerCc,
        transport_feedbacks::transport_layer_nack::TransportLayerNack,
    },
    rtp,
};

use crate::support::{
    call::{Call, CallOptions},
    web_rtc_peer::WebRtcPeer,
    wire::Heard,
};

use MediaKind::{Audio, Video};

const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
const CM_SHA1: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80;

/// Packets of one compound that are `T`.
fn of_type<T: 'static>(heard: &Heard) -> Vec<&T> {
    let Heard::Rtcp(packets) = heard else {
        return Vec::new();
    };
    let packets = packets.iter();
    packets
        .filter_map(|packet| packet.as_any().downcast_ref())
        .collect()
}

/// A picture-loss indication's stream.
fn key_frame_request(heard: &Heard) -> Option<u32> {
    Some(of_type::<PictureLossIndication>(heard).first()?.media_ssrc)
}

/// Q's consumers started; P was asked for a key frame; media flows both ways of time.
async fn flowing(options: CallOptions) -> Call {
    begun(Call::start(options).await).await
}

async fn begun(mut call: Call) -> Call {
    // Nothing Q could decode: it must not see these.
    call.send(Video, 2, false).await;
    call.audio.consumer.resume().await.unwrap();
    call.video.consumer.resume().await.unwrap();
    let asked = call
        .p
        .hears("a request for the first key frame", key_frame_request);
    assert_eq!(asked.await, call.video.source.ssrc);
    call.carry(Video, 5, true).await;
    call.carry(Audio, 10, false).await;
    call
}

async fn media_crosses(options: CallOptions) {
    let profile = match options.srtp {
        GCM => "SRTP_AEAD_AES_128_GCM",
        _ => "SRTP_AES128_CM_HMAC_SHA1_80",
    };
    let mut call = flowing(options).await;
    for _ in 0..10 {
        call.carry(Video, 10, false).await;
        call.carry(Audio, 15, false).await;
    }
    for side in [&call.uplink, &call.downlink] {
        let stats = side.handle.stats().await.unwrap();
        assert_eq!(stats.ice_state, IceState::Completed);
        assert_eq!(stats.dtls_state, DtlsState::Connected);
        assert_eq!(stats.srtp_profile, Some(profile));
        assert_eq!((stats.srtp_failures, stats.dropped), (0, 0));
    }
    call.end().await;
}

const USUAL: CallOptions = CallOptions {
    router: DtlsRole::Server,
    srtp: GCM,
    sender_reports: true,
};

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_when_the_router_is_dtls_server() {
    media_crosses(USUAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_when_the_router_is_dtls_client() {
    media_crosses(CallOptions {
        router: DtlsRole::Client,
        ..USUAL
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_under_the_older_srtp_profile_as_server() {
    media_crosses(CallOptions {
        srtp: CM_SHA1,
        ..USUAL
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_under_the_older_srtp_profile_as_client() {
    media_crosses(CallOptions {
        router: DtlsRole::Client,
        srtp: CM_SHA1,
        ..USUAL
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receivers_key_frame_request_reaches_the_sender() {
    let mut call = flowing(USUAL).await;
    let track = loop {
        if let (Video, track) = call.q.track().await {
            break track;
        }
    };
    call.p.heard();
    let request = PictureLossIndication {
        sender_ssrc: 1,
        media_ssrc: call.video.consumed.encodings[0].ssrc.unwrap(),
    };
    track.write_rtcp(vec![Box::new(request)]).await.unwrap();
    let asked = call.p.hears("the receiver's request", key_frame_request);
    assert_eq!(asked.await, call.video.source.ssrc);
    call.carry(Video, 5, true).await;
    call.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_gets_reports_and_names_of_its_streams() {
    let mut call = flowing(USUAL).await;
    for kind in [Video, Audio] {
        let lane = call.lane(kind);
        let ssrc = lane.consumed.encodings[0].ssrc.unwrap();
        let cname = lane.announced.rtcp.cname.clone().unwrap();
        let of = |heard: &Heard| report_of(heard, ssrc);
        let (report, name) = call.q.hears("a sender report", of).await;
        assert_eq!(name, cname);
        assert!(report.packet_count > 0 && report.octet_count > 0);
    }
    call.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_senders_report_sets_the_clock_its_receiver_is_told() {
    let mut call = flowing(CallOptions {
        sender_reports: false,
        ..USUAL
    })
    .await;
    let video = &call.video;
    let (from, to) = (video.source.ssrc, video.consumed.encodings[0].ssrc.unwrap());
    let last = video.source.timestamp;
    let last_at_q = video.timestamp_at_q(last);
    let of = |heard: &Heard| report_of(heard, to);
    let (before, _) = call.q.hears("a report by the packets", of).await;
    // P's clock is 2 s ahead of what its packets and the time since them make believe.
    let since = before.rtp_time.wrapping_sub(last_at_q);
    let stated = SenderReport {
        ssrc: from,
        ntp_time: 0xE000_0000 << 32,
        rtp_time: last.wrapping_add(since).wrapping_add(2 * 90_000),
        ..Default::default()
    };
    call.video.report(stated).await;
    // Reports that left before this one was here go on as before.
    let jumps = |heard: &Heard| {
        let (after, _) = report_of(heard, to)?;
        let ahead = video_time_gained(&before, &after);
        (ahead.abs() > 0.25).then_some(ahead)
    };
    let ahead = call.q.hears("a report by the stated clock", jumps).await;
    // Less by the time between the two reports, whatever else the machine did then.
    assert!((0.25..2.25).contains(&ahead), "ahead by {ahead} s");
    call.end().await;
}

/// Seconds that a video stream's clock gained on the wall clock between two reports.
fn video_time_gained(before: &SenderReport, after: &SenderReport) -> f64 {
    let ticks = after.rtp_time.wrapping_sub(before.rtp_time) as i32;
    let wall = after.ntp_time.wrapping_sub(before.ntp_time) as i64;
    f64::from(ticks) / 90_000.0 - wall as f64 / 2f64.powi(32)
}

/// The sender report of a stream, and the canonical name beside it.
fn report_of(heard: &Heard, ssrc: u32) -> Option<(SenderReport, String)> {
    let reports = of_type::<SenderReport>(heard);
    let report = reports.into_iter().find(|report| report.ssrc == ssrc)?;
    let chunks = of_type::<SourceDescription>(heard);
    let mut chunks = chunks.iter().flat_map(|description| &description.chunks);
    let chunk = chunks.find(|chunk| chunk.source == ssrc)?;
    let name = String::from_utf8(chunk.items[0].text.to_vec()).unwrap();
    Some((report.clone(), name))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_told_how_its_media_arrives() {
    let mut call = flowing(USUAL).await;
    for ssrc in [call.video.source.ssrc, call.audio.source.ssrc] {
        let answer = answer_to_a_report(&mut call, ssrc).await;
        assert_eq!((answer.fraction_lost, answer.total_lost), (0, 0));
    }
    call.send(Video, 5, false).await;
    let feedback = |heard: &Heard| {
        let feedback = of_type::<TransportLayerCc>(heard);
        Some(feedback.first()?.packet_status_count)
    };
    let count = call.p.hears("transport-wide feedback", feedback).await;
    assert!(count > 0);
    call.end().await;
}

/// A report on a stream of P that names a sender report P sent for it (RFC 3550 §6.4.1, LSR).
async fn answer_to_a_report(call: &mut Call, ssrc: u32) -> ReceptionReport {
    let mut sent = Vec::new();
    let answer = |heard: &Heard| {
        if let Heard::SentRtcp(packets) = heard {
            let reports = packets.iter().filter_map(|p| p.as_any().downcast_ref());
            let reports = reports.filter(|report: &&SenderReport| report.ssrc == ssrc);
            sent.extend(reports.map(|report| (report.ntp_time >> 16) as u32));
        }
        let reports = of_type::<ReceiverReport>(heard);
        let mut reports = reports.into_iter().flat_map(|report| &report.reports);
        let names_one = |report: &&ReceptionReport| {
            report.ssrc == ssrc && sent.contains(&report.last_sender_report)
        };
        reports.find(names_one).cloned()
    };
    call.p.hears("an answer to a sender report", answer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_lost_before_the_receiver_is_sent_again() {
    let mut call = flowing(USUAL).await;
    let packets = call.video.source.frames(10, false);
    let lost = call.video.source.content(&packets[7].payload).body;
    call.q.loss.inbound.lock().unwrap().push(lost.clone());
    call.video.write(&packets).await;
    all_arrive(&mut call, &packets).await;
    assert!(call.q.loss.inbound.lock().unwrap().is_empty());
    let repair = repairs(&mut call.q, &lost);
    let [ssrc, payload_type] = [
        call.video.consumed.encodings[0].rtx.unwrap().ssrc,
        call.video.consumed.codecs[1].payload_type.into(),
    ];
    let found = repair.first().expect("a retransmission");
    assert_eq!(found.header.ssrc, ssrc);
    assert_eq!(u32::from(found.header.payload_type), payload_type);
    call.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_lost_before_the_router_is_asked_for() {
    let mut call = flowing(USUAL).await;
    let packets = call.video.source.frames(10, false);
    let lost = &packets[7];
    let body = call.video.source.content(&lost.payload).body;
    call.p.loss.outbound.lock().unwrap().push(body);
    call.video.write(&packets).await;
    let ssrc = call.video.source.ssrc;
    let asked = |heard: &Heard| {
        let nacks = of_type::<TransportLayerNack>(heard);
        let nack = nacks.into_iter().find(|nack| nack.media_ssrc == ssrc)?;
        Some(
            nack.nacks
                .iter()
                .flat_map(|pair| pair.packet_list())
                .collect::<Vec<_>>(),
        )
    };
    let asked = call.p.hears("a request for the lost packet", asked).await;
    assert_eq!(asked, [lost.header.sequence_number]);
    all_arrive(&mut call, &packets).await;
    assert!(call.p.loss.outbound.lock().unwrap().is_empty());
    call.end().await;
}

/// Q's application gets all of `sent`, in whatever order and perhaps repeatedly; put in order by
/// sequence number they are what was sent.
async fn all_arrive(call: &mut Call, sent: &[rtp::Packet]) {
    let mut missing: BTreeMap<Bytes, &rtp::Packet> = sent
        .iter()
        .map(|packet| (call.video.source.content(&packet.payload).body, packet))
        .collect();
    while !missing.is_empty() {
        let received = call.q.packet(Video).await;
        if let Some(sent) = missing.remove(&call.video.source.content(&received.payload).body) {
            call.video.check(sent, &received);
        }
    }
}

/// What arrived on the wire with this body and was not lost.
fn repairs(peer: &mut WebRtcPeer, body: &Bytes) -> Vec<rtp::Packet> {
    let heard = peer.heard().into_iter().filter_map(|heard| match heard {
        Heard::Rtp(packet) => Some(packet),
        Heard::Rtcp(_) | Heard::SentRtcp(_) => None,
    });
    heard
        .filter(|packet| packet.payload.ends_with(body))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn media_goes_on_after_both_sides_restart_ice() {
    let mut call = flowing(USUAL).await;
    for _ in 0..2 {
        call.restart_uplink().await;
        call.carry(Video, 5, false).await;
        call.restart_downlink().await;
        call.carry(Video, 5, false).await;
        call.carry(Audio, 5, false).await;
    }
    call.end().await;
}

/// Two calls on one worker.
#[cfg(feature = "fault-injection")]
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_the_middle_of_a_fan_out_ends_its_source_and_no_other_call() {
    let pool = crate::support::call::one_worker();
    let mut call = begun(Call::start_in(pool.clone(), USUAL).await).await;
    let mut other = begun(Call::start_in(pool.clone(), USUAL).await).await;
    other.told();
    call.downlink.handle.inject_send_panic().await.unwrap();
    call.send(Video, 1, false).await;

    let (told, transport, reason) = call.closed().await;
    assert_eq!(
        (transport, reason),
        (call.uplink.handle.id(), CloseReason::Internal)
    );
    let mut lost = Vec::new();
    for event in &told {
        match event {
            EventKind::ConsumerClosed { consumer, .. } => lost.push(consumer.to_string()),
            EventKind::ProducerClosed { producer, .. } => lost.push(producer.to_string()),
            _ => {}
        }
    }
    let lanes = [&call.audio, &call.video];
    let mut gone: Vec<_> = lanes
        .iter()
        .flat_map(|lane| {
            [
                lane.consumer.id().to_string(),
                lane.producer.id().to_string(),
            ]
        })
        .collect();
    lost.sort();
    gone.sort();
    assert_eq!(lost, gone, "what P sent is gone, for Q as well");

    // Q is still there, and so is everybody else.
    let stats = call.downlink.handle.stats().await.unwrap();
    assert_eq!(stats.dtls_state, DtlsState::Connected);
    other.carry(Video, 10, false).await;
    other.carry(Audio, 10, false).await;
    for event in other.told() {
        assert!(
            matches!(event, RouterEvent::Media(EventKind::ProducerScore { .. })),
            "{event:?}"
        );
    }
    let worker = &pool.workers()[0];
    assert_eq!((worker.state, worker.restarts), (WorkerState::Running, 0));
    assert_eq!((worker.routers, worker.transports), (2, 3));
    call.p.close().await;
    call.q.close().await;
    other.end().await;
}
