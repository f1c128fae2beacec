//! Tests of the whole product.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod broadcast;
mod configuration;
mod contracts;
mod dialects_md;
mod docs;
mod doctor;
mod engine;
mod http;
#[cfg(target_os = "linux")]
mod loadgen;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod metrics;
mod packaging;
mod peer_connection;
mod protocol_md;
#[cfg(target_os = "linux")]
mod readiness;
mod rooms;
mod security_md;
mod shutdown;
mod support;
mod tokens;
#[cfg(target_os = "linux")]
mod traces;
