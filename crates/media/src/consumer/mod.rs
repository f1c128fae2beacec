//! Consumers: media that leaves a router.

pub(crate) mod retransmission_buffer;
pub(crate) mod rtp_stream_send;
pub(crate) mod seq_manager;
pub(crate) mod stream_manager;
