//! What several tests of the whole product share.

pub(crate) mod server;
pub(crate) mod stun;
