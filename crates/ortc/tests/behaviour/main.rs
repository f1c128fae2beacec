//! What the negotiation promises, stated without mediasoup and needing no node.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arbitrary;
mod consumer;
mod pipe;
mod producer;
mod recorded;
mod support;
mod validation;
