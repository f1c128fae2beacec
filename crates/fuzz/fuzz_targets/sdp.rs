//! Offers and fragments of WHIP and WHEP clients; what is answered can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        miso::http::read_description(text);
    }
});
