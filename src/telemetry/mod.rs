//! What the server says of itself: the log, metrics, traces. Decides nothing.

mod json;
mod limiter;
mod log;
pub mod metrics;
pub mod names;
pub mod process;
mod redact;
pub mod traces;
mod writer;

pub use log::{LogError, check, filter, flush, init, measure, set_filter};
