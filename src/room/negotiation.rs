//! The room's questions to `ortc`, in one place; nothing here waits or remembers.

use std::sync::{Arc, LazyLock};

use ortc::types::{
    RtpCapabilities, RtpEncodingParameters, RtpHeaderExtensionParameters, RtpMapping,
    RtpParameters, RtpType,
};

use super::RoomError;

/// Which header extensions a client is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Those with which old clients still negotiate on current browsers.
    Compat,
    /// All of them.
    Full,
}
