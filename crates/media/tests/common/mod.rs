//! A simulated client and the network between it and the worker, in virtual time.
//!
//! The client shares no code with the engine: ICE on `rtc-stun`, DTLS on `dimpl`, SRTP on
//! `rtc-srtp`, RTCP on `rtc-rtcp`, RTP on its own. What both agree on is therefore the protocol.

pub mod client;
pub mod decoder;
pub mod dtls;
pub mod forge;
pub mod ice;
pub mod net;
pub mod parameters;
pub mod rtp;
pub mod sink;
pub mod source;
pub mod srtp;
pub mod stun;
pub mod vp8;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use net::{Net, PeerKey};
pub use source::SourceSetup;

/// One RTCP packet of a compound.
pub type Rtcp = Box<dyn rtc_rtcp::packet::Packet>;

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

/// The moment at which every simulation starts; only differences matter.
#[allow(clippy::disallowed_methods, reason = "virtual time starts somewhere")]
pub fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// A clock in NTP format (RFC 5905) that says the same to everybody.
pub fn ntp(now: Instant) -> u64 {
    let elapsed = now.saturating_duration_since(epoch());
    let fraction = (u128::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
    ((3_900_000_000 + elapsed.as_secs()) << 32) | fraction as u64
}
