//! Consumers: media that leaves a router.
//!
//! One packet takes one straight line through [`Consumer::forward_rtp`]:
//!
//! ```text
//! stream_manager   which encoding is being sent; waits for key frames, switches layers
//! renumber         sequence number, timestamp, VP8 picture ids: continuous whatever happens upstream
//! rtp_stream_send  remembers what was sent; counts; answers NACK, RR; makes SR
//! ```
//!
//! Nothing here touches bytes: the transport writes the [`Rewrite`] into its own copy.

mod bit_ring;
mod entity;
mod key_frame_schedule;
mod offset_window;
mod payload_types;
mod picture_manager;
mod renumber;
mod replay;
mod report;
mod retransmission_buffer;
mod retransmission_limit;
mod rtp_stream_send;
mod sent_packets;
mod seq_manager;
mod source_clock;
mod stream_manager;
mod temporal_filter;
#[cfg(test)]
mod tests;
mod timestamp_mapper;
mod types;

pub(crate) use entity::Consumer;
pub(crate) use replay::Source;
pub(crate) use retransmission_buffer::{Kept, RetransmissionBuffer};
pub(crate) use stream_manager::StreamScore;
pub(crate) use types::{ConsumerConfig, Forward, MediaEnd, RepairEnd, Retransmission, Rewrite};
#[cfg(test)]
pub(crate) use types::{Rtx, Vp8Rewrite};
