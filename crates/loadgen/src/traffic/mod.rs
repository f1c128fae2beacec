//! Media: one thread that sends and receives for every peer.
//!
//! One socket per peer, no waiting on any of them: a receiver that waits is woken by the server's
//! own system call, which receivers on other machines are not. Sockets are polled instead, and the
//! kernel's timestamps say when a packet really came.

mod clock;
mod command;
mod engine;
mod handle;
mod harvest;
mod header;
mod judge;
mod ledger;
pub(crate) mod payload;
mod peer;
mod publisher;
mod receiver;
mod reception;
mod recovery;
mod socket;
mod stream;
mod window;

pub(crate) use command::{NewPeer, PeerId, Role, SourceSetup, StreamSetup};
pub(crate) use handle::MediaThread;
pub(crate) use harvest::{Errors, Gap, Harvest, RecoveryCounts};
