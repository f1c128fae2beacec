//! miso: a WebRTC SFU in one binary.
//!
//! # Layout
//! - [`config`]: what the server is told at start.
//! - [`engine`]: the I/O shell around the media core; threads, sockets, async handles.

pub mod config;
pub mod engine;
