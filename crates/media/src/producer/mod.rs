//! Producers: media that enters a router.

mod blocks;
mod encoding_order;
mod group_of_pictures;
mod groups_of_pictures;
pub(crate) mod key_frame_request_manager;
mod key_frames_seen;
pub(crate) mod nack_generator;
mod payload_types;
mod producer;
pub(crate) mod rtp_stream_recv;
mod sequence_window;
mod stream_quality;

pub(crate) use group_of_pictures::LiveFrame;
pub(crate) use producer::{Producer, Received, Wanted, extension_id};
