//! ICE and DTLS complete, in both roles and whatever the network does; what must not connect does
//! not.

use std::time::Duration;

use dimpl::SrtpProfile;
use media::{CloseReason, Command, CommandError, DtlsState, EventKind, IceState};
use netem::{Config, Reorder};
use ortc::types::{DtlsFingerprint, DtlsParameters, DtlsRole};

use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

#[test]
fn both_dtls_roles_connect_and_carry_media() {
    for client_is_active in [true, false] {
        let mut net = Net::new(1);
        let key = net.create_peer(client_is_active);
        net.connect(key).expect("parameters are valid");
        assert!(net.run_until(2 * SECOND, |net| net.is_dtls_connected(key)));
        let producer = net.publish(key, SourceSetup::vp8(10));
        let viewer = net.join();
        let consumer = net.subscribe(viewer, producer);
        net.run_for(2 * SECOND);
        assert!(
            net.sink(consumer).pictures().len() > 50,
            "active {client_is_active}"
        );
        net.assert_sound();
    }
}

#[test]
fn server_presents_the_announced_certificate_and_takes_an_aead() {
    for client_is_active in [true, false] {
        let mut net = Net::new(2);
        let key = net.create_peer(client_is_active);
        net.connect(key).expect("parameters are valid");
        assert!(net.run_until(2 * SECOND, |net| net.client(key).is_connected()));
        let announced = net.peers[key.0].data.dtls_parameters.clone();
        let dtls = &net.client(key).dtls;
        let certificate = dtls.peer_certificate.as_ref().expect("it was sent");
        let digest = dimpl::certificate::calculate_fingerprint(certificate);
        let digest = dimpl::certificate::format_fingerprint(&digest);
        assert!(announced.fingerprints.iter().any(|each| {
            each.algorithm == "sha-256" && each.value.eq_ignore_ascii_case(&digest)
        }));
        let aead = [SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AEAD_AES_256_GCM];
        assert!(dtls.profile.is_some_and(|profile| aead.contains(&profile)));
    }
}

#[test]
fn states_are_told_in_order() {
    let mut net = Net::new(3);
    let key = net.join();
    net.run_for(SECOND);
    let id = net.peers[key.0].transport;
    let mut ice = Vec::new();
    let mut dtls = Vec::new();
    for (_, event) in &net.events {
        match event {
            EventKind::IceStateChange { transport, state } if *transport == id => ice.push(*state),
            EventKind::DtlsStateChange { transport, state } if *transport == id => {
                dtls.push(*state)
            }
            _ => {}
        }
    }
    assert_eq!(ice.last(), Some(&IceState::Completed), "{ice:?}");
    assert_eq!(dtls, [DtlsState::Connecting, DtlsState::Connected]);
}

#[test]
fn connects_under_twenty_percent_loss() {
    let mut times = Vec::new();
    for seed in 0..100 {
        for client_is_active in [true, false] {
            times.push(time_to_connect(
                seed,
                client_is_active,
                Config::lossy(0.2).with_delay(20 * MS),
            ));
        }
    }
    times.sort();
    let within_ten = times.iter().filter(|time| **time <= 10 * SECOND).count();
    assert!(within_ten >= 198, "{within_ten} of 200 within 10 s");
    assert!(times[100] < 1_500 * MS, "median {:?}", times[100]);
}

#[test]
fn connects_through_reordering_and_duplication() {
    let config = Config {
        duplicate: 0.2,
        delay: 30 * MS,
        jitter: 30 * MS,
        reorder: Some(Reorder {
            probability: 0.2,
            hold: 60 * MS,
        }),
        ..Config::default()
    };
    for seed in 0..20 {
        for client_is_active in [true, false] {
            let time = time_to_connect(seed, client_is_active, config);
            assert!(time <= 10 * SECOND, "seed {seed}: {time:?}");
        }
    }
}

#[test]
fn client_hello_before_connect_is_answered_after_it() {
    let mut net = Net::new(4);
    let key = net.create_peer(true);
    net.set_links(key, Config::default().with_delay(10 * MS));
    net.run_for(700 * MS);
    assert!(!net.is_dtls_connected(key));
    net.connect(key).expect("parameters are valid");
    // The client repeats its hello after 1 s at first, 2 s at the latest.
    assert!(net.run_until(3 * SECOND, |net| net.client(key).is_connected()));
}

#[test]
fn wrong_fingerprint_fails_and_no_media_passes() {
    for client_is_active in [true, false] {
        let mut net = Net::new(5);
        let viewer = net.join();
        let key = net.create_peer(client_is_active);
        let mut parameters = net.client(key).dtls_parameters();
        parameters.fingerprints[0].value = ["AB"; 32].join(":");
        let transport = net.peers[key.0].transport;
        let command = Command::ConnectWebRtcTransport {
            transport,
            dtls_parameters: parameters,
        };
        net.request(command).expect("the shape is valid");
        let producer = net.publish(key, SourceSetup::vp8(10));
        let consumer = net.subscribe(viewer, producer);
        net.run_for(2 * SECOND);
        assert!(has_dtls_state(&net, key, DtlsState::Failed));
        assert!(!has_dtls_state(&net, key, DtlsState::Connected));
        assert!(has_closed(&net, key, CloseReason::FingerprintMismatch));
        assert_eq!(net.sink(consumer).packets.len(), 0);
        assert!(net.dump().routers[0].producers.is_empty());
    }
}

#[test]
fn fingerprints_are_read_in_either_case_and_refused_when_malformed() {
    let good = |net: &mut Net, key: PeerKey| net.client(key).dtls_parameters().fingerprints;
    let refused: [(&str, &str); 6] = [
        ("md5", "00:11:22"),
        ("sha-256", ""),
        ("sha-256", "AB:CD"),
        ("sha-256", "not hexadecimal at all"),
        ("", "AB"),
        ("sha-256", &"é".repeat(47)),
    ];
    for (algorithm, value) in refused {
        let mut net = Net::new(6);
        let key = net.create_peer(true);
        let fingerprint = DtlsFingerprint {
            algorithm: algorithm.to_owned(),
            value: value.to_owned(),
        };
        let result = connect_with(&mut net, key, vec![fingerprint]);
        assert!(
            matches!(result, Err(CommandError::InvalidDtlsParameters(_))),
            "{algorithm} {value:?}: {result:?}"
        );
        // The transport is still there and can be connected properly.
        let fingerprints = good(&mut net, key);
        connect_with(&mut net, key, fingerprints).expect("valid now");
    }
    let mut net = Net::new(6);
    let key = net.create_peer(true);
    assert!(connect_with(&mut net, key, Vec::new()).is_err());
    let mut lower = good(&mut net, key);
    lower[0].value = lower[0].value.to_lowercase();
    connect_with(&mut net, key, lower).expect("case does not matter");
    assert!(net.run_until(2 * SECOND, |net| net.is_dtls_connected(key)));
}

#[test]
fn second_connect_is_refused_and_changes_nothing() {
    let mut net = Net::new(7);
    let key = net.create_peer(true);
    net.connect(key).expect("parameters are valid");
    assert_eq!(net.connect(key).err(), Some(CommandError::AlreadyConnected));
    assert!(net.run_until(2 * SECOND, |net| net.is_dtls_connected(key)));
    assert_eq!(net.connect(key).err(), Some(CommandError::AlreadyConnected));
}

#[test]
fn client_that_says_goodbye_is_closed_at_once() {
    let mut net = Net::new(8);
    let key = net.join();
    net.client(key).close();
    net.run_for(100 * MS);
    assert!(has_closed(&net, key, CloseReason::DtlsClosed));
    assert_eq!(net.dump().tuples, 0);
}

#[test]
fn closing_a_transport_says_goodbye_to_the_client() {
    let mut net = Net::new(9);
    let key = net.join();
    let transport = net.peers[key.0].transport;
    net.request(Command::CloseTransport { transport })
        .expect("it is there");
    net.run_for(100 * MS);
    assert!(net.client(key).dtls.close_notify);
}

/// How long until both sides have keys; an hour when they never do.
fn time_to_connect(seed: u64, client_is_active: bool, config: Config) -> Duration {
    let mut net = Net::new(seed);
    let key = net.create_peer(client_is_active);
    net.connect(key).expect("parameters are valid");
    net.set_links(key, config);
    let start = net.now;
    let both = |net: &mut Net| net.client(key).is_connected() && net.is_dtls_connected(key);
    if net.run_until(30 * SECOND, both) {
        net.now - start
    } else {
        3_600 * SECOND
    }
}

fn connect_with(
    net: &mut Net,
    key: PeerKey,
    fingerprints: Vec<DtlsFingerprint>,
) -> Result<media::Reply, CommandError> {
    let transport = net.peers[key.0].transport;
    net.request(Command::ConnectWebRtcTransport {
        transport,
        dtls_parameters: DtlsParameters {
            role: DtlsRole::Client,
            fingerprints,
        },
    })
}

fn has_dtls_state(net: &Net, key: PeerKey, wanted: DtlsState) -> bool {
    let id = net.peers[key.0].transport;
    net.events.iter().any(|(_, event)| {
        matches!(event, EventKind::DtlsStateChange { transport, state }
            if *transport == id && *state == wanted)
    })
}

fn has_closed(net: &Net, key: PeerKey, wanted: CloseReason) -> bool {
    net.closed(key) == Some(wanted)
}
