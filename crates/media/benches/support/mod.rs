//! What the benches share.

pub mod packet;
pub mod room;
pub mod time;
