//! The answer to plain HTTP on a TLS port.

use axum::{
    body::Body,
    http::{
        HeaderValue, Request, Response, StatusCode,
        header::{CONTENT_TYPE, HOST, LOCATION},
    },
};

/// To the same page by HTTPS.
pub(super) fn to_https<B>(request: &Request<B>) -> Response<Body> {
    let mut response = Response::new(Body::from("This port speaks HTTPS.\n"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Some(location) = location(request) {
        headers.insert(LOCATION, location);
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    } else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

fn location<B>(request: &Request<B>) -> Option<HeaderValue> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let path = request.uri().path_and_query()?;
    HeaderValue::from_str(&format!("https://{host}{path}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_by_https() {
        let request = Request::get("/rooms/a?b=c")
            .header(HOST, "example.org:3000")
            .body(())
            .unwrap();
        let response = to_https(&request);
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(
            response.headers()[LOCATION],
            "https://example.org:3000/rooms/a?b=c"
        );
    }

    #[test]
    fn a_request_that_names_no_host_gets_a_hint() {
        let request = Request::get("/").body(()).unwrap();
        assert_eq!(to_https(&request).status(), StatusCode::BAD_REQUEST);
    }
}
