//! What goes back for an event: an acknowledgement with as many arguments as the frontend's callback
//! takes, and what some frontends are told as events instead.

use serde_json::Value;

use super::{native::answers::ErrorAnswer, shapes};
use crate::error::ApiError;

/// An event for the client: its name and its only argument, null for none.
pub type Told = (&'static str, Value);

/// The arguments of an acknowledgement.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// `callback()`.
    Empty,
    /// `callback(answer)`.
    One(Value),
    /// `callback(error, answer)`, one of them null.
    Two(Value, Value),
}

/// The answer to an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Told first, in this order.
    pub told: Vec<Told>,
    /// For a client that waits for it.
    pub ack: Ack,
}

impl Answer {
    /// `callback()`.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            told: Vec::new(),
            ack: Ack::Empty,
        }
    }

    /// `callback(error, answer)`.
    #[must_use]
    pub fn node_style(error: Value, answer: Value) -> Self {
        Self {
            told: Vec::new(),
            ack: Ack::Two(error, answer),
        }
    }

    /// The same, after this event.
    #[must_use]
    pub fn after(mut self, event: &'static str, payload: Value) -> Self {
        self.told.push((event, payload));
        self
    }
}

impl From<Value> for Answer {
    fn from(answer: Value) -> Self {
        Self {
            told: Vec::new(),
            ack: Ack::One(answer),
        }
    }
}

/// A failure as an object: what most dialects acknowledge with.
#[must_use]
pub fn failure(error: &ApiError) -> Value {
    shapes::value(&ErrorAnswer::from(error))
}

/// Acknowledges a failure with one object.
pub(super) fn fail(_: &str, error: &ApiError) -> Answer {
    failure(error).into()
}
