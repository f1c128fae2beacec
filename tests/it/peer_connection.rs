//! The engine and an independent WebRTC implementation, over UDP sockets: what either would
//! misunderstand alone, the other one finds.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{DtlsState, IceState};
use ortc::types::{DtlsRole, MediaKind};
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    rtcp::{
        payload_feedbacks::picture_loss_indication::PictureLossIndication,
        receiver_report::ReceiverReport, sender_report::SenderReport,
        source_description::SourceDescription,
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
    let mut call = Call::start(options).await;
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
    let mut call = flowing(options).await;
    for _ in 0..10 {
        call.carry(Video, 10, false).await;
        call.carry(Audio, 15, false).await;
    }
    for side in [&call.uplink, &call.downlink] {
        let stats = side.handle.stats().await.unwrap();
        assert_eq!(stats.ice_state, IceState::Completed);
        assert_eq!(stats.dtls_state, DtlsState::Connected);
        assert_eq!((stats.srtp_failures, stats.dropped), (0, 0));
    }
    call.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_when_the_router_is_dtls_server() {
    media_crosses(CallOptions {
        router: DtlsRole::Server,
        srtp: GCM,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_when_the_router_is_dtls_client() {
    media_crosses(CallOptions {
        router: DtlsRole::Client,
        srtp: GCM,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_under_the_older_srtp_profile_as_server() {
    media_crosses(CallOptions {
        router: DtlsRole::Server,
        srtp: CM_SHA1,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_crosses_under_the_older_srtp_profile_as_client() {
    media_crosses(CallOptions {
        router: DtlsRole::Client,
        srtp: CM_SHA1,
    })
    .await;
}

const USUAL: CallOptions = CallOptions {
    router: DtlsRole::Server,
    srtp: GCM,
};

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
async fn reports_tie_the_receivers_clock_to_the_senders() {
    let mut call = flowing(USUAL).await;
    for kind in [Video, Audio] {
        let lane = call.lane(kind);
        let ssrc = lane.consumed.encodings[0].ssrc.unwrap();
        let cname = lane.consumed.rtcp.cname.clone().unwrap();
        let started = lane.timestamp_at_q(lane.source.timestamp);
        let clock_rate = lane.consumed.codecs[0].clock_rate;
        let (report, name) = call
            .q
            .hears("a sender report", |heard| report_of(heard, ssrc))
            .await;
        assert_eq!(name, cname);
        assert!(report.packet_count > 0 && report.octet_count > 0);
        // The sender's clock ran on since its last packet: for a while, not for an hour.
        let since = report.rtp_time.wrapping_sub(started) as i32;
        assert!(since.abs() < 600 * clock_rate as i32, "{since} ticks");
    }
    call.end().await;
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
        let report = |heard: &Heard| {
            let mut reports = of_type::<ReceiverReport>(heard)
                .into_iter()
                .flat_map(|r| &r.reports);
            reports.find(|report| report.ssrc == ssrc).cloned()
        };
        let report = call.p.hears("a receiver report", report).await;
        assert_eq!((report.fraction_lost, report.total_lost), (0, 0));
    }
    call.send(Video, 5, false).await;
    let feedback = |heard: &Heard| {
        of_type::<TransportLayerCc>(heard)
            .first()
            .map(|f| f.packet_status_count)
    };
    let count = call.p.hears("transport-wide feedback", feedback).await;
    assert!(count > 0);
    call.end().await;
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
        Heard::Rtcp(_) => None,
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
        call.p.ice_connected().await;
        call.carry(Video, 5, false).await;
        call.restart_downlink().await;
        call.q.ice_connected().await;
        call.carry(Video, 5, false).await;
        call.carry(Audio, 5, false).await;
    }
    call.end().await;
}
