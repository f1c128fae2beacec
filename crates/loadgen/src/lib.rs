//! The load tester of the box: any number of peers that join a server as pages do, over Socket.IO,
//! ICE and DTLS-SRTP, with no shortcut into it.
//!
//! Publishers join first and send; subscribers join in order. Whether every packet came, unchanged
//! and in order, is decided by the index each packet carries: a sampled part of the receivers
//! decrypts everything and compares every byte, the others count by sequence number. Nothing here
//! knows the server's inside; what it costs is read from /proc when it runs on the same machine.
//!
//! # Layout
//!
//! - [`Options`] says what to do; [`run`] does it; [`Report`] says what came of it.
//! - `signaling`: Socket.IO over WebSocket and TLS; `join`: the order in which a peer says things.
//! - `traffic`: one thread that sends and receives all media.
//! - `measure`: distributions, and processes as the kernel sees them.
//! - `session`: a test from the first join to the last count.
#![forbid(unsafe_code)]

mod error;
mod join;
mod measure;
mod options;
mod parameters;
mod report;
mod session;
mod signaling;
mod table;
mod traffic;

pub use error::BenchError;
pub use options::{Options, Ramp};
pub use report::{
    Correctness, Generator, Idle, Joins, Latency, Memory, Report, Retransmissions, Row, Scenario,
    ServerCpu,
};
pub use signaling::Target;

use std::time::Duration;

use tokio::{sync::mpsc, time::timeout};

use session::Session;
use traffic::MediaThread;

/// Saying goodbye takes no longer.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs a load test. `progress` is told how far it is, `stop` ends it before its time; either way
/// every peer has left when it returns.
///
/// # Errors
/// One line that says why there is no result.
pub async fn run(
    options: &Options,
    progress: &(dyn Fn(&str) + Sync),
    stop: impl Future<Output = ()>,
) -> Result<Report, BenchError> {
    options.validate()?;
    let media = MediaThread::start(options.gro)?;
    let (presence, mut gone) = mpsc::channel(1);
    let test = async {
        let session = Session::open(options, &media, progress, presence).await?;
        session.run().await
    };
    let result = tokio::select! {
        result = test => result,
        () = stop => Err(BenchError::Interrupted),
    };
    // The peers are leaving by now; what the server makes of it is not waited for any longer.
    let _ = timeout(LEAVE_TIMEOUT, gone.recv()).await;
    result
}
