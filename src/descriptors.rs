//! How many files, and so connections, the process may have open. Counts none of them.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// A soft limit, which holds, and the hard one, up to which the process may raise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What holds.
    pub soft: u64,
    /// What can be asked for.
    pub hard: u64,
}

/// The limit of this process.
#[must_use]
pub fn limit() -> Option<Limit> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    Some(Limit { soft, hard })
}

/// Raises the soft limit to the hard one: the usual 1,024 are for programs that use `select`, and
/// end a server at 1,000 connections. What the system does not grant stays as it was.
pub fn raise() {
    let Some(Limit { soft, hard }) = limit() else {
        return;
    };
    if soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::debug!(%error, soft, hard, "open files stay limited");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_opened_is_what_the_system_grants_at_most() {
        raise();
        let Limit { soft, hard } = limit().unwrap();
        assert_eq!(soft, hard);
    }
}
