//! The server's door as a page sees it: Socket.IO over a WebSocket, and plain HTTP beside it. Knows
//! the words of the wire, nothing of media.

mod connection;
mod http;
mod packet;
mod socket;
mod target;

pub(crate) use connection::{Connector, Presence};
pub(crate) use http::server_process;
pub(crate) use socket::{Socket, Trouble};
pub use target::Target;
