//! The log: which lines, in which form, and what never is in one. Decides nothing else.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal as _},
    panic::PanicHookInfo,
    sync::{OnceLock, atomic::Ordering},
};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, FilterFn, ParseError, filter_fn},
    fmt::format::JsonFields,
    layer::SubscriberExt as _,
    registry::LookupSpan,
    reload,
    util::SubscriberInitExt as _,
};

use super::{
    json::Json,
    limiter::{self, Limiter},
    metrics::Snapshot,
    names, process, traces,
    writer::{self, Lines},
};
use crate::config::{LogConfig, LogFormat};

/// Libraries whose lines show what travels, messages and tokens in them, or the keys of a handshake: below
/// this level nothing of theirs is ever written.
const TELLTALES: &[(&str, Level)] = &[
    ("engineioxide", Level::INFO),
    ("socketioxide", Level::INFO),
    ("tungstenite", Level::INFO),
    ("tokio_tungstenite", Level::INFO),
    ("hyper", Level::INFO),
    ("dimpl", Level::INFO),
    ("rustls", Level::INFO),
    ("opentelemetry", Level::INFO),
];

static LOG: OnceLock<Log> = OnceLock::new();

#[derive(Debug)]
struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    lines: Lines,
}

/// Why the log cannot be as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is malformed.
    #[error("{0}")]
    Filter(#[from] ParseError),
    /// Lines cannot be written.
    #[error("cannot write the log: {0}")]
    Write(#[from] io::Error),
    /// Traces cannot be sent.
    #[error("{0}")]
    Traces(String),
    /// There is no log whose filter could change.
    #[error("this program does not write the log")]
    None,
}

/// Logs to standard error from now on, and sends traces if that is asked for. `filter` is a level
/// (`info`) or directives (`miso=debug,warn`). A second call changes nothing.
///
/// # Errors
/// The filter is malformed, or nothing can be written or sent.
pub fn init(filter: &str, config: &LogConfig) -> Result<(), LogError> {
    process::started();
    let filter = EnvFilter::builder().parse(filter)?;
    let (filter, handle) = reload::Layer::new(filter);
    let lines = Lines::start(config.clone())?;
    let kept = filter
        .and(filter_fn(is_for_the_log))
        .and(secretless())
        .and(Limiter::default());
    let layer = layer(config, lines.clone()).with_filter(kept).boxed();
    let traces = traces::layer(config).map_err(LogError::Traces)?;
    let layers: Vec<_> = std::iter::once(layer).chain(traces).collect();
    let log = Log {
        filter: handle,
        lines,
    };
    // A subscriber that is there already stays, and has no log of ours.
    if Registry::default().with(layers).try_init().is_ok() && LOG.set(log).is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// Whether `filter` is one.
///
/// # Errors
/// It is malformed.
pub fn check(filter: &str) -> Result<(), ParseError> {
    EnvFilter::builder().parse(filter).map(|_| ())
}

/// Logs what this filter says from now on.
///
/// # Errors
/// It is malformed, and nothing changes; or there is no log.
pub fn set_filter(filter: &str) -> Result<(), LogError> {
    let new = EnvFilter::builder().parse(filter)?;
    let log = LOG.get().ok_or(LogError::None)?;
    log.filter.reload(new).map_err(|_| LogError::None)?;
    tracing::info!(filter, "the log's filter changed");
    Ok(())
}

/// What is logged, if there is a log.
#[must_use]
pub fn filter() -> Option<String> {
    let log = LOG.get()?;
    log.filter.with_current(ToString::to_string).ok()
}

/// Waits until the log is written, but not long: before the process ends.
pub fn flush() {
    traces::flush();
    if let Some(log) = LOG.get() {
        log.lines.flush();
    }
}

/// Adds what the log counts.
pub fn measure(snapshot: &mut Snapshot) {
    for (count, level) in writer::LINES
        .iter()
        .zip(["error", "warn", "info", "debug", "trace"])
    {
        let count = count.load(Ordering::Relaxed);
        snapshot.counter(&names::LOG_LINES, [level.into()], count);
    }
    let lost = writer::LOST.load(Ordering::Relaxed);
    snapshot.counter(&names::LOG_DROPPED, [], lost);
    let suppressed = limiter::SUPPRESSED.load(Ordering::Relaxed);
    snapshot.counter(&names::LOG_SUPPRESSED, [], suppressed);
}

fn layer<S>(config: &LogConfig, lines: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(lines);
    match config.format {
        // Colours stand between a field's name and its value, where redaction looks for an address.
        LogFormat::Text => layer
            .with_ansi(!config.redact && io::stderr().is_terminal())
            .boxed(),
        LogFormat::Json => layer
            .with_ansi(false)
            .fmt_fields(JsonFields::new())
            .event_format(Json)
            .boxed(),
    }
}

/// Spans of traces are none of the log.
fn is_for_the_log(metadata: &Metadata<'_>) -> bool {
    metadata.target() != traces::TARGET
}

fn secretless() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(tells_no_secret)
}

fn tells_no_secret(metadata: &Metadata<'_>) -> bool {
    let crate_name = metadata.target().split("::").next().unwrap_or("");
    let bound = TELLTALES.iter().find(|(name, _)| *name == crate_name);
    bound.is_none_or(|(_, level)| metadata.level() <= level)
}

/// What the library's own hook says, but without waiting for the reader.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed").to_owned();
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        tracing::error!(thread, "panicked at {place}: {text}\n{trace}");
    } else {
        tracing::error!(thread, "panicked at {place}: {text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_filter_is_refused() {
        assert!(init("miso=loud", &LogConfig::default()).is_err());
        assert!(check("miso=loud").is_err() && check("miso=debug,warn").is_ok());
    }
}
