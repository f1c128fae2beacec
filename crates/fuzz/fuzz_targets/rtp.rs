//! RTP packets and payload descriptors of every format.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    media::fuzzing::rtp(input);
    let (descriptor, payload) = input.split_at(input.len().min(8));
    media::fuzzing::payload(payload, Some(descriptor));
    media::fuzzing::payload(input, None);
});
