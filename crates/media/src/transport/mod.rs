//! Transports: how media enters and leaves a router.

pub(crate) mod dtls;
pub(crate) mod feedback;
pub(crate) mod ice_lite;
pub(crate) mod resumable;
pub(crate) mod rtp_listener;
pub(crate) mod srtp;
pub(crate) mod web_rtc;
