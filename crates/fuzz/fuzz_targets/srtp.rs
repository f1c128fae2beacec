//! SRTP and SRTCP under known keys, in all profiles.
#![no_main]

#[path = "pieces.rs"]
mod pieces;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((profile, rest)) = input.split_first() {
        media::fuzzing::srtp(*profile, pieces::pieces(rest));
    }
});
