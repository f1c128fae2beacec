//! A router: the transports, producers and consumers of one room, and the media path between them.

mod burst;
mod control;
mod fan_out;
mod feedback;
mod outlet;
mod replay;
mod router;
mod timeout;

pub(crate) use outlet::{Backlog, EventQueue, Index, Outlet, TimerKey};
pub(crate) use router::Router;

slotmap::new_key_type! {
    /// Names a router inside a worker.
    pub(crate) struct RouterKey;
    /// Names a transport inside a router.
    pub(crate) struct TransportKey;
    /// Names a producer inside a router.
    pub(crate) struct ProducerKey;
    /// Names a consumer inside a router.
    pub(crate) struct ConsumerKey;
}
