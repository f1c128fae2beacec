//! A seeded, sans-IO network emulator for tests.
#![forbid(unsafe_code)]
