//! `GET /asyncapi.json`: the signalling protocol, for machines. A test keeps the document as the
//! server's types have it.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The native dialect.
const DOCUMENT: &str = include_str!("../../docs/protocol/asyncapi.json");

/// Serves it.
pub(super) async fn document() -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, DOCUMENT).into_response()
}
