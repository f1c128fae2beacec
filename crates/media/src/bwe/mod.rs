//! Bandwidth: feedback to senders.

pub(crate) mod remb;
pub(crate) mod transport_cc;
