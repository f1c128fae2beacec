//! Sizes of pictures, read from the beginnings of payloads that encoders made: x264, OpenH264, x265,
//! libvpx and libaom, cut into packets by GStreamer 1.22.

use super::{Codec, Resolution, resolution};

#[test]
fn h264_tells_its_size_behind_delimiters_and_less_its_cropping() {
    for (payload, expected) in [
        // High, cropped from 1088 lines, in a STAP-A behind a delimiter.
        (
            "7800020910001d67640028acb200f0044fcb80b501010140000003004000000f23c60c92000568eb",
            (1920, 1080),
        ),
        // Constrained baseline, alone, cropped from 864 columns.
        (
            "6742c01fd900d83de6f016a0c0c0d4a0000003002000000791e30649",
            (854, 480),
        ),
        // OpenH264, cropped from 368 lines.
        ("78000f6742c01e8c8d405017fcb00f08846a000468ce3c", (640, 360)),
        // 4:4:4 and 4:2:2, which are cropped in other units.
        (
            "7800020910001f67f400209196401581878bbc05a808080a000003000200000300791e306490000668eb",
            (1366, 766),
        ),
        (
            "7800020910001d677a0020bcb200ac0c3cd780b501010140000003004000000f23c60c92000568eb",
            (1366, 766),
        ),
        // Interlaced.
        (
            "7800020910001e67640028ace401e0113f780b50101014000003000400000300f27c58b920000568",
            (1920, 1080),
        ),
        // As the first, of level 1.1, which allows a twentieth of it.
        (
            "7800020910001d6764000bacb200f0044fcb80b501010140000003004000000f23c60c92000568eb",
            (1920, 1080),
        ),
    ] {
        assert_eq!(read(Codec::H264, payload), Some(expected), "{payload}");
    }
    // A slice; a parameter set in fragments.
    assert_eq!(read(Codec::H264, "6588840400"), None);
    assert_eq!(read(Codec::H264, "7c8742c01fd900d83de6f016a0"), None);
}

#[test]
fn h265_tells_its_size_less_its_conformance_window() {
    for (payload, expected) in [
        (
            "6001001840010c01ffff01600000030090000003000003005d928090003142010101600000030090000003\
             000003005da00280802d16592a4932bffc00040005a808080820000003002000000303c100074401c172b4",
            (1280, 720),
        ),
        (
            "420101016000000300900000030000030078a003c08010e755964a924cafff000100016a02020208000003\
             000800000300f040",
            (1918, 1078),
        ),
        // 4:2:2.
        (
            "6001001740010c01ffff0408000003009d0800000300007892809000314201010408000003009d08000003\
             000078b002ac80301d5e592a4932bffc00040005a808080820000003002000000303c100074401c172b462",
            (1366, 766),
        ),
    ] {
        assert_eq!(read(Codec::H265, payload), Some(expected), "{payload}");
    }
    assert_eq!(read(Codec::H265, "40010c01ffff0160000003"), None, "no size");
}

#[test]
fn vp8_tells_its_size_in_the_key_frames_header() {
    let wide_picture_id = "90808eeb90a1009d012a800268010247";
    assert_eq!(read(Codec::Vp8, wide_picture_id), Some((640, 360)));
    let none = "10b0cb009d012a5603e00101";
    assert_eq!(read(Codec::Vp8, none), Some((854, 480)));
    let inter_frame = "90808eecd129001211fc001eb471ef";
    assert_eq!(read(Codec::Vp8, inter_frame), None);
    let rest_of_a_frame = "00b0cb009d012a5603e00101";
    assert_eq!(read(Codec::Vp8, rest_of_a_frame), None);
}

#[test]
fn vp9_tells_its_size_in_the_structure_or_in_the_frame() {
    let structure = "8ee63518050002d001040182498342404ff02cf60638241c";
    assert_eq!(read(Codec::Vp9, structure), Some((1280, 720)));
    let frame = "8ce63582498342404ff02cf60638241c";
    assert_eq!(read(Codec::Vp9, frame), Some((1280, 720)));
    let profile_1 = "8c10a24983422006aa03bec087048383";
    assert_eq!(read(Codec::Vp9, profile_1), Some((854, 480)));
    // Three layers and no groups; layer indices and TL0PICIDX before them.
    let layers = "aae6350107500140 00b4 0280 0168 0500 02d0 8249";
    assert_eq!(read(Codec::Vp9, layers), Some((1280, 720)));
    let predicted = "cce6368600409270017f86003e63c2ff";
    assert_eq!(read(Codec::Vp9, predicted), None);
}

#[test]
fn av1_tells_its_size_in_the_sequence_header() {
    // A temporal unit with the lengths kept; its sequence header as RTP has it, without.
    let kept = "08 02 1200 0e 0a0c0000002d4cffb3f8195f2008 01 32";
    assert_eq!(read(Codec::Av1, kept), Some((1280, 720)));
    let bare = "18 08 00000024c6abdfe06d7c8020";
    assert_eq!(read(Codec::Av1, bare), Some((854, 480)));
    assert_eq!(read(Codec::Av1, "10300001"), None, "a frame");
}

#[test]
fn truncated_headers_tell_nothing() {
    for (codec, payload) in [
        (
            Codec::H264,
            "67f400209196401581878bbc05a808080a000003000200000300791e306490",
        ),
        (
            Codec::H265,
            "420101016000000300900000030000030078a003c08010e755964a924cafff000100016a02020208000003",
        ),
        (Codec::Vp8, "90808eeb90a1009d012a80026801"),
        (Codec::Vp9, "8ce63582498342404ff02cf6"),
        (Codec::Av1, "180800000024c6abdfe06d"),
    ] {
        let whole = bytes(payload);
        assert!(resolution(codec, &whole).is_some(), "{codec:?}");
        let told = |len: &usize| resolution(codec, &whole[..*len]).is_some();
        let enough = (0..whole.len()).find(told).unwrap_or(whole.len());
        assert!(enough > 6, "{codec:?} {enough}");
        // What is half there is never taken for something else.
        for len in enough..whole.len() {
            let size = resolution(codec, &whole[..len]);
            assert_eq!(size, resolution(codec, &whole), "{codec:?} {len}");
        }
    }
}

#[test]
fn no_size_is_no_size() {
    assert_eq!(read(Codec::Vp8, "10b0cb009d012a0000e001"), None);
    let widest = "6742c01fdc0000030003ffffffff80";
    assert_eq!(read(Codec::H264, widest), None, "2^32 macroblocks");
    assert_eq!(read(Codec::Audio, "6742c01fd900d83de6f016a0c0"), None);
}

fn read(codec: Codec, payload: &str) -> Option<Resolution> {
    resolution(codec, &bytes(payload))
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}
