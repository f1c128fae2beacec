//! RFC 5769's vectors, and requests that are to be refused.

use std::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;

/// RFC 5769 §2.1, with its password and username.
const RFC_5769_REQUEST: [u8; 108] = [
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
];
const RFC_5769_PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

#[test]
fn reads_and_authenticates_the_request_of_rfc_5769() {
    assert_eq!(request_username(&RFC_5769_REQUEST), Some(("evtj", "h6vY")));
    let Incoming::Request(mut request) = Incoming::parse(&RFC_5769_REQUEST) else {
        panic!("not a request");
    };
    assert_eq!(request.our_username_fragment(), "evtj");
    assert!(request.is_authentic(RFC_5769_PASSWORD));
    assert!(!request.is_authentic("VOkJxbRl1RmTxUk/WvJxBu"));
    assert!(!request.nominates());
}

#[test]
fn answers_the_request_of_rfc_5769_with_the_addresses_of_its_responses() {
    let Incoming::Request(request) = Incoming::parse(&RFC_5769_REQUEST) else {
        panic!("not a request");
    };
    let v4 = "192.0.2.1:32853".parse().unwrap();
    let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
        .parse()
        .unwrap();
    for (from, mapped) in [
        (v4, vec![0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]),
        (
            v6,
            vec![
                0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
                0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
            ],
        ),
    ] {
        let mut reply = Vec::new();
        request.accept(from, RFC_5769_PASSWORD, &mut reply);
        assert_eq!(reply[..2], [1, 1]);
        assert_eq!(reply[4..20], RFC_5769_REQUEST[4..20]);
        assert_eq!(value(&reply, XOR_MAPPED_ADDRESS), Some(mapped));
        assert_reply_is_authentic(&reply, RFC_5769_PASSWORD);
    }
}

#[test]
fn the_hand_made_messages_agree_with_rfc_5769() {
    let unsigned = Stun(RFC_5769_REQUEST[..76].to_vec());
    let signed = unsigned.integrity(RFC_5769_PASSWORD).fingerprint();
    assert_eq!(signed.0, RFC_5769_REQUEST);
}

#[test]
fn requests_that_are_not_authentic_are_dropped_in_silence() {
    let mut session = Session::new();
    let mut other = Session::new();
    other.password = session.password.clone();
    let password = session.password.clone();
    let truncated = |bytes: Vec<u8>, by| bytes[..bytes.len() - by].to_vec();
    let no_username = Stun::new(1, 7)
        .with(PRIORITY, &[0; 4])
        .integrity(&password)
        .fingerprint();
    let mut wrong_fingerprint = session.request(true);
    *wrong_fingerprint.last_mut().unwrap() ^= 1;
    let mut attributes = Stun::new(1, 7);
    for _ in 0..1000 {
        attributes = attributes.with(0x7fff, &[]);
    }
    for (name, bytes) in [
        (
            "wrong password",
            session.unsigned(true).integrity("guess").fingerprint().0,
        ),
        ("unknown ufrag", other.request(true)),
        ("no integrity", session.unsigned(true).fingerprint().0),
        ("no username", no_username.0),
        ("wrong fingerprint", wrong_fingerprint),
        ("truncated", truncated(session.request(true), 4)),
        ("header alone", Stun::new(1, 7).0),
        ("cut header", truncated(Stun::new(1, 7).0, 1)),
        (
            "1,000 unknown attributes",
            attributes.integrity(&password).fingerprint().0,
        ),
        (
            "response",
            Stun::new(0x0101, 7).integrity(&password).fingerprint().0,
        ),
        (
            "other method",
            Stun::new(3, 7).integrity(&password).fingerprint().0,
        ),
        ("nothing", vec![]),
        ("trailing byte", [session.request(true), vec![0]].concat()),
    ] {
        let outcome = session.send(1, &bytes);
        assert_eq!(
            outcome,
            IceOutcome {
                rejected: true,
                ..IceOutcome::default()
            },
            "{name}"
        );
        assert!(session.reply.is_empty(), "{name}");
    }
    assert_eq!(session.ice.state(), IceState::New);
    assert!(session.ice.tuples.is_empty());
}

#[test]
fn what_follows_the_integrity_is_not_believed() {
    let mut session = Session::new();
    session.check(1, true);
    let request = session
        .unsigned(false)
        .integrity(&session.password)
        .with(USE_CANDIDATE, &[]);
    let outcome = session.send(2, &request.fingerprint().0);
    assert_eq!(outcome.added, Some(tuple(2)));
    assert_eq!(session.selected_port(), Some(1));
}

#[test]
fn a_request_without_fingerprint_is_accepted() {
    let mut session = Session::new();
    let request = session.unsigned(true).integrity(&session.password);
    assert_eq!(session.send(1, &request.0).added, Some(tuple(1)));
    assert!(!session.reply.is_empty());
}

#[test]
fn a_peer_that_claims_to_be_controlled_is_told_of_the_conflict() {
    let mut session = Session::new();
    let username = format!("{}:abcd", session.ufrag);
    let request = Stun::new(1, 7)
        .with(USERNAME, username.as_bytes())
        .with(CONTROLLED, &[9; 8])
        .integrity(&session.password)
        .fingerprint();
    assert!(session.send(1, &request.0).rejected);
    assert_eq!(session.reply[..2], [0x01, 0x11]);
    assert_eq!(
        value(&session.reply, ERROR_CODE).unwrap()[..4],
        [0, 0, 4, 87]
    );
    assert_reply_is_authentic(&session.reply, &session.password);
    assert!(session.ice.tuples.is_empty());
}

#[test]
fn attributes_that_must_be_understood_and_are_not_are_named() {
    let mut session = Session::new();
    let request = session
        .unsigned(true)
        .with(0x7abc, &[1, 2, 3, 4])
        .integrity(&session.password)
        .fingerprint();
    assert!(session.send(1, &request.0).rejected);
    assert_eq!(
        value(&session.reply, ERROR_CODE).unwrap()[..4],
        [0, 0, 4, 20]
    );
    assert_eq!(
        value(&session.reply, UNKNOWN_ATTRIBUTES).unwrap()[..2],
        [0x7a, 0xbc]
    );
    assert_reply_is_authentic(&session.reply, &session.password);
    let optional = session
        .unsigned(true)
        .with(0xc057, &[1, 2, 3, 4])
        .integrity(&session.password)
        .fingerprint();
    assert!(!session.send(1, &optional.0).rejected);
}

#[test]
fn no_reply_is_longer_than_its_request() {
    let mut session = Session::new();
    let unsigned = Stun::new(1, 7).with(USERNAME, format!("{}:", session.ufrag).as_bytes());
    let shortest = unsigned.integrity(&session.password).0;
    let from = |ip| Tuple {
        socket: SocketId(0),
        remote: SocketAddr::new(ip, 1),
    };
    let v6 = from(IpAddr::V6(Ipv6Addr::LOCALHOST));
    let mapped = from(IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped()));
    for (bytes, from, replied) in [
        (session.request(false), v6, true),
        (session.request(false), mapped, true),
        (shortest.clone(), mapped, true),
        (shortest, v6, false),
    ] {
        session
            .ice
            .handle_stun(session.now, from, &bytes, &mut session.reply);
        assert!(session.reply.len() <= bytes.len());
        assert_eq!(!session.reply.is_empty(), replied, "{} bytes", bytes.len());
    }
}

#[test]
fn an_ipv4_client_on_a_dual_stack_socket_is_told_its_ipv4_address() {
    let mut session = Session::new();
    let request = session.request(false);
    let mut from = tuple(5);
    session
        .ice
        .handle_stun(session.now, from, &request, &mut session.reply);
    let plain = value(&session.reply, XOR_MAPPED_ADDRESS);
    from.remote
        .set_ip(IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped()));
    session
        .ice
        .handle_stun(session.now, from, &request, &mut session.reply);
    assert_eq!(value(&session.reply, XOR_MAPPED_ADDRESS), plain);
}

/// xorshift64*.
fn random(state: &mut u64) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
}

/// B-4: an attacker who saw a valid request but does not know the password.
#[test]
fn ten_thousand_mutated_requests_make_no_state_and_no_amplification() {
    let mut session = Session::new();
    let original = session.request(true);
    let unsigned_bytes = original.len() - 32;
    for seed in 1..=10_000_u64 {
        let mut state = seed;
        let mut bytes = original.clone();
        for _ in 0..=random(&mut state) % 4 {
            let place = random(&mut state) % unsigned_bytes;
            bytes[place] ^= 1 << (random(&mut state) % 8);
        }
        if seed % 3 == 0 {
            bytes.truncate(random(&mut state) % bytes.len());
        }
        if bytes == original {
            continue;
        }
        let repaired = Stun(bytes[..bytes.len().saturating_sub(8)].to_vec());
        let bytes = if seed % 2 == 0 && repaired.0.len() >= 20 {
            repaired.fingerprint().0
        } else {
            bytes
        };
        if bytes == original {
            continue;
        }
        let outcome = session.send(seed as u16, &bytes);
        assert!(
            outcome.rejected || outcome == IceOutcome::default(),
            "seed {seed}: {outcome:?}"
        );
        assert!(session.reply.is_empty(), "seed {seed}");
    }
    assert!(session.ice.tuples.is_empty() && session.ice.consent.is_none());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut session = Session::new();
        request_username(&bytes);
        session.send(1, &bytes);
        prop_assert!(session.reply.is_empty());
        if bytes.len() >= 20 {
            bytes[..2].copy_from_slice(&[0, 1]);
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
            let mut stun = Stun(bytes);
            stun.set_length(0);
            request_username(&stun.0);
            let fingerprinted = stun.clone().fingerprint();
            prop_assert!(session.send(1, &stun.0).rejected);
            prop_assert!(session.send(1, &fingerprinted.0).rejected);
            prop_assert!(session.reply.is_empty());
        }
    }

    /// An authentic client may say anything; state stays within its limits.
    #[test]
    fn authentic_nonsense_is_bounded(
        steps in proptest::collection::vec((0_u16..20, any::<bool>(), 0_u64..12, any::<u16>()), 1..60),
    ) {
        let mut session = Session::new();
        for (port, nominate, seconds, kind) in steps {
            session.pass(Duration::from_secs(seconds));
            session.timeout();
            let request = session
                .unsigned(nominate)
                .with(kind, &[1, 2, 3, 4])
                .integrity(&session.password)
                .fingerprint();
            session.send(port, &request.0);
            prop_assert!(session.reply.len() <= request.0.len());
            prop_assert!(session.ice.tuples.len() <= 8);
            prop_assert_eq!(session.ice.selected().is_some(), !session.ice.tuples.is_empty());
            if let Some(selected) = session.ice.selected() {
                prop_assert!(session.ice.is_validated(&selected));
            }
        }
    }
}
