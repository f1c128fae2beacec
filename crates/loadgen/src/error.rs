//! Why a load test ends without a result: one line for people each.

use std::time::Duration;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Options that cannot be used together.
    #[error("{0}")]
    Options(String),
    /// The server cannot be reached, or speaks something else.
    #[error(
        "cannot connect to {url}: {reason}; start a server there, or say with --url where one is"
    )]
    Connect {
        /// Where to.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The server refused something.
    #[error("{event} was refused: {message} ({})", hinted(code.clone()))]
    Refused {
        /// What was asked.
        event: &'static str,
        /// The server's sentence.
        message: String,
        /// The server's word.
        code: String,
    },
    /// The server answered nothing in time.
    #[error("no answer to {what} within {} s", limit.as_secs())]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The server answered something else than its protocol says.
    #[error("unexpected answer to {event}: {reason}")]
    Protocol {
        /// What was asked.
        event: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A connection ended while it was needed.
    #[error("the server closed a connection: {0}")]
    Disconnected(String),
    /// A transport did not connect.
    #[error("a transport did not connect: {0}")]
    Transport(String),
    /// The system does not let us.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted before there was a result")]
    Interrupted,
}

/// A server's word, with what helps where something does.
pub(crate) fn hinted(word: String) -> String {
    let option = match word.as_str() {
        "limit-sockets" => "--sockets-per-address 0",
        "limit-peers" => "a larger --peers-per-room",
        _ => return word,
    };
    format!("{word}: start the server with {option}")
}

impl BenchError {
    /// Whether the command line is to blame.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Options(_))
    }
}
