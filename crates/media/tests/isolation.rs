//! A panic in one transport's work costs that transport alone.

use media::{CloseReason, Command, EventKind};

use super::common::{Net, SECOND, SourceSetup};

#[test]
fn panic_in_one_transport_closes_it_and_nothing_else() {
    let mut net = Net::new(1);
    let (alice, bob, carol) = (net.join(), net.join(), net.join());
    let from_alice = net.publish(alice, SourceSetup::vp8(10));
    let from_bob = net.publish(bob, SourceSetup::vp8(20));
    let carol_sees_alice = net.subscribe(carol, from_alice);
    let carol_sees_bob = net.subscribe(carol, from_bob);
    let alice_sees_bob = net.subscribe(alice, from_bob);
    net.run_for(2 * SECOND);
    let transport = Some(net.peers[bob.0].transport);
    net.request(Command::InjectPanic { transport })
        .expect("it is there");
    let start = net.now;
    net.run_for(5 * SECOND);
    assert_eq!(net.closed(bob), Some(CloseReason::Internal));
    assert_eq!((net.closed(alice), net.closed(carol)), (None, None));
    for gone in [carol_sees_bob, alice_sees_bob] {
        assert!(net.events.iter().any(|(_, event)| {
            matches!(event, EventKind::ConsumerClosed { consumer, .. } if *consumer == gone)
        }));
    }
    let now = net.now;
    let sink = net.sink(carol_sees_alice);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    let pictures = sink.pictures().iter().filter(|picture| picture.at > start);
    assert!(pictures.count() >= 148);
    assert!(sink.decoder.longest_freeze(now).as_millis() <= 100);
    let dump = net.dump();
    assert_eq!(dump.panics, 1);
    assert_eq!((dump.tuples, dump.routers[0].transports.len()), (2, 2));
}

#[test]
fn panic_while_media_is_sent_ends_its_source_and_nobody_who_receives() {
    let mut net = Net::new(4);
    let (alice, bob, carol) = (net.join(), net.join(), net.join());
    let from_alice = net.publish(alice, SourceSetup::vp8(10));
    let from_bob = net.publish(bob, SourceSetup::vp8(20));
    let bob_sees_alice = net.subscribe(bob, from_alice);
    net.subscribe(carol, from_alice);
    let carol_sees_bob = net.subscribe(carol, from_bob);
    net.run_for(2 * SECOND);
    // Only Alice's media goes to Bob, and Carol gets hers after him.
    let transport = net.peers[bob.0].transport;
    net.request(Command::InjectSendPanic { transport })
        .expect("it is there");
    net.run_for(5 * SECOND);
    assert_eq!(net.closed(alice), Some(CloseReason::Internal));
    assert_eq!((net.closed(bob), net.closed(carol)), (None, None));
    assert!(net.events.iter().any(|(_, event)| {
        matches!(event, EventKind::ConsumerClosed { consumer, .. } if *consumer == bob_sees_alice)
    }));
    let now = net.now;
    let sink = net.sink(carol_sees_bob);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert!(sink.decoder.longest_freeze(now).as_millis() <= 100);
    assert_eq!(net.worker.backlog(), 0, "what waited is given up");
    let dump = net.dump();
    assert_eq!((dump.panics, dump.dropped_transmit), (1, 0));
    assert_eq!((dump.tuples, dump.routers[0].transports.len()), (2, 2));
    // Bob can be sent to as before.
    let again = net.join();
    let from_again = net.publish(again, SourceSetup::vp8(30));
    let bob_sees_again = net.subscribe(bob, from_again);
    net.run_for(2 * SECOND);
    assert!(net.sink(bob_sees_again).packets.len() > 50);
}

#[test]
fn a_hundred_panics_leave_nothing_behind() {
    let mut net = Net::new(2);
    for _ in 0..100 {
        let key = net.join();
        net.publish(key, SourceSetup::vp8(10));
        let transport = Some(net.peers[key.0].transport);
        net.request(Command::InjectPanic { transport })
            .expect("it is there");
        net.run_for(SECOND / 10);
        assert_eq!(net.closed(key), Some(CloseReason::Internal));
        // The next client has a network of its own, and this one is gone.
        net.peers.clear();
    }
    let dump = net.dump();
    assert_eq!(dump.panics, 100);
    assert_eq!(
        (dump.tuples, dump.ufrags, dump.routers[0].transports.len()),
        (0, 0, 0)
    );
    net.run_for(60 * SECOND);
    assert!(net.worker.poll_timeout().is_none(), "no timer may be left");
}

#[test]
fn panic_of_the_worker_itself_is_left_to_its_supervisor() {
    let mut net = Net::new(3);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = net.request(Command::InjectPanic { transport: None });
    }));
    assert!(caught.is_err());
}
