//! What the server says of itself: the log and metrics. Decides nothing.

pub mod metrics;
pub mod names;
pub mod process;

use tracing_subscriber::{EnvFilter, filter::ParseError};

/// Logs to standard error from now on. `filter` is a level (`info`) or directives
/// (`miso=debug,warn`). A second call changes nothing.
///
/// # Errors
/// The filter is malformed.
pub fn init(filter: &str) -> Result<(), ParseError> {
    process::started();
    let filter = EnvFilter::builder().parse(filter)?;
    // Only fails when a subscriber is there already, which then stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    Ok(())
}

/// Whether `filter` is one.
///
/// # Errors
/// It is malformed.
pub fn check(filter: &str) -> Result<(), ParseError> {
    EnvFilter::builder().parse(filter).map(|_| ())
}

/// Adds what the log counts.
pub fn measure(_snapshot: &mut metrics::Snapshot) {}

#[cfg(test)]
mod tests {
    #[test]
    fn a_malformed_filter_is_refused() {
        assert!(super::init("miso=loud").is_err());
    }
}
