//! Fragments, floods, noise and corruption.

use proptest::prelude::*;

use super::*;

#[test]
fn few_datagrams_are_kept_before_connect() {
    let mut pair = Pair::new(1, 0);
    let hello = client_hello(&mut pair);
    let transport = &mut pair.sides[SERVER].transport;
    for _ in 0..1000 {
        transport.handle_datagram(pair.now, &hello);
        transport.handle_datagram(pair.now, &[22; 3000]);
    }
    assert_eq!(transport.early.len(), EARLY_DATAGRAMS);
}

/// A server that knows its client, and the ClientHello it has not been given yet.
fn greeted() -> (Pair, Vec<u8>) {
    let mut pair = Pair::new(1, 0);
    let hello = client_hello(&mut pair);
    let client = parameters(&pair.identities[CLIENT], DtlsRole::Auto);
    let server = &mut pair.sides[SERVER].transport;
    server.connect(pair.now, &client).unwrap();
    (pair, hello)
}

/// Cuts a ClientHello datagram into datagrams of one fragment each.
fn fragmented(hello: &[u8], size: usize) -> Vec<Vec<u8>> {
    let body = &hello[13 + 12..];
    body.chunks(size)
        .enumerate()
        .map(|(index, chunk)| {
            let offset = ((index * size) as u32).to_be_bytes();
            let length = (chunk.len() as u32).to_be_bytes();
            let mut datagram = hello[..11].to_vec();
            datagram[10] = index as u8;
            datagram.extend_from_slice(&((12 + chunk.len()) as u16).to_be_bytes());
            datagram.extend_from_slice(&hello[13..13 + 6]);
            datagram.extend_from_slice(&offset[1..]);
            datagram.extend_from_slice(&length[1..]);
            datagram.extend_from_slice(chunk);
            datagram
        })
        .collect()
}

#[test]
fn a_fragmented_client_hello_is_put_together_in_any_order() {
    for reversed in [false, true] {
        let (mut pair, hello) = greeted();
        let mut fragments = fragmented(&hello, 40);
        assert!(fragments.len() > 2);
        if reversed {
            fragments.reverse();
        }
        for fragment in fragments {
            pair.sides[SERVER]
                .transport
                .handle_datagram(pair.now, &fragment);
        }
        pair.run(HANDSHAKE_LIMIT);
        assert!(pair.is_connected(), "reversed: {reversed}");
    }
}

/// A record of zero-length fragments of one message.
fn bomb(sequence: u8) -> Vec<u8> {
    let mut datagram = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, sequence];
    let fragments = [1, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0].repeat(97);
    datagram.extend_from_slice(&(fragments.len() as u16).to_be_bytes());
    datagram.extend_from_slice(&fragments);
    datagram
}

/// A record of one-byte fragments, no two alike, that never complete their message.
fn crumbs(index: u32) -> Vec<u8> {
    let mut datagram = vec![22, 254, 253, 0, 0, 0, 0, 0, 0];
    datagram.extend_from_slice(&(index as u16).to_be_bytes());
    let mut fragments = Vec::new();
    for crumb in 0..8 {
        let offset = (1 + index * 8 + crumb).to_be_bytes();
        fragments.extend_from_slice(&[1, 0, 0x30, 0, 0, 0, offset[1], offset[2], offset[3]]);
        fragments.extend_from_slice(&[0, 0, 1, 0xaa]);
    }
    datagram.extend_from_slice(&(fragments.len() as u16).to_be_bytes());
    datagram.extend_from_slice(&fragments);
    datagram
}

#[test]
fn fragment_bombs_end_the_handshake_within_its_budget() {
    let limits = MediaLimits::default();
    for make in [|index: u32| bomb(index as u8), crumbs] {
        let mut pair = Pair::new(1, 0);
        let client = parameters(&pair.identities[CLIENT], DtlsRole::Auto);
        let server = &mut pair.sides[SERVER];
        server.transport.connect(pair.now, &client).unwrap();
        for index in 0..20_000 {
            server.transport.handle_datagram(pair.now, &make(index));
            if server.transport.state() == DtlsState::Failed {
                assert!(index <= limits.handshake_datagrams as u32, "{index}");
                break;
            }
        }
        assert!(server.drain().is_empty());
        assert_eq!(server.transport.state(), DtlsState::Failed);
        assert_eq!(server.failure, Some(DtlsFailure::Flood));
        assert!(server.transport.session.is_none() && server.transport.early.is_empty());
    }
}

#[test]
fn plaintext_noise_does_not_end_an_established_association() {
    let (mut pair, hello) = greeted();
    pair.sides[SERVER]
        .transport
        .handle_datagram(pair.now, &hello);
    pair.run(HANDSHAKE_LIMIT);
    assert!(pair.is_connected());
    let fatal_alert = [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
    for index in 0..1000 {
        let transport = &mut pair.sides[SERVER].transport;
        transport.handle_datagram(pair.now, &hello);
        transport.handle_datagram(pair.now, &bomb(index as u8));
        transport.handle_datagram(pair.now, &crumbs(index));
        transport.handle_datagram(pair.now, &fatal_alert);
    }
    pair.sides[SERVER].drain();
    assert_eq!(pair.sides[SERVER].transport.state(), DtlsState::Connected);
}

#[test]
fn a_flood_at_a_transport_in_handshake_is_bounded_in_bytes() {
    let mut pair = Pair::new(1, 0);
    let client = parameters(&pair.identities[CLIENT], DtlsRole::Auto);
    let server = &mut pair.sides[SERVER];
    server.transport.connect(pair.now, &client).unwrap();
    server.transport.handle_datagram(
        pair.now,
        &vec![22; MediaLimits::default().handshake_bytes + 1],
    );
    server.drain();
    assert_eq!(server.failure, Some(DtlsFailure::Flood));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A real handshake with one byte changed somewhere ends connected or failed, never panics,
    /// and never gives keys to one that was deceived.
    #[test]
    fn a_corrupted_handshake_never_panics(
        datagram in 0_usize..8,
        place in any::<prop::sample::Index>(),
        mask in 1_u8..,
    ) {
        let mut pair = Pair::new(1, 0).connected_to_each_other();
        let mut count = 0;
        pair.flush();
        for _ in 0..40 {
            for (_, to, mut bytes) in std::mem::take(&mut pair.flying) {
                if count == datagram {
                    let place = place.index(bytes.len());
                    bytes[place] ^= mask;
                }
                count += 1;
                pair.sides[to].transport.handle_datagram(pair.now, &bytes);
            }
            pair.flush();
            pair.now += Duration::from_millis(500);
            for side in &mut pair.sides {
                side.transport.handle_timeout(pair.now);
            }
            pair.flush();
        }
        for side in &pair.sides {
            let connected = side.transport.state() == DtlsState::Connected;
            prop_assert_eq!(side.keys.is_some(), connected);
        }
    }

    #[test]
    fn arbitrary_datagrams_never_panic(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..40),
        content in 20_u8..26,
    ) {
        let identity = DtlsIdentity::generate().unwrap();
        let now = epoch();
        for role in [DtlsRole::Client, DtlsRole::Server] {
            let mut side = Side::new(&identity, now);
            side.transport.connect(now, &parameters(&identity, role)).unwrap();
            for body in &datagrams {
                let mut record = vec![content, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1];
                record.extend_from_slice(&(body.len() as u16).to_be_bytes());
                record.extend_from_slice(body);
                side.transport.handle_datagram(now, &record);
                side.transport.handle_datagram(now, body);
            }
            side.drain();
            prop_assert!(side.keys.is_none());
        }
    }
}
