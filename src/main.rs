//! The miso server.
fn main() {}
