//! How the log is written. What is written is a filter of its own, since that may change at any time.

/// How the log is written, and where traces go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogConfig {
    /// For people or for machines.
    pub format: LogFormat,
    /// Whether addresses are left out of every line.
    pub redact: bool,
    /// Where traces are sent by OTLP over HTTP; none: nowhere.
    pub otlp_endpoint: Option<String>,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
