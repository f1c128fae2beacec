//! Which cipher suites a handshake may end with: those with ephemeral keys and an AEAD, and no other; and
//! that every server has a key of its own.

use super::*;

/// TLS_ECDHE_ECDSA_WITH_… AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256.
const GOOD: [[u8; 2]; 3] = [[0xC0, 0x2B], [0xC0, 0x2C], [0xCC, 0xA9]];

/// No encryption, with every kind of key exchange; no ephemeral keys; no AEAD; no authentication.
const BAD: [[u8; 2]; 10] = [
    [0x00, 0x00], // TLS_NULL_WITH_NULL_NULL
    [0x00, 0x3B], // TLS_RSA_WITH_NULL_SHA256
    [0xC0, 0x01], // TLS_ECDH_ECDSA_WITH_NULL_SHA
    [0xC0, 0x06], // TLS_ECDHE_ECDSA_WITH_NULL_SHA
    [0xC0, 0x10], // TLS_ECDHE_RSA_WITH_NULL_SHA
    [0x00, 0x9C], // TLS_RSA_WITH_AES_128_GCM_SHA256
    [0xC0, 0x2D], // TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256
    [0xC0, 0x08], // TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
    [0xC0, 0x09], // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
    [0xC0, 0x18], // TLS_ECDH_anon_WITH_AES_128_CBC_SHA
];

/// Where a ClientHello has its cipher suites: behind two headers, its version, random, session and cookie.
fn suites(hello: &[u8]) -> std::ops::Range<usize> {
    let mut at = 13 + 12 + 2 + 32;
    for _ in 0..2 {
        at += 1 + usize::from(hello[at]);
    }
    let length = usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    at + 2..at + 2 + length
}

/// The suite a server chooses of these, if any.
fn chosen(offered: &[[u8; 2]]) -> Option<[u8; 2]> {
    let mut pair = Pair::new(1, 0);
    let mut hello = client_hello(&mut pair);
    let places = suites(&hello);
    // As many as before: what else the hello says keeps its place.
    for (place, at) in places.step_by(2).enumerate() {
        hello[at..at + 2].copy_from_slice(&offered[place % offered.len()]);
    }
    let client = parameters(&pair.identities[CLIENT], DtlsRole::Auto);
    let server = &mut pair.sides[SERVER];
    server.transport.connect(pair.now, &client).unwrap();
    server.transport.handle_datagram(pair.now, &hello);
    let flight = server.drain();
    assert!(server.keys.is_none() && server.transport.state() != DtlsState::Connected);
    // A handshake record that holds a ServerHello: version, random, session, and the suite.
    let answer = flight.iter().find(|it| it[0] == 22 && it[13] == 2)?;
    let session = 13 + 12 + 2 + 32;
    let suite = session + 1 + usize::from(answer[session]);
    Some([answer[suite], answer[suite + 1]])
}

#[test]
fn only_suites_with_ephemeral_keys_and_an_aead_are_chosen() {
    for suite in GOOD {
        let at_all = chosen(&[suite]);
        assert!(
            at_all.is_none_or(|it| it == suite),
            "{suite:x?} {at_all:x?}"
        );
    }
    assert_eq!(chosen(&GOOD[..1]), Some(GOOD[0]), "what every browser has");
    for suite in BAD {
        assert_eq!(chosen(&[suite]), None, "{suite:x?}");
    }
    // Nor where they come first.
    assert_eq!(chosen(&[BAD[0], BAD[5], GOOD[0]]), Some(GOOD[0]));
}

#[test]
fn nothing_else_is_offered() {
    let mut pair = Pair::new(1, 0);
    let hello = client_hello(&mut pair);
    let offered = &hello[suites(&hello)];
    assert!(!offered.is_empty());
    for suite in offered.chunks(2) {
        // RFC 5746's signal, which is no suite, and those of DTLS 1.3, which all are as good.
        let other = suite == [0x00, 0xFF] || suite[0] == 0x13;
        assert!(other || GOOD.iter().any(|good| good == suite), "{suite:x?}");
    }
}

#[test]
fn every_identity_has_a_key_of_its_own_on_p_256() {
    // prime256v1, as certificates name it (RFC 5480 §2.1.1.1).
    const CURVE: [u8; 8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
    let [one, other] = [(); 2].map(|()| DtlsIdentity::generate().unwrap());
    assert_ne!(one.fingerprints(), other.fingerprints());
    let mut pair = Pair::new(1, 0).connected_to_each_other();
    pair.flush();
    while let Some((_, to, datagram)) = pair.flying.pop() {
        if to == CLIENT && find(&datagram, &CURVE).is_some() {
            return;
        }
        pair.sides[to]
            .transport
            .handle_datagram(pair.now, &datagram);
        pair.flush();
    }
    panic!("the server showed no certificate on P-256");
}
