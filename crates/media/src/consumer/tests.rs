//! Consumers in virtual time.

use std::{sync::LazyLock, time::Instant};

/// One moment, the same for the whole run: the only way to make an `Instant` is to read the clock,
/// and nothing depends on what it says.
#[allow(clippy::disallowed_methods)]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Where virtual time starts.
pub(super) fn start_of_time() -> Instant {
    *START
}
