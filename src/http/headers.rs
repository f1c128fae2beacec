//! What every answer says to browsers, and what pages of ours may do there. Knows no page.

use axum::{
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue,
        header::{
            CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

/// A page of ours runs its own code, shows its own pictures and media, and talks to its own server.
pub(super) const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; \
    font-src 'self'; manifest-src 'self'; worker-src 'self' blob:; form-action 'self'; \
    frame-ancestors 'self'; base-uri 'none'";

/// A page of text, with its style in it.
pub(super) const PLAIN: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'";

/// What is no page does nothing in a browser.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// What a page of ours may ask its user for; frames in it nothing.
const DEVICES: &str = "camera=(self), microphone=(self), display-capture=(self), \
    speaker-selection=(self), autoplay=(self), fullscreen=(self), picture-in-picture=(self), \
    screen-wake-lock=(self), geolocation=(), payment=(), usb=(), serial=(), hid=()";

/// Half a year, for this name alone.
const TRANSPORT: &str = "max-age=15552000";

/// To stand around everything. `certified`: whether the certificate is one browsers know; a
/// self-made one would lock out whoever accepted it by hand.
pub async fn secure(State(certified): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address of a room is all one needs to enter it.
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, DATA),
        (HeaderName::from_static("permissions-policy"), DEVICES),
    ];
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if certified {
        let value = HeaderValue::from_static(TRANSPORT);
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
    response
}
