//! The media engine, sans-IO: no socket, no clock, no thread, no lock.
//!
//! # Contract
//!
//! 1. Inputs: [`Worker::handle_datagram`], [`Worker::handle_command`], [`Worker::handle_timeout`].
//!    Outputs: [`Worker::poll_transmit`], [`Worker::poll_event`], [`Worker::poll_timeout`].
//! 2. After any batch of inputs the caller drains all three outputs before it waits, datagrams
//!    first: [`Worker::poll_transmit`] until it has none. Nothing depends on being drained in
//!    between; draining rarely lets packets of one receiver leave together. A caller that gathers
//!    much looks at [`Worker::backlog`]: what exceeds [`MediaLimits::transmit_bytes`] is dropped.
//! 3. `now` never goes backwards; a smaller `now` is ignored, not an error. Inputs and
//!    [`Worker::poll_transmit`] take it: when something arrived, and when it leaves.
//! 4. No input from the network can panic or grow memory without a limit named in [`MediaLimits`].
//! 5. Every entity has one owner (its Router) and is named by a `Copy` key; keys of closed entities
//!    are never reused within a Router's life.
//! 6. Closing is top-down and complete: closing a Router yields one event per entity, in order
//!    consumers, producers, transports.
//! 7. Same inputs, same seed, same outputs, byte for byte (DTLS signatures excepted).
#![forbid(unsafe_code)]

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod benching;
mod bwe;
mod carry_out;
#[cfg(feature = "client")]
pub mod client;
mod command;
mod config;

mod consumer;
mod event;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod ids;

mod producer;
mod router;

mod rtcp;

mod rtp;
mod stats;
mod tally;
mod timer;
mod transmit;

mod transport;
mod web_rtc_server;
mod worker;

pub use command::{
    Command, CommandError, ConsumeOptions, ConsumerDump, GroupOfPicturesOptions, ProduceOptions,
    ProducerDump, Reply, RequestId, RouterDump, StreamDump, TransportDump, TransportStats,
    WebRtcTransportData, WorkerDump,
};
pub use config::{HostCandidate, MediaLimits, WorkerConfig};
pub use event::{
    CloseReason, ConsumerLayers, DtlsState, Event, EventKind, IceState, ProducerScore,
};
pub use ids::{ConsumerId, ProducerId, RouterId, TransportId};
pub use tally::{
    Asked, ByKind, Carried, Consumed, Distribution, Ended, Lost, Open, Produced, Tally,
};
pub use transmit::{SocketId, Transmit, TransmitBatch, Tuple};
pub use worker::{Worker, WorkerError};
