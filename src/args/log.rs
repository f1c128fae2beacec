//! Flags of the log and of traces.

use clap::Args;
use miso::{
    config::{LogConfig, LogFormat},
    telemetry::traces,
};

/// What is said of the server, how, and to whom.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or directives as miso=debug,warn.
    ///
    /// A line for what an operator would want to know of; debug tells of every connection.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,

    /// How lines are written: text for people, json for machines.
    ///
    /// Text, since whoever starts it by hand reads it; collectors of logs want json.
    #[arg(long, value_name = "text|json", default_value = "text", value_parser = format)]
    log_format: LogFormat,

    /// Leave IP addresses out of the log, wherever they would stand.
    ///
    /// Off, since without them nobody can tell whose network is the trouble.
    #[arg(long)]
    log_redact: bool,

    /// Collector that traces are sent to by OTLP over HTTP. [default: none]
    ///
    /// None, since there is a collector at few places; it stands beside the server and is spoken to plainly.
    #[arg(long, value_name = "http://HOST:PORT", value_parser = endpoint)]
    otlp_endpoint: Option<String>,
}

impl LogArgs {
    /// The filter, and the rest.
    pub(super) fn config(self) -> (String, LogConfig) {
        let config = LogConfig {
            format: self.log_format,
            redact: self.log_redact,
            otlp_endpoint: self.otlp_endpoint,
        };
        (self.log, config)
    }
}

fn format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected text or json".into()),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    traces::address(text)
}
