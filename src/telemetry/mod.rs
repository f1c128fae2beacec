//! What the server says of itself: the log and metrics. Decides nothing.

pub mod metrics;
pub mod names;
pub mod process;

use std::sync::OnceLock;

use tracing_subscriber::{EnvFilter, filter::ParseError};

/// Puts another filter in the place of the log's.
static SET_FILTER: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Logs to standard error from now on. `filter` is a level (`info`) or directives
/// (`miso=debug,warn`). A second call changes nothing.
///
/// # Errors
/// The filter is malformed.
pub fn init(filter: &str) -> Result<(), ParseError> {
    process::started();
    let filter = parse(filter)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_filter_reloading();
    let handle = log.reload_handle();
    // Only fails when a subscriber is there already, which then stays.
    if log.try_init().is_ok() {
        // Only fails when the log is gone, with the process.
        let set = move |filter| drop(handle.reload(filter));
        let _ = SET_FILTER.set(Box::new(set));
    }
    Ok(())
}

/// Logs what `filter` says from now on.
///
/// # Errors
/// The filter is malformed; then the one before stays.
pub fn set_filter(filter: &str) -> Result<(), ParseError> {
    let filter = parse(filter)?;
    if let Some(set) = SET_FILTER.get() {
        set(filter);
    }
    Ok(())
}

/// What the filter says, but for libraries that write down what clients send, tokens first.
fn parse(filter: &str) -> Result<EnvFilter, ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let quiet = ["tungstenite=info", "tokio_tungstenite=info"].map(str::parse);
    let quiet = quiet.into_iter().filter_map(Result::ok);
    Ok(quiet.fold(filter, EnvFilter::add_directive))
}

/// Whether `filter` is one.
///
/// # Errors
/// It is malformed.
pub fn check(filter: &str) -> Result<(), ParseError> {
    parse(filter).map(|_| ())
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
