//! What several tests of the whole product share.

pub(crate) mod call;
pub(crate) mod load;
#[cfg(target_os = "linux")]
pub(crate) mod namespace;
pub(crate) mod page;
pub(crate) mod process;
pub(crate) mod rtp_source;
pub(crate) mod sdp;
pub(crate) mod server;
pub(crate) mod stun;
pub(crate) mod web_rtc_peer;
pub(crate) mod wire;
