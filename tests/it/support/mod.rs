//! What several tests of the whole product share.
pub mod stun;
