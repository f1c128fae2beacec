//! The REST interface described for machines: an OpenAPI 3.1 document made of what stands at the
//! handlers, and a page to read it by. Decides nothing.

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, tag::TagBuilder};

use super::rest;

const ABOUT: &str = "What a miso server holds, and what may be done to it. Failures are problem \
    details (RFC 9457). Unknown members of queries are refused; unknown members of answers are to be \
    ignored. Signalling is described at `/asyncapi.json`, in words in protocol.md.";

const TAGS: [(&str, &str); 4] = [
    ("inspection", "What is there, and how it goes."),
    ("actions", "What an operator does."),
    ("broadcasts", "Ids to publish and to watch by."),
    ("server", "The server as a whole."),
];

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = rest::described();
    document.info = InfoBuilder::new()
        .title("miso")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").build(),
        ))
        .build();
    let tag = |(name, about)| {
        TagBuilder::new()
            .name(name)
            .description(Some(about))
            .build()
    };
    document.tags = Some(TAGS.map(tag).into());
    document
}

/// The document and its page.
pub(super) fn router() -> Router {
    let text = document().to_json().unwrap_or_default();
    let served = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/openapi.json", get(move || answer(text.clone())))
        .route("/docs", get(page))
        .route(
            "/docs/docs.js",
            served(
                "text/javascript; charset=utf-8",
                include_str!("docs/docs.js"),
            ),
        )
        .route(
            "/docs/docs.css",
            served("text/css; charset=utf-8", include_str!("docs/docs.css")),
        )
}

/// Runs its own code, as pages of ours do.
async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, super::headers::PAGE),
    ];
    (headers, include_str!("docs/index.html")).into_response()
}

async fn answer(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
