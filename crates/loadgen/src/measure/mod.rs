//! Measuring: distributions, and processes as the kernel sees them. Decides nothing about a server.

mod histogram;
mod process;

pub(crate) use histogram::Histogram;
pub(crate) use process::{BENCH_THREAD, Process, Usage, Used, own_usage, receive_drops};
