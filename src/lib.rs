//! miso: a WebRTC SFU in one binary.
//!
//! # Layout
//! - [`config`]: what the server is told at start.
//! - [`signaling`]: Socket.IO; frontends' words for the rooms' verbs.
//! - [`http`]: HTTP beside Socket.IO.
//! - [`room`]: rooms, peers and what they send each other.
//! - [`error`]: the only error a client sees.
//! - [`engine`]: the I/O shell around the media core; threads, sockets, async handles.

pub mod config;
pub mod engine;
pub mod error;
pub mod http;
pub mod room;
pub mod signaling;
