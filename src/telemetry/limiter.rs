//! Keeps a place that warns again and again from filling the log: so many lines of it in so much time,
//! and then a word about how many there were. Lines below a warning pass.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::{
    Event, Level, Metadata, callsite::Identifier, level_filters::LevelFilter, subscriber::Interest,
};
use tracing_subscriber::layer::{Context, Filter};

/// Lines of one place…
const LINES: u32 = 10;
/// …in this much time: enough to see what it is about.
const WINDOW: Duration = Duration::from_secs(10);

/// Warnings that were not written.
pub(super) static SUPPRESSED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// How many lines were left out before the one that is being written.
    static LEFT_OUT: Cell<u64> = const { Cell::new(0) };
}

/// How many lines like the one being written were left out before it.
pub(super) fn take_left_out() -> u64 {
    LEFT_OUT.take()
}

/// The filter. There are as many places as there are in the program.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<HashMap<Identifier, Place>>);

#[derive(Debug, Default)]
struct Place {
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Place {
    /// Whether another line may be written, and how many were left out before it.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        let over = |since| now.saturating_duration_since(since) >= WINDOW;
        if self.since.is_none_or(over) {
            self.since = Some(now);
            self.lines = 0;
        }
        if self.lines == LINES {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

impl<S> Filter<S> for Limiter {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    /// Never `always`: the library then leaves `enabled` out, and takes an event that is refused below for
    /// an error of its own.
    fn callsite_enabled(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::WARN {
            return true;
        }
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(metadata.callsite()).or_default();
        let admitted = place.admit(Instant::now());
        drop(places);
        match admitted {
            Some(left_out) => LEFT_OUT.set(left_out),
            None => {
                SUPPRESSED.fetch_add(1, Ordering::Relaxed);
            }
        }
        admitted.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_in_ten_seconds_and_then_how_many_were_left_out() {
        let (mut place, start) = (Place::default(), Instant::now());
        for _ in 0..LINES {
            assert_eq!(place.admit(start), Some(0));
        }
        for _ in 0..5 {
            assert_eq!(place.admit(start + Duration::from_secs(9)), None);
        }
        assert_eq!(place.admit(start + WINDOW), Some(5));
        assert_eq!(place.admit(start + WINDOW), Some(0));
    }

    #[test]
    fn one_place_that_warns_on_and_on_is_silenced_and_others_are_not() {
        use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
        let written = std::sync::Arc::new(AtomicU64::new(0));
        let counted = std::sync::Arc::clone(&written);
        let writer = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::io::sink()
        };
        let layer = tracing_subscriber::fmt::layer().with_writer(writer);
        let layer = layer.with_filter(Limiter::default());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..50 {
                tracing::warn!("again");
            }
            tracing::warn!("something else");
            for _ in 0..50 {
                tracing::info!("as often as it happens");
            }
        });
        assert_eq!(written.load(Ordering::Relaxed), u64::from(LINES) + 1 + 50);
    }
}
