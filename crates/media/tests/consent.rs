//! Transports of clients that are gone, or never came, are found out and closed in order.

use std::collections::HashSet;

use media::{CloseReason, Command, EventKind, IceState};
use netem::Config;

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

#[test]
fn silent_client_is_doubted_then_closed_and_sent_nothing_more() {
    let mut net = Net::new(1);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    let back = net.subscribe(sender, video);
    net.run_for(5 * SECOND);
    let last_check = net
        .client(sender)
        .ice
        .last_response
        .expect("it was answered");
    net.set_links(sender, Config::lossy(1.0));
    let start = net.now;
    let closed = net.run_until(40 * SECOND, |net| net.closed(sender).is_some());
    assert!(closed);
    assert_eq!(net.closed(sender), Some(CloseReason::ConsentExpired));
    let since_check = net.now - last_check;
    // The answer took 10 ms to arrive.
    assert!(since_check >= 29_990 * MS, "{since_check:?}");
    assert!(net.now - start <= 32 * SECOND, "{:?}", net.now - start);
    let doubted = net.events.iter().find_map(|(at, event)| match event {
        EventKind::IceStateChange {
            transport,
            state: IceState::Disconnected,
        } if *transport == net.peers[sender.0].transport => Some(*at),
        _ => None,
    });
    assert!(doubted.expect("it was doubted") - start <= 15 * SECOND + 100 * MS);
    // Consumers, then producers, then the transport.
    let kinds = closing_order(&net, start);
    assert_eq!(kinds, ["consumer", "consumer", "producer", "transport"]);
    assert!(net.events.iter().any(|(_, event)| {
        matches!(event, EventKind::ConsumerClosed { consumer, .. } if *consumer == seen)
    }));
    let _ = back;
    let sent = net.peers[sender.0].down.stats().pushed;
    net.run_for(60 * SECOND);
    assert_eq!(net.peers[sender.0].down.stats().pushed, sent);
    assert_eq!(net.dump().routers[0].transports.len(), 1);
    assert_eq!(net.closed(viewer), None);
}

#[test]
fn keepalives_alone_keep_a_transport_for_minutes() {
    let mut net = Net::new(2);
    let key = net.join();
    net.run_for(300 * SECOND);
    assert_eq!(net.closed(key), None);
    let doubts = net.events.iter().filter(|(_, event)| {
        matches!(
            event,
            EventKind::IceStateChange {
                state: IceState::Disconnected,
                ..
            }
        )
    });
    assert_eq!(doubts.count(), 0);
}

#[test]
fn media_without_checks_is_no_consent() {
    let mut net = Net::new(3);
    let key = net.join();
    net.publish(key, SourceSetup::vp8(10));
    net.client(key).ice.enabled = false;
    net.run_for(33 * SECOND);
    assert_eq!(net.closed(key), Some(CloseReason::ConsentExpired));
}

#[test]
fn client_back_within_the_consent_time_goes_on() {
    for blackout in [3, 8, 25] {
        let mut net = Net::new(4);
        let (sender, viewer) = (net.join(), net.join());
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(viewer, video);
        net.run_for(5 * SECOND);
        net.set_links(viewer, Config::lossy(1.0));
        net.run_for(blackout * SECOND);
        net.set_links(viewer, Config::default().with_delay(10 * MS));
        let relief = net.now;
        net.run_for(3 * SECOND);
        assert_eq!(net.closed(viewer), None);
        let pictures = net.sink(seen).pictures();
        let next = pictures.iter().find(|picture| picture.at > relief);
        let waited = next.expect("pictures come again").at - relief;
        assert!(waited <= SECOND, "{blackout} s: {waited:?}");
        net.assert_sound();
    }
}

#[test]
fn transports_that_never_connect_are_closed_after_thirty_seconds() {
    let mut net = Net::new(5);
    let nothing = net.create_peer(true);
    net.client(nothing).ice.enabled = false;
    let only_ice = net.create_peer(true);
    let never_told = net.create_peer(false);
    let unfinished = net.create_peer(true);
    net.connect(unfinished).expect("parameters are valid");
    net.peers[unfinished.0].lose_down = Some(is_dtls);
    let all = [nothing, only_ice, never_told, unfinished];
    net.run_for(29 * SECOND);
    assert!(all.iter().all(|key| net.closed(*key).is_none()));
    assert_eq!(net.dump().routers[0].transports.len(), 4);
    net.run_for(3 * SECOND);
    for key in [nothing, only_ice, never_told] {
        assert_eq!(
            net.closed(key),
            Some(CloseReason::ConnectTimeout),
            "{key:?}"
        );
    }
    // DTLS may give up first.
    let reason = net.closed(unfinished).expect("it is closed");
    assert!(matches!(
        reason,
        CloseReason::ConnectTimeout | CloseReason::DtlsFailed
    ));
    assert_left_empty(&mut net);
}

#[test]
fn client_that_connects_late_has_the_whole_time_for_its_handshake() {
    let mut net = Net::new(11);
    let key = net.create_peer(true);
    net.run_for(29 * SECOND);
    net.peers[key.0].lose_down = Some(is_dtls);
    net.connect(key).expect("parameters are valid");
    net.run_for(5 * SECOND);
    net.peers[key.0].lose_down = None;
    assert!(net.run_until(10 * SECOND, |net| net.is_dtls_connected(key)));
    assert_eq!(net.closed(key), None);
}

#[test]
fn handshakes_abandoned_after_the_hello_are_reaped() {
    let mut net = Net::new(6);
    let keys: Vec<PeerKey> = (0..50)
        .map(|_| {
            let key = net.create_peer(true);
            net.connect(key).expect("parameters are valid");
            net.peers[key.0].lose_down = Some(is_dtls);
            key
        })
        .collect();
    net.run_for(SECOND);
    for key in &keys {
        net.set_links(*key, Config::lossy(1.0));
    }
    net.run_for(31 * SECOND);
    assert!(keys.iter().all(|key| net.closed(*key).is_some()));
    assert_left_empty(&mut net);
}

#[test]
fn closing_a_router_closes_consumers_then_producers_then_transports() {
    let mut net = Net::new(7);
    let (a, b, c) = (net.join(), net.join(), net.join());
    for key in [a, b] {
        let sound = net.publish(key, SourceSetup::opus(50 + key.0 as u32));
        let video = net.publish(key, SourceSetup::vp8_simulcast(100 * (key.0 as u32 + 1)));
        for other in [a, b, c] {
            if other != key {
                net.subscribe(other, sound);
                net.subscribe(other, video);
            }
        }
    }
    net.run_for(3 * SECOND);
    let start = net.now;
    let router = net.router;
    net.request(Command::CloseRouter { router })
        .expect("it is there");
    let kinds = closing_order(&net, start);
    let expected = [
        vec!["consumer"; 8],
        vec!["producer"; 4],
        vec!["transport"; 3],
        vec!["router"],
    ];
    assert_eq!(kinds, expected.concat());
    let recent = net.events.iter().filter(|(at, _)| *at >= start);
    let told: HashSet<String> = recent.map(|(_, event)| format!("{event:?}")).collect();
    let closed = told
        .iter()
        .filter(|text| text.contains("reason") || *text == "RouterClosed");
    assert_eq!(closed.count(), 16, "each exactly once");
    let dump = net.dump();
    assert_eq!((dump.tuples, dump.ufrags, dump.routers.len()), (0, 0, 0));
    net.run_for(60 * SECOND);
    assert!(net.worker.poll_timeout().is_none(), "no timer may be left");
}

#[test]
fn closing_a_producer_closes_its_consumers_first() {
    let mut net = Net::new(8);
    let (sender, viewer) = (net.join(), net.join());
    let producer = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, producer);
    net.run_for(SECOND);
    let start = net.now;
    net.request(Command::CloseProducer { producer })
        .expect("it is there");
    assert_eq!(closing_order(&net, start), ["consumer", "producer"]);
    let packets = net.sink(seen).packets.len();
    net.run_for(SECOND);
    // What was under way still arrives.
    assert!(net.sink(seen).packets.len() <= packets + 2);
    let dump = net.dump();
    assert!(dump.routers[0].producers.is_empty() && dump.routers[0].consumers.is_empty());
    assert!(
        dump.routers[0]
            .transports
            .iter()
            .all(|transport| transport.ssrcs == 0)
    );
}

fn is_dtls(datagram: &[u8]) -> bool {
    (20..=63).contains(&datagram[0])
}

fn assert_left_empty(net: &mut Net) {
    let dump = net.dump();
    assert_eq!(
        (dump.tuples, dump.ufrags, dump.routers[0].transports.len()),
        (0, 0, 0)
    );
    assert!(net.worker.poll_timeout().is_none(), "no timer may be left");
}

/// What was closed since `start`, in the order it was told.
fn closing_order(net: &Net, start: std::time::Instant) -> Vec<&'static str> {
    let recent = net.events.iter().filter(|(at, _)| *at >= start);
    let kind = |(_, event): &(std::time::Instant, EventKind)| match event {
        EventKind::ConsumerClosed { .. } => Some("consumer"),
        EventKind::ProducerClosed { .. } => Some("producer"),
        EventKind::TransportClosed { .. } => Some("transport"),
        EventKind::RouterClosed => Some("router"),
        _ => None,
    };
    recent.filter_map(kind).collect()
}
