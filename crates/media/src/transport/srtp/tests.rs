//! The RFCs' vectors, and behaviour that needs no second implementation.

use proptest::prelude::*;

use super::gcm::Gcm;
use super::header::{RtpHeader, rtp_header};
use super::kdf::{Label, ctr_key, derive};
use super::suite::MasterKey;
use super::*;

pub(super) const PROFILES: [SrtpProfile; 3] = [
    SrtpProfile::AeadAes128Gcm,
    SrtpProfile::AeadAes256Gcm,
    SrtpProfile::Aes128CmHmacSha1_80,
];

/// Bytes of a hexadecimal string; blanks are skipped.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

pub(super) fn keying_material(profile: SrtpProfile) -> Vec<u8> {
    let len = 2 * (profile.key_len() + profile.salt_len());
    (0..len).map(|i| (i * 7 + 3) as u8).collect()
}

/// A sender's outbound half and its receiver's inbound half.
fn link(profile: SrtpProfile) -> (SrtpOutbound, SrtpInbound) {
    let material = keying_material(profile);
    let (_, outbound) = srtp_pair(profile, &material, true).unwrap();
    let (inbound, _) = srtp_pair(profile, &material, false).unwrap();
    (outbound, inbound)
}

pub(super) fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 1]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

pub(super) fn rtcp(ssrc: u32, words: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 201];
    packet.extend_from_slice(&(1 + words).to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.resize(8 + 4 * usize::from(words), 0xc5);
    packet
}

fn protect(outbound: &mut SrtpOutbound, packet: &[u8]) -> Vec<u8> {
    let mut arena = packet.to_vec();
    outbound.protect_rtp(&mut arena, 0).unwrap();
    arena
}

fn protect_rtcp(outbound: &mut SrtpOutbound, packet: &[u8]) -> Vec<u8> {
    let mut arena = packet.to_vec();
    outbound.protect_rtcp(&mut arena, 0).unwrap();
    arena
}

fn unprotect(inbound: &mut SrtpInbound, sealed: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = sealed.to_vec();
    let len = inbound.unprotect_rtp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

fn unprotect_rtcp(inbound: &mut SrtpInbound, sealed: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = sealed.to_vec();
    let len = inbound.unprotect_rtcp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

#[test]
fn derives_the_session_keys_of_rfc_3711_appendix_b3() {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let master = MasterKey {
        key: &key,
        salt: &salt,
    };
    for (label, expected) in [
        (Label::RtpEncryption, "C61E7A93744F39EE10734AFE3FF7A087"),
        (Label::RtpSalt, "30CBBC08863D8C85D49DB34A9AE1"),
        (
            Label::RtpAuthentication,
            "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4",
        ),
    ] {
        let expected = hex(expected);
        let mut derived = vec![0xff; expected.len()];
        derive(master, label, &mut derived).unwrap();
        assert_eq!(derived, expected, "{label:?}");
    }
}

#[test]
fn makes_the_key_stream_of_rfc_3711_appendix_b2() {
    use aws_lc_rs::cipher::EncryptionContext;
    use aws_lc_rs::iv::FixedLength;

    let mut iv = [0; 16];
    iv[..14].copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
    let mut stream = [0; 48];
    ctr_key(&hex("2B7E151628AED2A6ABF7158809CF4F3C"))
        .unwrap()
        .less_safe_encrypt(&mut stream, EncryptionContext::Iv128(FixedLength::from(iv)))
        .unwrap();
    assert_eq!(
        stream[..],
        hex(
            "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
             41E95B3BB0A2E8DD477901E4FCA894C0"
        )
    );
}

#[test]
fn seals_the_packet_every_rfc_3711_implementation_is_checked_with() {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let master = MasterKey {
        key: &key,
        salt: &salt,
    };
    let mut outbound = SrtpOutbound::new(SrtpProfile::Aes128CmHmacSha1_80, master).unwrap();
    let packet = hex("800f1234decafbadcafebabe abababababababababababababababab");
    assert_eq!(
        protect(&mut outbound, &packet),
        hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb")
    );
}

const RFC_7714_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const RFC_7714_SALT: &str = "517569642070726f2071756f";
const RFC_7714_RTP: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973
    20646976 69736120 696e2070 61727465 73207472 6573";
const RFC_7714_RTCP: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930
    4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef";

fn rfc_7714_gcm(key_len: usize) -> Gcm {
    let salt = hex(RFC_7714_SALT).try_into().unwrap();
    Gcm::with_session_key(&hex(RFC_7714_KEY)[..key_len], salt).unwrap()
}

fn header_of(packet: &[u8]) -> RtpHeader {
    rtp_header(packet).unwrap()
}

#[test]
fn seals_and_opens_the_srtp_vectors_of_rfc_7714_section_16() {
    let plain = hex(RFC_7714_RTP);
    for (key_len, sealed) in [
        (
            16,
            "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
             36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            32,
            "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
             1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ] {
        let gcm = rfc_7714_gcm(key_len);
        let mut arena = plain.clone();
        gcm.seal_rtp(&mut arena, 0, header_of(&plain), 0xf17b)
            .unwrap();
        assert_eq!(arena[12..], hex(sealed), "key of {key_len} bytes");
        let len = gcm.open_rtp(&mut arena, header_of(&plain), 0xf17b).unwrap();
        assert_eq!(arena[..len], plain);
    }
}

#[test]
fn seals_and_opens_the_srtcp_vectors_of_rfc_7714_section_17() {
    let plain = hex(RFC_7714_RTCP);
    for (key_len, sealed) in [
        (
            16,
            "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
             4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        ),
        (
            32,
            "d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
             8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        ),
    ] {
        let gcm = rfc_7714_gcm(key_len);
        let mut arena = plain.clone();
        gcm.seal_rtcp(&mut arena, 0, 0x4d61_7273, 0x5d4).unwrap();
        assert_eq!(arena[8..], hex(sealed), "key of {key_len} bytes");
        let len = gcm.open_rtcp(&mut arena, 0x4d61_7273, 0x5d4).unwrap();
        assert_eq!(arena[..len], plain);
    }
}

#[test]
fn what_one_side_seals_the_other_opens_in_both_directions() {
    for profile in PROFILES {
        let material = keying_material(profile);
        let (mut client_in, mut client_out) = srtp_pair(profile, &material, true).unwrap();
        let (mut server_in, mut server_out) = srtp_pair(profile, &material, false).unwrap();
        let packet = rtp(7, 1, b"media");
        let sealed = protect(&mut client_out, &packet);
        assert_eq!(unprotect(&mut server_in, &sealed), Ok(packet.clone()));
        let sealed = protect(&mut server_out, &packet);
        assert_eq!(unprotect(&mut client_in, &sealed), Ok(packet.clone()));
        let report = rtcp(7, 6);
        let sealed = protect_rtcp(&mut server_out, &report);
        assert_eq!(unprotect_rtcp(&mut client_in, &sealed), Ok(report));
        assert_eq!(
            unprotect_rtcp(&mut server_in, &sealed),
            Err(SrtpError::Unauthenticated)
        );
    }
}

#[test]
fn only_the_packet_at_the_end_of_the_arena_is_touched() {
    let (mut outbound, mut inbound) = link(SrtpProfile::AeadAes128Gcm);
    let mut arena = vec![0xee; 100];
    arena.extend_from_slice(&rtp(7, 1, b"media"));
    outbound.protect_rtp(&mut arena, 100).unwrap();
    assert_eq!(arena[..100], [0xee; 100]);
    assert_eq!(
        unprotect(&mut inbound, &arena[100..]),
        Ok(rtp(7, 1, b"media"))
    );
}

#[test]
fn csrcs_and_header_extensions_stay_in_clear_and_authentic() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let mut packet = rtp(7, 1, &[]);
        packet[0] = 0x80 | 0x10 | 15;
        packet.resize(12 + 60, 0x11);
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0]);
        let clear = packet.len();
        packet.extend_from_slice(b"media");
        let sealed = protect(&mut outbound, &packet);
        assert_eq!(sealed[..clear], packet[..clear]);
        assert_ne!(sealed[clear..clear + 5], packet[clear..]);
        let mut forged = sealed.clone();
        forged[clear - 3] ^= 1;
        assert_eq!(
            unprotect(&mut inbound, &forged),
            Err(SrtpError::Unauthenticated)
        );
        assert_eq!(unprotect(&mut inbound, &sealed), Ok(packet));
    }
}

#[test]
fn a_packet_without_payload_is_protected_too() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let sealed = protect(&mut outbound, &rtp(7, 1, &[]));
        assert_eq!(unprotect(&mut inbound, &sealed), Ok(rtp(7, 1, &[])));
        let sealed = protect_rtcp(&mut outbound, &rtcp(7, 0));
        assert_eq!(unprotect_rtcp(&mut inbound, &sealed), Ok(rtcp(7, 0)));
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let sealed = protect(&mut outbound, &rtp(7, 1, b"media"));
        let report = protect_rtcp(&mut outbound, &rtcp(7, 1));
        for bit in 0..sealed.len() * 8 {
            let mut forged = sealed.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(
                unprotect(&mut inbound, &forged).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        for bit in 0..report.len() * 8 {
            let mut forged = report.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(
                unprotect_rtcp(&mut inbound, &forged).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        assert_eq!(inbound.known(), (0, 0));
        assert!(unprotect(&mut inbound, &sealed).is_ok());
        assert!(unprotect_rtcp(&mut inbound, &report).is_ok());
    }
}

#[test]
fn no_replayed_packet_is_accepted_even_after_the_counter_wrapped() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let first: Vec<_> = (0..1000)
            .map(|seq| protect(&mut outbound, &rtp(7, seq, b"m")))
            .collect();
        assert!(
            first
                .iter()
                .all(|packet| unprotect(&mut inbound, packet).is_ok())
        );
        assert!(
            first
                .iter()
                .all(|packet| unprotect(&mut inbound, packet) == Err(SrtpError::Replayed))
        );
        for step in 1..=70 {
            let packet = protect(&mut outbound, &rtp(7, (1000_u32 * step) as u16, b"m"));
            assert!(
                unprotect(&mut inbound, &packet).is_ok(),
                "{profile:?} step {step}"
            );
        }
        assert!(
            first
                .iter()
                .all(|packet| unprotect(&mut inbound, packet).is_err())
        );
    }
}

#[test]
fn no_replayed_rtcp_packet_is_accepted() {
    let (mut outbound, mut inbound) = link(SrtpProfile::AeadAes128Gcm);
    let sealed: Vec<_> = (0..200)
        .map(|_| protect_rtcp(&mut outbound, &rtcp(7, 2)))
        .collect();
    for packet in sealed.iter().rev() {
        assert!(unprotect_rtcp(&mut inbound, packet).is_ok());
    }
    for packet in &sealed {
        assert_eq!(
            unprotect_rtcp(&mut inbound, packet),
            Err(SrtpError::Replayed)
        );
    }
}

#[test]
fn resending_older_packets_around_a_wrap_uses_their_own_counter() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let mut sealed = Vec::new();
        for sequence in (65_500..=65_535).chain(0..40) {
            sealed.push(protect(&mut outbound, &rtp(7, sequence, b"m")));
        }
        let again = protect(&mut outbound, &rtp(7, 65_530, b"m"));
        assert_eq!(again, sealed[30], "{profile:?}");
        let forward = protect(&mut outbound, &rtp(7, 40, b"m"));
        assert!(unprotect(&mut inbound, &sealed[0]).is_ok());
        assert!(unprotect(&mut inbound, &forward).is_ok(), "{profile:?}");
        assert!(unprotect(&mut inbound, &again).is_ok(), "{profile:?}");
    }
}

#[test]
fn resending_from_far_back_does_not_turn_the_counter_back() {
    let (mut outbound, mut inbound) = link(SrtpProfile::AeadAes128Gcm);
    for sequence in [30_000, 60_000] {
        let sealed = protect(&mut outbound, &rtp(7, sequence, b"m"));
        assert!(unprotect(&mut inbound, &sealed).is_ok());
    }
    protect(&mut outbound, &rtp(7, 30_000, b"m"));
    let wrapped = protect(&mut outbound, &rtp(7, 10, b"m"));
    assert!(unprotect(&mut inbound, &wrapped).is_ok());
}

#[test]
fn a_forged_flood_of_ssrcs_leaves_no_state() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        for ssrc in 0..20_000 {
            let mut packet = rtp(ssrc, 1, &[0; 48]);
            assert_eq!(
                inbound.unprotect_rtp(&mut packet),
                Err(SrtpError::Unauthenticated)
            );
            let mut report = rtcp(ssrc, 10);
            let word = report.len() - 4;
            report[word] |= 0x80;
            report[word - 10] |= 0x80;
            assert_eq!(
                inbound.unprotect_rtcp(&mut report),
                Err(SrtpError::Unauthenticated)
            );
        }
        assert_eq!(inbound.known(), (0, 0));
        let sealed = protect(&mut outbound, &rtp(7, 1, b"media"));
        assert!(unprotect(&mut inbound, &sealed).is_ok());
    }
}

#[test]
fn an_authentic_flood_of_ssrcs_stops_at_the_limit_and_forgetting_makes_room() {
    let (mut outbound, mut inbound) = link(SrtpProfile::AeadAes128Gcm);
    for ssrc in 0..MAX_INBOUND_SSRCS as u32 {
        let sealed = protect(&mut outbound, &rtp(ssrc, 1, b"m"));
        assert!(unprotect(&mut inbound, &sealed).is_ok());
    }
    let beyond = protect(&mut outbound, &rtp(99_999, 1, b"m"));
    assert_eq!(
        unprotect(&mut inbound, &beyond),
        Err(SrtpError::TooManySsrcs)
    );
    inbound.forget(3);
    assert!(unprotect(&mut inbound, &beyond).is_ok());
    assert_eq!(inbound.known().0, MAX_INBOUND_SSRCS);
}

#[test]
fn outbound_ssrcs_are_limited_too() {
    let (mut outbound, _) = link(SrtpProfile::AeadAes128Gcm);
    for ssrc in 0..MAX_OUTBOUND_SSRCS as u32 {
        protect(&mut outbound, &rtp(ssrc, 1, b"m"));
    }
    let mut arena = rtp(99_999, 1, b"m");
    assert_eq!(
        outbound.protect_rtp(&mut arena, 0),
        Err(SrtpError::TooManySsrcs)
    );
    outbound.forget(0);
    assert_eq!(outbound.protect_rtp(&mut arena, 0), Ok(()));
}

#[test]
fn headers_that_do_not_fit_their_packet_are_malformed() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let mut csrcs = rtp(7, 1, &[0; 40]);
        csrcs[0] |= 15;
        let mut extension = rtp(7, 1, &[0xff; 40]);
        extension[0] |= 0x10;
        let mut version = rtp(7, 1, &[0; 40]);
        version[0] = 0x40;
        for mut packet in [
            csrcs,
            extension,
            version,
            vec![],
            vec![0x80],
            vec![0x80; 11],
        ] {
            assert_eq!(
                inbound.unprotect_rtp(&mut packet),
                Err(SrtpError::Malformed)
            );
            assert_eq!(
                outbound.protect_rtp(&mut packet, 0),
                Err(SrtpError::Malformed)
            );
            assert_eq!(
                outbound.protect_rtp(&mut packet, 9999),
                Err(SrtpError::Malformed)
            );
        }
        for mut packet in [vec![], vec![0x80], vec![0x80; 7]] {
            assert_eq!(
                inbound.unprotect_rtcp(&mut packet),
                Err(SrtpError::Malformed)
            );
            assert_eq!(
                outbound.protect_rtcp(&mut packet, 0),
                Err(SrtpError::Malformed)
            );
        }
    }
}

#[test]
fn rtcp_that_is_only_authenticated_is_refused() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = link(profile);
        let mut sealed = protect_rtcp(&mut outbound, &rtcp(7, 2));
        let word = match profile {
            SrtpProfile::Aes128CmHmacSha1_80 => sealed.len() - 14,
            _ => sealed.len() - 4,
        };
        sealed[word] &= 0x7f;
        assert_eq!(
            inbound.unprotect_rtcp(&mut sealed),
            Err(SrtpError::Unencrypted)
        );
    }
}

#[test]
fn keying_material_of_another_length_is_refused() {
    for profile in PROFILES {
        let mut material = keying_material(profile);
        material.push(0);
        let error = srtp_pair(profile, &material, true).err();
        assert_eq!(error, Some(SrtpError::InvalidKeyingMaterial));
        assert!(srtp_pair(profile, &[], true).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_accepted_and_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        first in prop_oneof![Just(0x80_u8), Just(0x90), Just(0x9f), any::<u8>()],
    ) {
        for profile in PROFILES {
            let (mut outbound, mut inbound) = link(profile);
            let mut packet = bytes.clone();
            if let Some(byte) = packet.first_mut() {
                *byte = first;
            }
            prop_assert!(inbound.unprotect_rtp(&mut packet.clone()).is_err());
            prop_assert!(inbound.unprotect_rtcp(&mut packet.clone()).is_err());
            prop_assert_eq!(inbound.known(), (0, 0));
            let mut arena = packet.clone();
            if outbound.protect_rtp(&mut arena, 0).is_ok() {
                prop_assert_eq!(unprotect(&mut inbound, &arena), Ok(packet.clone()));
            }
            let mut arena = packet.clone();
            if outbound.protect_rtcp(&mut arena, 0).is_ok() {
                prop_assert_eq!(unprotect_rtcp(&mut inbound, &arena), Ok(packet));
            }
        }
    }
}
