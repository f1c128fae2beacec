//! Against rtc-srtp, an independent implementation, in both directions.

use proptest::prelude::*;
use rtc_srtp::context::Context;
use rtc_srtp::crypto::providers::AwsLcRsCrypto;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::tests::{PROFILES, keying_material, rtcp, rtp};
use super::*;

/// The oracle's context for what `side` (0 client, 1 server) seals.
fn oracle(profile: SrtpProfile, side: usize) -> Context {
    let material = keying_material(profile);
    let (key, salt) = (profile.key_len(), profile.salt_len());
    let salts = &material[2 * key..];
    let theirs = match profile {
        SrtpProfile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpProfile::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        SrtpProfile::Aes128CmHmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    Context::new(
        &material[side * key..][..key],
        &salts[side * salt..][..salt],
        theirs,
        None,
        None,
        &AwsLcRsCrypto,
    )
    .unwrap()
}

/// We are the DTLS server: the oracle's client sends to us, we send to it.
fn ours(profile: SrtpProfile) -> (SrtpInbound, SrtpOutbound) {
    srtp_pair(profile, &keying_material(profile), false).unwrap()
}

/// With or without a one-byte header extension.
fn packet(ssrc: u32, sequence: u16, extended: bool) -> Vec<u8> {
    let payload: Vec<u8> = (0..sequence % 300).map(|i| i as u8).collect();
    let mut packet = rtp(ssrc, sequence, &[]);
    if extended {
        packet[0] |= 0x10;
        packet.extend_from_slice(&[0xbe, 0xde, 0, 2, 0x12, 1, 2, 3, 0x30, 9, 0, 0]);
    }
    packet.extend_from_slice(&payload);
    packet
}

#[test]
fn the_oracle_opens_our_rtp_across_three_wraps() {
    for profile in PROFILES {
        let (_, mut outbound) = ours(profile);
        let mut opener = oracle(profile, 1);
        for step in 0..200_000_u32 / 97 {
            let plain = packet(5, (65_000 + step * 97) as u16, step % 2 == 0);
            let mut arena = plain.clone();
            outbound.protect_rtp(&mut arena, 0).unwrap();
            let opened = opener.decrypt_rtp(&arena).unwrap();
            assert_eq!(opened[..], plain[..], "{profile:?} step {step}");
        }
    }
}

#[test]
fn we_open_the_oracles_rtp_across_three_wraps() {
    for profile in PROFILES {
        let (mut inbound, _) = ours(profile);
        let mut sealer = oracle(profile, 0);
        for step in 0..200_000_u32 / 97 {
            let plain = packet(5, (65_000 + step * 97) as u16, step % 2 == 0);
            let mut sealed = sealer.encrypt_rtp(&plain).unwrap().to_vec();
            let len = inbound.unprotect_rtp(&mut sealed).unwrap();
            assert_eq!(sealed[..len], plain[..], "{profile:?} step {step}");
        }
    }
}

#[test]
fn rtcp_of_several_ssrcs_passes_in_both_directions() {
    for profile in PROFILES {
        let (mut inbound, mut outbound) = ours(profile);
        let mut opener = oracle(profile, 1);
        let mut sealer = oracle(profile, 0);
        for step in 0..300_u32 {
            let plain = rtcp(step % 5, (step % 40) as u16);
            let mut arena = plain.clone();
            outbound.protect_rtcp(&mut arena, 0).unwrap();
            assert_eq!(
                opener.decrypt_rtcp(&arena).unwrap()[..],
                plain[..],
                "{profile:?}"
            );
            let mut sealed = sealer.encrypt_rtcp(&plain).unwrap().to_vec();
            let len = inbound.unprotect_rtcp(&mut sealed).unwrap();
            assert_eq!(sealed[..len], plain[..], "{profile:?} step {step}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Displacement by less than the window, duplicates included, around two wraps.
    #[test]
    fn reordered_and_duplicated_packets_are_opened_once(
        start in 32_768_u16..=65_535,
        moves in proptest::collection::vec(0_u32..400, 600),
        profile in proptest::sample::select(PROFILES.to_vec()),
    ) {
        let (mut inbound, _) = ours(profile);
        let mut sealer = oracle(profile, 0);
        let mut sent: Vec<(u32, Vec<u8>, Vec<u8>)> = Vec::new();
        for (step, displacement) in moves.iter().enumerate() {
            let step = step as u32;
            let plain = rtp(5, start.wrapping_add((step * 150) as u16), &step.to_be_bytes());
            let sealed = sealer.encrypt_rtp(&plain).unwrap().to_vec();
            // The first stays first: a receiver learns the counter from it.
            let place = if step == 0 { 0 } else { 1 + step * 150 + displacement };
            sent.push((place, plain.clone(), sealed.clone()));
            if step > 0 {
                sent.push((place + 100, plain, sealed));
            }
        }
        sent.sort_by_key(|(place, ..)| *place);
        let mut opened = 0;
        for (_, plain, mut sealed) in sent {
            match inbound.unprotect_rtp(&mut sealed) {
                Ok(len) => {
                    prop_assert_eq!(&sealed[..len], &plain[..]);
                    opened += 1;
                }
                Err(error) => prop_assert_eq!(error, SrtpError::Replayed),
            }
        }
        prop_assert_eq!(opened, moves.len());
    }
}
