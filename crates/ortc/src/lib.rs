//! ORTC negotiation as pure functions on plain serde data; no I/O, no clock, no randomness.
#![forbid(unsafe_code)]

pub mod types;
