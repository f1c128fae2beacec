//! A request body with a deadline: whoever sends one drop at a time runs out of it.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// A body that fails at its deadline.
pub(super) struct DeadlineBody {
    body: Incoming,
    deadline: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

/// Why a body ended early.
#[derive(Debug)]
pub(super) enum BodyError {
    /// The connection failed.
    Connection(hyper::Error),
    /// It took too long.
    TooSlow,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => error.fmt(f),
            Self::TooSlow => f.write_str("the request body took too long"),
        }
    }
}

impl std::error::Error for BodyError {}

impl DeadlineBody {
    /// `body` has to be complete after `patience`.
    pub(super) fn new(body: Incoming, patience: Duration) -> Self {
        Self {
            body,
            deadline: Instant::now() + patience,
            alarm: None,
        }
    }
}

impl HttpBody for DeadlineBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Connection)));
        }
        // Most requests have no body, and most bodies are there at once: no timer for those.
        let deadline = self.deadline;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
