//! Failures of HTTP resources as problem details (RFC 9457).

use std::time::Duration;

use axum::{
    Json,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::sdp::SdpError;
use crate::{
    auth::Refusal,
    error::{ApiError, ErrorCode},
    room::RoomError,
};

/// What went wrong.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    code: Option<ErrorCode>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A status and a sentence for people.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            code: None,
            header: None,
        }
    }

    /// Nothing here by this name.
    pub(super) fn not_found(detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Whoever asks must say who they are (RFC 6750 §3).
    pub(super) fn unauthorized(detail: &'static str) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        Self {
            header: Some((WWW_AUTHENTICATE, challenge)),
            ..Self::new(StatusCode::UNAUTHORIZED, detail)
        }
    }

    /// It may work in a few seconds.
    pub(super) fn later(status: StatusCode, detail: &'static str) -> Self {
        let problem = Self::new(status, detail);
        problem.with_retry()
    }

    /// An address did something too often, which it may again after this time.
    pub(super) fn too_often(code: ErrorCode, wait: Duration) -> Self {
        // Up: a client that waits as long is not too early.
        let seconds = wait.as_secs().saturating_add(1);
        Self {
            code: Some(code),
            header: Some((RETRY_AFTER, HeaderValue::from(seconds))),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, code.as_str())
        }
    }

    fn with_retry(mut self) -> Self {
        self.header = Some((RETRY_AFTER, HeaderValue::from_static("5")));
        self
    }
}

/// A failure as it is written (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Described {
    /// Problems of this server need no more than a status and a sentence.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: Option<&'static str>,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong, a sentence for people.
    detail: String,
    /// One of the protocol's words for errors, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<&'static str>,
}

/// What is asked is not understood.
#[derive(IntoResponses)]
#[response(status = 400, content_type = "application/problem+json")]
#[allow(dead_code)] // it describes
pub(super) struct BadRequest(Described);

/// There is nothing of this name.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
#[allow(dead_code)] // it describes
pub(super) struct NotFound(Described);

/// The body is too long.
#[derive(IntoResponses)]
#[response(status = 413, content_type = "application/problem+json")]
#[allow(dead_code)] // it describes
pub(super) struct TooLong(Described);

/// The server cannot do it now, or as it was started.
#[derive(IntoResponses)]
#[response(status = 503, content_type = "application/problem+json")]
#[allow(dead_code)] // it describes
pub(super) struct Unavailable(Described);

/// Why a token or a place is not had.
#[derive(IntoResponses)]
#[allow(dead_code)] // it describes
pub(super) enum Refused {
    /// A token is needed, or another one.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Described),
    /// The token is not for this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Described),
    /// The body is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLong(Described),
    /// There are as many as there may be; later there may be a place.
    #[response(status = 503, content_type = "application/problem+json")]
    Full(Described),
}

impl From<SdpError> for Problem {
    fn from(error: SdpError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let ApiError { code, message } = refusal.into();
        let challenge = HeaderValue::from_static("Bearer");
        match refusal {
            Refusal::TooMany(wait) => Self {
                detail: message.into(),
                ..Self::too_often(code, wait)
            },
            Refusal::NotGranted => Self {
                code: Some(code),
                ..Self::new(StatusCode::FORBIDDEN, message)
            },
            _ => Self {
                code: Some(code),
                // RFC 6750 §3.
                header: Some((WWW_AUTHENTICATE, challenge)),
                ..Self::new(StatusCode::UNAUTHORIZED, message)
            },
        }
    }
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        if let RoomError::TooOften(wait) = &error {
            return Self::too_often(ErrorCode::LimitJoins, *wait);
        }
        let ApiError { code, message } = error.into();
        let status = status(code);
        let problem = Self {
            code: Some(code),
            ..Self::new(status, message)
        };
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => problem.with_retry(),
            _ => problem,
        }
    }
}

/// The status of one of the server's words.
pub(super) fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::NotFound | ErrorCode::NotJoined | ErrorCode::RoomClosed => StatusCode::NOT_FOUND,
        ErrorCode::AlreadyConnected => StatusCode::CONFLICT,
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::LimitSockets
        | ErrorCode::LimitJoins
        | ErrorCode::LimitRequests
        | ErrorCode::LimitTokens => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::ServerDraining
        | ErrorCode::LimitPeers
        | ErrorCode::LimitRooms
        | ErrorCode::LimitTransports
        | ErrorCode::LimitConsumers => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal | ErrorCode::Timeout | ErrorCode::WorkerDied => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Described {
            kind: "about:blank",
            title: self.status.canonical_reason(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code.map(ErrorCode::as_str),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, kind);
        headers.extend(self.header);
        response
    }
}
