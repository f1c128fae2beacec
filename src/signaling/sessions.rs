//! Bounds sessions of Engine.IO, and what they keep of the requests that opened them. These are
//! below Socket.IO's sockets: one that never names a namespace is no socket yet, lives for
//! [`SignalingConfig::connect_timeout`](crate::config::SignalingConfig), and one connection can open
//! any number of them by polling.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{OriginalUri, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{CONTENT_TYPE, COOKIE, ORIGIN, REFERER, RETRY_AFTER, SEC_WEBSOCKET_KEY},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{address_of, pass::Carried, serves};
use crate::{
    auth::{MAX_TOKEN_BYTES, in_cookies, in_query, without_token},
    error::ErrorCode,
    room::Registry,
};

/// The headers that are read of a request that is not a preflight.
const KEPT: [HeaderName; 4] = [SEC_WEBSOCKET_KEY, CONTENT_TYPE, ORIGIN, REFERER];
/// A value longer than this is not kept: no page of a room has such an address.
const KEPT_BYTES: usize = 1024;

/// Lets a request that opens a session through only if there is a place for it. The place travels
/// in the request, which the session keeps as long as it lives.
pub async fn cap_sessions(
    State(registry): State<Arc<Registry>>,
    mut request: Request,
    next: Next,
) -> Response {
    if opens_session(request.uri()) {
        let address = address_of(request.extensions());
        let requests = &registry.admission().rates().requests;
        if let Err(wait) = requests.count(address) {
            return refused(ErrorCode::LimitRequests, Some(wait));
        }
        let Ok(permit) = registry.admission().session(address) else {
            return refused(ErrorCode::LimitSockets, None);
        };
        request.extensions_mut().insert(Arc::new(permit));
    }
    if serves(request.uri().path()) && request.method() != Method::OPTIONS {
        carry(&mut request);
        slim(&mut request);
    }
    next.run(request).await
}

/// Engine.IO's own form of an error: 4 is "forbidden".
fn refused(code: ErrorCode, wait: Option<Duration>) -> Response {
    let body = format!(r#"{{"code":4,"message":"{}"}}"#, code.as_str());
    let json = [(CONTENT_TYPE, "application/json")];
    let mut response = (StatusCode::TOO_MANY_REQUESTS, json, body).into_response();
    let wait = wait.map(|wait| HeaderValue::from(wait.as_secs().saturating_add(1)));
    response
        .headers_mut()
        .extend(wait.map(|wait| (RETRY_AFTER, wait)));
    response
}

/// The token a request carries, which goes with it from here on and stands in it no more.
fn carry(request: &mut Request) {
    let asked = request.uri().query().and_then(in_query);
    let cookies = request.headers().get(COOKIE);
    let cookies = cookies.and_then(|cookies| cookies.to_str().ok());
    let token = asked.or_else(|| cookies.and_then(in_cookies).map(Into::into));
    // One byte too long is still too long.
    let token = token.map(|token| token.chars().take(MAX_TOKEN_BYTES + 1).collect::<String>());
    let Some(token) = token else {
        return;
    };
    request.extensions_mut().insert(Carried(token.into()));
    let uri = request.uri();
    let query = without_token(uri.query().unwrap_or_default());
    // What was parsed once, less a part of its query, parses again.
    if let Ok(without) = format!("{}?{query}", uri.path()).parse() {
        *request.uri_mut() = without;
    }
}

/// Copies what is needed of a request, and drops the rest. A session keeps its request as long as it
/// lives, and the parts of a request are slices of the buffer it was read into: 8 KiB at least.
fn slim(request: &mut Request) {
    let mut headers = HeaderMap::with_capacity(KEPT.len());
    for name in KEPT {
        let value = request.headers().get(&name);
        let value = value.filter(|value| value.len() <= KEPT_BYTES);
        if let Some(Ok(copy)) = value.map(|value| HeaderValue::from_bytes(value.as_bytes())) {
            headers.insert(name, copy);
        }
    }
    // A copy is as large as what is in it.
    *request.headers_mut() = headers.clone();
    request.extensions_mut().remove::<OriginalUri>();
    // What was parsed once parses again.
    if let Ok(copy) = request.uri().to_string().parse() {
        *request.uri_mut() = copy;
    }
}

/// By the library's own rule: whoever names no session gets one.
fn opens_session(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or("");
    serves(uri.path()) && !query.split('&').any(|part| part.starts_with("sid="))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_slim_request_says_what_is_needed_and_shares_nothing() {
        let mut request = Request::builder()
            .uri("/socket.io/?EIO=4&transport=websocket&dialect=native")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("User-Agent", "Mozilla/5.0")
            .header("Origin", "https://example.org")
            .body(Body::empty())
            .unwrap();
        let original = OriginalUri(request.uri().clone());
        request.extensions_mut().insert(original);
        let (uri, key) = (
            request.uri().clone(),
            request.headers()[SEC_WEBSOCKET_KEY].clone(),
        );
        slim(&mut request);
        assert_eq!(request.uri(), &uri);
        assert_eq!(request.headers()[SEC_WEBSOCKET_KEY], key);
        assert_eq!(request.headers()[ORIGIN], "https://example.org");
        assert_eq!(request.headers().len(), 2);
        assert!(request.extensions().get::<OriginalUri>().is_none());
        let shared = |a: &str, b: &str| std::ptr::eq(a.as_ptr(), b.as_ptr());
        assert!(!shared(request.uri().path(), uri.path()));
        let copy = &request.headers()[SEC_WEBSOCKET_KEY];
        assert!(!std::ptr::eq(
            copy.as_bytes().as_ptr(),
            key.as_bytes().as_ptr()
        ));
    }

    #[test]
    fn only_requests_without_a_session_open_one() {
        for (uri, opens) in [
            ("/socket.io/?EIO=4&transport=polling", true),
            ("/socket.io?EIO=4&transport=websocket", true),
            ("/socket.io/?EIO=4&transport=polling&xsid=a", true),
            ("/socket.io/?EIO=4&transport=polling&sid=a", false),
            ("/rooms/a", false),
        ] {
            assert_eq!(opens_session(&Uri::from_static(uri)), opens, "{uri}");
        }
    }
}
