//! Reports: sound and picture stay in step, senders learn how they arrive.

use media::{ConsumerId, EventKind};
use netem::Config;

use super::common::{MS, Net, SECOND, SourceSetup};

#[test]
fn sender_reports_keep_sound_and_picture_in_step() {
    let mut net = Net::new(1);
    let (sender, viewer) = (net.join(), net.join());
    let sound = net.publish(sender, SourceSetup::opus(50));
    let video = net.publish(sender, SourceSetup::vp8_simulcast(10));
    let heard = net.subscribe(viewer, sound);
    let seen = net.subscribe(viewer, video);
    net.run_for(30 * SECOND);
    let mut worst = 0;
    for _ in 0..5 {
        net.run_for(3 * SECOND);
        let skew = offset(&mut net, heard, 48_000) - offset(&mut net, seen, 90_000);
        worst = worst.max(skew.abs());
    }
    println!("worst skew {worst} ms");
    assert!(worst <= 80, "{worst} ms");
    assert!(net.sink(heard).sender_reports.len() >= 5);
    assert!(net.sink(seen).sender_reports.len() >= 30);
}

#[test]
fn publisher_is_told_its_loss() {
    let mut net = Net::new(2);
    let sender = net.join();
    // Sound: nothing is sent again, so that what is lost stays lost.
    net.publish(sender, SourceSetup::opus(10));
    net.run_for(3 * SECOND);
    assert!(
        net.client(sender)
            .reports
            .iter()
            .all(|(_, ssrc, lost)| (*ssrc, *lost) == (10, 0))
    );
    assert!(net.client(sender).reports.len() >= 2);
    let start = net.now;
    net.peers[sender.0]
        .up
        .set_config(Config::lossy(0.2).with_delay(10 * MS));
    net.run_for(20 * SECOND);
    let client = net.client(sender);
    let told = client
        .reports
        .iter()
        .filter(|(at, ..)| *at > start + 2 * SECOND);
    let told: Vec<u32> = told.map(|(_, _, lost)| u32::from(*lost)).collect();
    let mean = told.iter().sum::<u32>() / told.len() as u32;
    // 20 % of 256 is 51.
    assert!(
        (30..=75).contains(&mean),
        "{mean} of 256 over {} reports",
        told.len()
    );
}

#[test]
fn score_falls_when_a_stream_dies_and_recovers() {
    let mut net = Net::new(3);
    let sender = net.join();
    let producer = net.publish(sender, SourceSetup::vp8(10));
    net.run_for(10 * SECOND);
    assert_eq!(last_score(&net, producer), Some(10));
    net.source(producer).stopped = true;
    net.run_for(10 * SECOND);
    assert_eq!(last_score(&net, producer), Some(0));
    net.source(producer).stopped = false;
    net.run_for(15 * SECOND);
    assert!(last_score(&net, producer) >= Some(9));
}

#[test]
fn bandwidth_is_told_to_a_publisher_that_asked_for_it() {
    let mut net = Net::new(4);
    let sender = net.join();
    net.publish(sender, SourceSetup::vp8_simulcast(10));
    net.run_for(20 * SECOND);
    let remb = &net.client(sender).remb;
    assert!(!remb.is_empty());
    let last = remb.last().copied().unwrap_or_default();
    // An undisturbed network must not hold the sender below what it sends: six packets of 1,000
    // bytes 30 times a second are 1.44 Mb/s.
    assert!(last >= 1_440_000.0, "{last}");
}

/// Milliseconds between a track's clock and wall time, as its sender reports tell.
fn offset(net: &mut Net, consumer: ConsumerId, clock_rate: i64) -> i64 {
    let sink = net.sink(consumer);
    let (_, ntp, rtp) = *sink.sender_reports.last().expect("reports came");
    let (_, newest) = sink.packets.last_key_value().expect("packets came");
    let behind = i64::from((newest.timestamp as u32).wrapping_sub(rtp) as i32);
    let captured_ms = ntp_milliseconds(ntp) + behind * 1_000 / clock_rate;
    // Travel time is the same for both tracks.
    captured_ms - ntp_milliseconds(super::common::ntp(newest.at))
}

fn ntp_milliseconds(ntp: u64) -> i64 {
    ((u128::from(ntp) * 1_000) >> 32) as i64
}

fn last_score(net: &Net, wanted: media::ProducerId) -> Option<u8> {
    net.events.iter().rev().find_map(|(_, event)| match event {
        EventKind::ProducerScore { producer, scores } if *producer == wanted => {
            scores.first().map(|score| score.score)
        }
        _ => None,
    })
}
