//! The media engine under a simulated network: real clients, virtual time, seeded chance.
//!
//! One binary for all files of this folder, because each would link the same ciphers again. No test
//! here reads a clock or sleeps; a failure prints its seed.

#![allow(
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "test code; what it means is said where it is not plain"
)]

#[allow(dead_code, reason = "a harness offers more than today's tests use")]
mod common;

mod consent;
mod determinism;
mod disorder;
mod fan_out;
mod handshake;
mod intruder;
#[cfg(feature = "fault-injection")]
mod isolation;
mod key_frame;
mod mobility;
mod nack;
mod odd;
mod oracle;
mod own_names;
mod poison;
mod reports;
mod resume;
mod simulcast;
mod transport_cc;
mod wrap;

#[test]
fn every_file_of_this_folder_is_part_of_the_binary() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        let module = name.trim_end_matches(".rs");
        let listed = include_str!("main.rs").contains(&format!("\nmod {module};\n"));
        assert!(module == "main" || listed, "{name} is not compiled");
    }
}
