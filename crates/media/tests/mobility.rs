//! Clients that change address or restart ICE, and strangers that pretend to be them.

use std::net::{Ipv4Addr, SocketAddr};

use media::{Command, Reply};

use super::common::ice::Habit;
use super::common::stun::{self, Credentials};
use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

#[test]
fn media_follows_a_client_to_its_new_address() {
    let mut net = Net::new(1);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(3 * SECOND);
    for (key, host) in [(viewer, 200), (sender, 201)] {
        let moved = net.now;
        move_to(&mut net, key, address(host));
        net.run_for(3 * SECOND);
        let pictures = net.sink(seen).pictures();
        let after = pictures.iter().find(|picture| picture.at > moved + 20 * MS);
        let waited = after.expect("pictures go on").at - moved;
        assert!(waited <= SECOND, "{waited:?}");
        let stats = net.dump().routers[0].transports[key.0].stats.clone();
        assert_eq!(stats.ice_selected_tuple, Some(address(host).to_string()));
    }
    // The handshake was not repeated.
    net.assert_sound();
}

#[test]
fn client_that_nominates_once_is_followed_at_its_first_check_from_elsewhere() {
    for seed in 20..30 {
        let mut net = Net::new(seed);
        let (sender, viewer) = (net.join(), net.join());
        for key in [sender, viewer] {
            net.client(key).ice.habit = Habit::Firefox;
        }
        let video = net.publish(sender, SourceSetup::vp8(10));
        let seen = net.subscribe(viewer, video);
        net.run_for(10 * SECOND);
        for (key, host) in [(viewer, 200), (sender, 201)] {
            // It does not notice that its network is another one.
            net.client(key).address = address(host);
            let moved = net.now;
            net.run_for(8 * SECOND);
            let mut pictures = net.sink(seen).pictures().iter();
            let after = pictures.find(|picture| picture.at > moved + 20 * MS);
            let waited = after.expect("pictures go on").at - moved;
            assert!(waited <= 6_500 * MS, "seed {seed}: {waited:?}");
            net.run_for(10 * SECOND);
        }
        net.assert_sound();
    }
}

#[test]
fn path_that_is_only_checked_does_not_take_over_from_one_media_comes_from() {
    let mut net = Net::new(10);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.subscribe(viewer, video);
    net.run_for(3 * SECOND);
    // The sender's own checks are lost for a while, those of its other network are not.
    let (local, remote) = {
        let ice = &mut net.client(sender).ice;
        ice.enabled = false;
        (ice.local.clone(), ice.remote.clone())
    };
    let home = net.client(sender).address.to_string();
    let selected = |net: &mut Net| {
        let stats = &net.dump().routers[0].transports[sender.0].stats;
        stats.ice_selected_tuple.clone()
    };
    for id in 0..5 {
        net.run_for(2 * SECOND);
        net.inject(
            address(240),
            &stun::consent_request(&local, &remote, [id; 12]),
        );
        assert_eq!(selected(&mut net), Some(home.clone()));
    }
    // Without media nothing comes from there any more.
    net.client(sender).address = address(241);
    net.run_for(5 * SECOND);
    net.inject(
        address(240),
        &stun::consent_request(&local, &remote, [9; 12]),
    );
    assert_eq!(selected(&mut net), Some(address(240).to_string()));
}

#[test]
fn only_a_valid_check_moves_a_transport() {
    let mut net = Net::new(2);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    let home = net.client(viewer).address;
    let stranger = address(250);
    let before = net.dump().dropped_unknown_tuple;
    for first_byte in [20, 22, 63, 128, 191] {
        net.inject(stranger, &[first_byte; 60]);
    }
    assert_eq!(net.dump().dropped_unknown_tuple, before + 5);
    let remote = net.client(viewer).ice.remote.clone();
    let wrong_password = Credentials {
        password: "wrong".repeat(5),
        ..remote.clone()
    };
    let local = net.client(viewer).ice.local.clone();
    let check = stun::binding_request(&local, &wrong_password, [1; 12]);
    net.inject(stranger, &check);
    let mut unsigned = stun::unsigned_request(&format!("{}:x", remote.ufrag), [2; 12]);
    unsigned.add(rtc_stun::attributes::ATTR_USE_CANDIDATE, &[]);
    net.inject(stranger, &unsigned.raw);
    net.run_for(2 * SECOND);
    let dump = net.dump();
    let stats = &dump.routers[0].transports[viewer.0].stats;
    assert_eq!(stats.ice_selected_tuple, Some(home.to_string()));
    assert_eq!(dump.tuples, 2);
    // Media never went to the stranger; an error answer may have.
    assert!(
        net.stray
            .iter()
            .all(|(_, _, bytes)| bytes[0] < 4 && bytes.len() <= check.len())
    );
}

#[test]
fn copy_of_a_valid_check_diverts_nothing() {
    let mut net = Net::new(11);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    let home = net.client(viewer).address;
    // The viewer's own check, seen under way: a stranger sends it again and again from elsewhere.
    let (local, remote) = {
        let ice = &net.client(viewer).ice;
        (ice.local.clone(), ice.remote.clone())
    };
    let check = stun::binding_request(&local, &remote, [4; 12]);
    net.inject(home, &check);
    for _ in 0..50 {
        net.inject(address(250), &check);
        net.run_for(100 * MS);
        let dump = net.dump();
        let stats = &dump.routers[0].transports[viewer.0].stats;
        assert_eq!(stats.ice_selected_tuple, Some(home.to_string()));
        assert_eq!(dump.tuples, 2);
    }
    let strayed = net.stray.iter().filter(|(_, _, bytes)| bytes[0] >= 4);
    assert_eq!(strayed.count(), 0, "media goes to the viewer alone");
    let now = net.now;
    let sink = net.sink(seen);
    assert_eq!((sink.lost(), sink.decoder.jumps), (vec![], 0));
    assert!(sink.decoder.longest_freeze(now) <= 100 * MS);
    // The viewer itself is still followed.
    move_to(&mut net, viewer, address(200));
    net.run_for(SECOND);
    let stats = &net.dump().routers[0].transports[viewer.0].stats;
    assert_eq!(stats.ice_selected_tuple, Some(address(200).to_string()));
}

#[test]
fn address_another_client_claimed_comes_back_with_its_owners_next_check() {
    let mut net = Net::new(9);
    let (sender, mallory, viewer) = (net.join(), net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    // A valid check of Mallory's transport that says it comes from the sender's address.
    let home = net.client(sender).address;
    let (local, remote) = {
        let ice = &net.client(mallory).ice;
        (ice.local.clone(), ice.remote.clone())
    };
    net.inject(home, &stun::binding_request(&local, &remote, [3; 12]));
    net.run_for(10 * SECOND);
    let before = net.sink(seen).packets.len();
    net.run_for(2 * SECOND);
    assert!(net.sink(seen).packets.len() > before + 50);
    assert_eq!(net.dump().tuples, 3);
}

#[test]
fn wandering_client_leaves_a_bounded_number_of_tuples() {
    let mut net = Net::new(3);
    let key = net.join();
    for host in 100..140 {
        move_to(&mut net, key, address(host));
        net.run_for(200 * MS);
    }
    let dump = net.dump();
    assert!(dump.tuples <= 8, "{}", dump.tuples);
    let selected = dump.routers[0].transports[0]
        .stats
        .ice_selected_tuple
        .clone();
    assert_eq!(selected, Some(address(139).to_string()));
    assert_eq!(net.closed(key), None);
}

#[test]
fn datagrams_from_a_forgotten_tuple_are_dropped() {
    let mut net = Net::new(4);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(SECOND);
    net.client(sender).sent_log = Some(Vec::new());
    let home = net.client(sender).address;
    for host in 100..112 {
        move_to(&mut net, sender, address(host));
        net.run_for(100 * MS);
    }
    let log = net.client(sender).sent_log.take().expect("it was kept");
    let before = net.dump();
    let packets = net.sink(seen).packets.len();
    net.inject(home, log.last().expect("packets were sent"));
    let after = net.dump();
    assert_eq!(
        after.dropped_unknown_tuple,
        before.dropped_unknown_tuple + 1
    );
    assert_eq!(net.sink(seen).packets.len(), packets);
}

#[test]
fn ice_restart_keeps_media_going() {
    let mut net = Net::new(5);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(3 * SECOND);
    for key in [viewer, sender] {
        let old = net.client(key).ice.remote.clone();
        let fresh = restart(&mut net, key);
        assert!(fresh.ufrag != old.ufrag && fresh.password != old.password);
        // Signalling takes its time: the old credentials hold until the new ones are used.
        net.run_for(3 * SECOND);
        let now = net.now;
        net.client(key).ice.restart(fresh, now);
        net.run_for(3 * SECOND);
        assert!(net.client(key).ice.connected);
    }
    let now = net.now;
    let freeze = net.sink(seen).decoder.longest_freeze(now);
    assert!(freeze <= 200 * MS, "{freeze:?}");
    assert_eq!(net.dump().ufrags, 2, "the old ones are forgotten");
    net.assert_sound();
}

#[test]
fn old_credentials_end_when_new_ones_are_used_or_after_thirty_seconds() {
    let mut net = Net::new(6);
    let (used, unused) = (net.join(), net.join());
    let old = net.client(used).ice.remote.clone();
    let fresh = restart(&mut net, used);
    let now = net.now;
    net.client(used).ice.restart(fresh, now);
    net.run_for(31 * SECOND);
    let answers = answers_to(&mut net, &old);
    assert_eq!(answers, 0, "old credentials after the new ones were used");

    let old = net.client(unused).ice.remote.clone();
    let _fresh = restart(&mut net, unused);
    net.run_for(10 * SECOND);
    assert_eq!(
        answers_to(&mut net, &old),
        1,
        "the new ones were never used"
    );
    net.run_for(25 * SECOND);
    assert_eq!(answers_to(&mut net, &old), 0, "thirty seconds are over");
    assert!(net.dump().ufrags <= 2);
}

#[test]
fn ice_restart_from_a_new_address_moves_and_resumes() {
    let mut net = Net::new(7);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = net.subscribe(viewer, video);
    net.run_for(2 * SECOND);
    let fresh = restart(&mut net, viewer);
    let now = net.now;
    net.client(viewer).address = address(222);
    net.client(viewer).ice.restart(fresh, now);
    net.run_for(2 * SECOND);
    let end = net.now;
    let freeze = net.sink(seen).decoder.longest_freeze(end);
    assert!(freeze <= SECOND, "{freeze:?}");
    net.assert_sound();
}

#[test]
fn repeated_restarts_leave_nothing_behind() {
    let mut net = Net::new(8);
    let key = net.join();
    for _ in 0..50 {
        let fresh = restart(&mut net, key);
        let now = net.now;
        net.client(key).ice.restart(fresh, now);
        net.run_for(300 * MS);
    }
    assert!(net.client(key).ice.connected);
    net.run_for(31 * SECOND);
    let dump = net.dump();
    assert_eq!((dump.ufrags, dump.tuples), (1, 1));
    // And when the client never learns of them:
    for _ in 0..50 {
        restart(&mut net, key);
    }
    assert!(net.dump().ufrags <= 2, "{}", net.dump().ufrags);
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(203, 0, 113, host), 6_000))
}

/// A network change: the client notices and checks at once.
fn move_to(net: &mut Net, key: PeerKey, address: SocketAddr) {
    let now = net.now;
    let client = net.client(key);
    client.address = address;
    client.ice.check_now(now);
}

fn restart(net: &mut Net, key: PeerKey) -> Credentials {
    let transport = net.peers[key.0].transport;
    match net.request(Command::RestartIce { transport }) {
        Ok(Reply::IceParameters(parameters)) => super::common::net::credentials(&parameters),
        other => panic!("no credentials: {other:?}"),
    }
}

/// Success answers to one check from somewhere else.
fn answers_to(net: &mut Net, remote: &Credentials) -> usize {
    let local = Credentials {
        ufrag: "else".to_owned(),
        password: "where".to_owned(),
    };
    let before = net.stray.len();
    net.inject(address(99), &stun::binding_request(&local, remote, [7; 12]));
    let answers = net.stray[before..].iter();
    answers
        .filter(|(_, _, bytes)| bytes[0] == 1 && bytes[1] == 1)
        .count()
}
