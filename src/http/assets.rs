//! The browser client, embedded in the binary. Serves files; knows nothing of rooms.

use std::borrow::Cow;

use axum::{
    Json, Router,
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
            ORIGIN,
        },
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::json;

use super::headers::{PAGE, PLAIN};

/// What `npm run build` left in `client-react/dist`; empty in a build without Node.
#[derive(RustEmbed)]
#[folder = "client-react/dist"]
#[allow_missing = true]
struct Client;

/// What the client's build uses of Socket.IO; empty in a build without Node.
#[derive(RustEmbed)]
#[folder = "client-react/node_modules/socket.io-client/dist"]
#[include = "socket.io.min.js"]
#[allow_missing = true]
struct SocketIoClient;

/// Served in place of the client by a build without Node.
const NOT_BUILT: &str = include_str!("not-built.html");

/// Pages of the client, and its files.
pub(super) fn router() -> Router {
    Router::new()
        .route("/", get(home))
        .route("/rooms/{room}", get(with_slash))
        .route("/rooms/{room}/", get(page))
        .route("/broadcast", get(page))
        .route("/stream", get(page))
        .route("/sfu/{room}", get(with_slash))
        .route("/sfu/{room}/", get(page))
        .fallback(file)
}

/// Its files alone.
pub(super) fn files() -> Router {
    Router::new().fallback(file)
}

/// The browser's half of Socket.IO, which plain pages load from the server they talk to. To stand
/// before signalling, whose path it is under.
pub fn socket_io_client() -> Router {
    Router::new()
        .route("/socket.io/socket.io.js", get(socket_io))
        .route("/socket.io/socket.io.min.js", get(socket_io))
}

/// The inspector's page.
pub(super) fn inspector() -> Router {
    Router::new().route("/admin", get(page))
}

async fn socket_io(headers: HeaderMap) -> Response {
    const NAME: &str = "socket.io.min.js";
    match SocketIoClient::get(NAME) {
        Some(file) => respond(NAME, file, &headers),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

/// Pages that call a server across origins ask it whether it is there; they show `message`.
async fn home(headers: HeaderMap) -> Response {
    let accepts_pages = headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    if headers.contains_key(ORIGIN) && !accepts_pages {
        let message = concat!("miso ", env!("CARGO_PKG_VERSION"));
        return Json(json!({ "message": message })).into_response();
    }
    page(headers).await
}

/// Old pages read the room from the segment before the last slash.
async fn with_slash(uri: Uri) -> Redirect {
    let query = uri
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}

async fn page(headers: HeaderMap) -> Response {
    match Client::get("index.html") {
        Some(file) => respond("index.html", file, &headers),
        None => html(NOT_BUILT),
    }
}

async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    // A segment may be percent-encoded; no name of the build needs that.
    let found = Client::get(path).filter(|_| method == Method::GET || method == Method::HEAD);
    match found {
        Some(file) => respond(path, file, &headers),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

fn respond(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = entity_tag(&file.metadata.sha256_hash());
    let known = asked.get(IF_NONE_MATCH).is_some_and(|value| *value == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(body(file.data))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type(path));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control(path)));
    headers.insert(ETAG, tag);
    response
}

fn body(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

fn html(text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type("index.html"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PLAIN));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Files under `assets/` carry a digest in their name and never change.
fn cache_control(path: &str) -> &'static str {
    if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn content_type(path: &str) -> HeaderValue {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    let text = match (guess.type_(), guess.subtype()) {
        (mime_guess::mime::TEXT, _) => format!("{guess}; charset=utf-8"),
        _ => guess.to_string(),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

fn entity_tag(digest: &[u8; 32]) -> HeaderValue {
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).expect("invariant: hexadecimal is a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_types_browsers_insist_on() {
        for (path, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("assets/index-1a2b.js", "text/javascript; charset=utf-8"),
            ("assets/index-1a2b.css", "text/css; charset=utf-8"),
            ("favicon.svg", "image/svg+xml"),
            ("strange", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), expected, "{path}");
        }
    }

    #[test]
    fn only_files_named_by_their_digest_are_kept_for_ever() {
        assert!(cache_control("assets/index-1a2b.js").contains("immutable"));
        assert_eq!(cache_control("index.html"), "no-cache");
        assert_eq!(cache_control("favicon.svg"), "no-cache");
    }
}
