//! Consumers in virtual time.

use std::time::Instant;

/// Some moment; nothing depends on which.
#[allow(clippy::disallowed_methods)]
pub(super) fn start_of_time() -> Instant {
    // The only way to make an Instant; tests only ever use differences from it.
    Instant::now()
}
