//! Transport-wide feedback tells each packet's fate, as another implementation reads it.

use std::collections::BTreeMap;

use netem::Config;

use super::common::{MS, Net, SECOND, SourceSetup};

#[test]
fn every_packet_is_acknowledged_across_a_wrap() {
    let mut net = Net::new(1);
    let sender = net.join();
    net.publish(sender, numbered(SourceSetup::vp8_simulcast(10)));
    net.publish(sender, numbered(SourceSetup::opus(50)));
    net.run_for(10 * SECOND);
    let client = net.client(sender);
    let sent = client.wide_sequence.wrapping_sub(65_000);
    assert!(sent > 1_000);
    let told = fates(&client.transport_cc);
    let first = 65_000;
    // The last feedback interval may be under way.
    for offset in 0..sent - 60 {
        let number = first + u64::from(offset);
        assert_eq!(told.get(&number), Some(&true), "packet {offset} of {sent}");
    }
    assert!(client.remb.is_empty(), "one kind of feedback is enough");
    net.assert_sound();
}

#[test]
fn lost_packets_are_reported_lost() {
    let mut net = Net::new(2);
    let sender = net.join();
    net.publish(sender, numbered(SourceSetup::vp8_simulcast(10)));
    net.run_for(SECOND);
    net.peers[sender.0]
        .up
        .set_config(Config::lossy(0.1).with_delay(10 * MS));
    let before = net.peers[sender.0].up.stats();
    net.run_for(20 * SECOND);
    let after = net.peers[sender.0].up.stats();
    let loss = (after.lost - before.lost) as f64 / (after.pushed - before.pushed) as f64;
    let client = net.client(sender);
    let told = fates(&client.transport_cc);
    let lost = told.values().filter(|arrived| !**arrived).count() as f64;
    let told_loss = lost / told.len() as f64;
    println!("lost {loss:.3}, told {told_loss:.3} of {}", told.len());
    assert!(
        (told_loss - loss).abs() < 0.03,
        "lost {loss:.3}, told {told_loss:.3}"
    );
}

#[test]
fn a_client_that_numbers_some_streams_only_is_told_no_estimate_of_the_others() {
    let mut net = Net::new(3);
    let sender = net.join();
    net.publish(sender, SourceSetup::opus(50));
    net.run_for(5 * SECOND);
    let told = net.client(sender).remb.len();
    assert!(told > 0, "nothing is numbered yet");
    net.publish(sender, numbered(SourceSetup::vp8_simulcast(10)));
    net.run_for(SECOND);
    let told = net.client(sender).remb.len();
    net.run_for(10 * SECOND);
    let client = net.client(sender);
    assert!(!client.transport_cc.is_empty());
    assert_eq!(client.remb.len(), told, "one kind of feedback is enough");
    net.assert_sound();
}

fn numbered(setup: SourceSetup) -> SourceSetup {
    SourceSetup {
        sends_transport_cc: true,
        ..setup
    }
}

/// Unwrapped number → whether it was ever told to have arrived.
fn fates(told: &[(u16, bool)]) -> BTreeMap<u64, bool> {
    let mut fates = BTreeMap::new();
    let mut newest = 65_000u64;
    for (number, arrived) in told {
        let step = number.wrapping_sub(newest as u16) as i16;
        let full = newest.wrapping_add_signed(i64::from(step));
        newest = newest.max(full);
        *fates.entry(full).or_default() |= arrived;
    }
    fates
}
