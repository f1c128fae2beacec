//! The only error a client sees: a stable word and a sentence. It must not carry internal detail.

use std::{borrow::Cow, fmt};

use crate::{auth::Refusal, room::RoomError};

/// The stable word of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "contracts",
    derive(ts_rs::TS),
    ts(rename_all = "kebab-case")
)]
pub enum ErrorCode {
    /// The payload is missing, malformed, too deep or too long.
    BadRequest,
    /// The server knows no such event.
    UnknownEvent,
    /// The event needs a room and the socket is in none.
    NotJoined,
    /// The socket is in another room.
    AlreadyJoined,
    /// A token is needed, or the one that is shown is not good.
    Unauthorized,
    /// The token does not grant it.
    Forbidden,
    /// No such object, or not the caller's: the two are not told apart.
    NotFound,
    /// The capabilities offered cannot receive the producer.
    CannotConsume,
    /// RTP parameters that cannot be routed.
    InvalidRtpParameters,
    /// DTLS parameters without a usable fingerprint.
    InvalidDtlsParameters,
    /// The transport was connected before.
    AlreadyConnected,
    /// The room or the server is full.
    LimitPeers,
    /// The server has as many rooms as it may.
    LimitRooms,
    /// The peer has as many transports as it may.
    LimitTransports,
    /// The peer has as many producers as it may.
    LimitProducers,
    /// The peer has as many consumers as it may.
    LimitConsumers,
    /// The address or the server has as many sockets as it may.
    LimitSockets,
    /// The address enters rooms too often.
    LimitJoins,
    /// The address sends requests too often.
    LimitRequests,
    /// The address shows too many wrong tokens.
    LimitTokens,
    /// Events came faster than allowed.
    RateLimited,
    /// The event was not finished in time.
    Timeout,
    /// The room was closed meanwhile.
    RoomClosed,
    /// The server is going down and opens no rooms.
    ServerDraining,
    /// The worker of the room died; join again.
    WorkerDied,
    /// A fault of the server.
    Internal,
}

impl ErrorCode {
    /// Every word, in the order of `protocol.md`.
    pub const ALL: &'static [Self] = &[
        Self::BadRequest,
        Self::UnknownEvent,
        Self::NotJoined,
        Self::AlreadyJoined,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::CannotConsume,
        Self::InvalidRtpParameters,
        Self::InvalidDtlsParameters,
        Self::AlreadyConnected,
        Self::LimitPeers,
        Self::LimitRooms,
        Self::LimitTransports,
        Self::LimitProducers,
        Self::LimitConsumers,
        Self::LimitSockets,
        Self::LimitJoins,
        Self::LimitRequests,
        Self::LimitTokens,
        Self::RateLimited,
        Self::Timeout,
        Self::RoomClosed,
        Self::ServerDraining,
        Self::WorkerDied,
        Self::Internal,
    ];

    /// The word itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::UnknownEvent => "unknown-event",
            Self::NotJoined => "not-joined",
            Self::AlreadyJoined => "already-joined",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::CannotConsume => "cannot-consume",
            Self::InvalidRtpParameters => "invalid-rtp-parameters",
            Self::InvalidDtlsParameters => "invalid-dtls-parameters",
            Self::AlreadyConnected => "already-connected",
            Self::LimitPeers => "limit-peers",
            Self::LimitRooms => "limit-rooms",
            Self::LimitTransports => "limit-transports",
            Self::LimitProducers => "limit-producers",
            Self::LimitConsumers => "limit-consumers",
            Self::LimitSockets => "limit-sockets",
            Self::LimitJoins => "limit-joins",
            Self::LimitRequests => "limit-requests",
            Self::LimitTokens => "limit-tokens",
            Self::RateLimited => "rate-limited",
            Self::Timeout => "timeout",
            Self::RoomClosed => "room-closed",
            Self::ServerDraining => "server-draining",
            Self::WorkerDied => "worker-died",
            Self::Internal => "internal",
        }
    }
}

/// What a client is told when something fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The stable word.
    pub code: ErrorCode,
    /// One sentence for people.
    pub message: Cow<'static, str>,
}

impl ApiError {
    /// An error with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The payload cannot be used.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NotGranted => ErrorCode::Forbidden,
            Refusal::TooMany(_) => ErrorCode::LimitTokens,
            _ => ErrorCode::Unauthorized,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        Self::new(ErrorCode::from(&error), error.to_string())
    }
}

impl From<&RoomError> for ErrorCode {
    fn from(error: &RoomError) -> Self {
        match error {
            RoomError::NotFound(_) => Self::NotFound,
            RoomError::NotJoined => Self::NotJoined,
            RoomError::AlreadyJoined => Self::AlreadyJoined,
            RoomError::BadRequest(_) => Self::BadRequest,
            RoomError::Limit(limit) => limit.code(),
            RoomError::TooOften(_) => Self::LimitJoins,
            RoomError::CannotConsume(_) => Self::CannotConsume,
            RoomError::InvalidRtpParameters(_) => Self::InvalidRtpParameters,
            RoomError::InvalidDtlsParameters(_) => Self::InvalidDtlsParameters,
            RoomError::AlreadyConnected => Self::AlreadyConnected,
            RoomError::Closed => Self::RoomClosed,
            RoomError::Draining => Self::ServerDraining,
            RoomError::WorkerDied => Self::WorkerDied,
            RoomError::Timeout => Self::Timeout,
            RoomError::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct() {
        let mut words: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ErrorCode::ALL.len());
    }
}
