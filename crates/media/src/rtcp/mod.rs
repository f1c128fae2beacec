//! RTCP in and out.

pub(crate) mod builder;
pub(crate) mod compound;
