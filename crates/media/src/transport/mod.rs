//! Transports: how media enters and leaves a router.

pub(crate) mod dtls;
pub(crate) mod ice_lite;
pub(crate) mod srtp;
