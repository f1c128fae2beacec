//! Which of a producer's packets a consumer gets.

pub(crate) mod simple;
pub(crate) mod simulcast;
