//! What each event carries, as types. Schemas, TypeScript and the AsyncAPI document are written from
//! this by a test (`tests/it/contracts`); the server itself only reads the decoders.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{ApiError, ErrorCode},
    signaling::{
        dialect::{Decode, Event, Told, event, shapes},
        request::{Payload, Request},
    },
};

/// An event clients may send.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Its name.
    pub name: &'static str,
    /// Its argument; `None`: it takes none.
    pub payload: Option<Shape>,
    /// What it is acknowledged with.
    pub answer: Shape,
    /// The failures of its own, beside [`COMMON`].
    pub errors: &'static [ErrorCode],
    decode: Decode,
}

/// What any event may be answered.
pub const COMMON: &[ErrorCode] = &[
    ErrorCode::BadRequest,
    ErrorCode::RateLimited,
    ErrorCode::Timeout,
    ErrorCode::RoomClosed,
    ErrorCode::WorkerDied,
    ErrorCode::Internal,
];

/// An event clients are told.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    /// Its name.
    pub name: &'static str,
    /// Its argument.
    pub payload: Shape,
}

/// The payload of an event clients are told.
pub trait Tell: Serialize {
    /// The event's name.
    const EVENT: &'static str;

    /// The event, as it is sent.
    fn told(&self) -> Told
    where
        Self: Sized,
    {
        (Self::EVENT, shapes::value(self))
    }
}

/// An event with this payload and this answer.
pub(super) const fn ask<P, A>(name: &'static str, errors: &'static [ErrorCode]) -> Ask
where
    P: DeserializeOwned + Into<Request> + Described,
    A: Serialize + Described,
{
    Ask {
        name,
        payload: Some(Shape::of::<P>()),
        answer: Shape::of::<A>(),
        errors,
        decode: decode::<P>,
    }
}

/// An event without payload; whatever comes with it is ignored.
pub(super) const fn ask_nothing<A: Serialize + Described>(
    name: &'static str,
    decode: Decode,
) -> Ask {
    Ask {
        name,
        payload: None,
        answer: Shape::of::<A>(),
        errors: &[],
        decode,
    }
}

/// An event clients are told.
pub(super) const fn notice<N: Tell + Described>() -> Notice {
    Notice {
        name: N::EVENT,
        payload: Shape::of::<N>(),
    }
}

/// What the server needs of these.
pub(super) const fn events<const N: usize>(asks: &[Ask; N]) -> [Event; N] {
    let mut events = [event("", asks[0].decode); N];
    let mut at = 0;
    while at < N {
        events[at] = event(asks[at].name, asks[at].decode);
        at += 1;
    }
    events
}

fn decode<P: DeserializeOwned + Into<Request>>(payload: &Payload) -> Result<Request, ApiError> {
    payload.parse::<P>().map(Into::into)
}

#[cfg(feature = "contracts")]
pub use super::described::{AppData, Declarations, Described, Shape};
#[cfg(not(feature = "contracts"))]
pub use plain::{Described, Shape};

/// The product knows nothing of schemas.
#[cfg(not(feature = "contracts"))]
mod plain {
    /// What can be described: everything.
    pub trait Described {}

    impl<T> Described for T {}

    /// What a JSON value looks like.
    #[derive(Clone, Copy, Debug)]
    pub struct Shape;

    impl Shape {
        #[allow(
            clippy::extra_unused_type_parameters,
            reason = "what is described is asked for by its type"
        )]
        pub(super) const fn of<T: Described>() -> Self {
            Self
        }
    }
}
