//! Which pages of other origins may use what. Frontends are served from anywhere; what they call is
//! open to the allowed origins; cookies are for those that are listed and for the server's own pages. Everything else of the
//! server is for its own pages.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{COOKIE, ETAG, HOST, LINK, LOCATION, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

use crate::{
    config::{ListenConfig, Live, Origins},
    http, signaling,
};

/// What an answer to a page of another origin may be read for, beside its body.
const EXPOSED: [HeaderName; 3] = [LOCATION, LINK, ETAG];

/// The layer around everything.
pub fn layer(config: Live<ListenConfig>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, request| {
            is_open(request.uri.path()) && allows(&config.get().origins, origin)
        }))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(EXPOSED))
        .max_age(std::time::Duration::from_secs(3600))
}

/// Refuses what a page of an origin that is not allowed asks: a browser opens WebSockets and sends
/// plain requests to any server, whatever its CORS headers say.
pub async fn guard(
    State(config): State<Live<ListenConfig>>,
    mut request: Request,
    next: Next,
) -> Response {
    let origins = &config.get().origins;
    let headers = request.headers();
    let open = is_open(request.uri().path());
    let refused = headers
        .get(ORIGIN)
        .is_some_and(|origin| open && !allows(origins, origin) && !is_own(origin, headers));
    if refused {
        return (StatusCode::FORBIDDEN, "this origin is not allowed\n").into_response();
    }
    // Any page may use the server where none is listed, but with tokens of its own only: a cookie is
    // sent with what any page asks.
    let foreign = headers
        .get(ORIGIN)
        .is_some_and(|origin| *origins == Origins::Any && !is_own(origin, headers));
    if foreign {
        request.headers_mut().remove(COOKIE);
    }
    next.run(request).await
}

fn is_open(path: &str) -> bool {
    signaling::serves(path) || http::open_to_pages(path)
}

/// Whether a page is the server's own, by the name it was asked for under.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok();
    let host = origin
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, host)| host);
    let asked = headers.get(HOST).and_then(|asked| asked.to_str().ok());
    host.is_some() && host == asked
}

fn allows(origins: &Origins, origin: &HeaderValue) -> bool {
    match origins {
        Origins::Any => true,
        Origins::Listed(listed) => listed.iter().any(|one| one.as_bytes() == origin.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_origins_are_compared_whole() {
        let listed = Origins::Listed(vec!["https://a.example".into()]);
        let allowed = |origin| allows(&listed, &HeaderValue::from_static(origin));
        assert!(allowed("https://a.example"));
        assert!(!allowed("https://a.example.evil.example"));
        assert!(!allowed("http://a.example"));
        assert!(allows(&Origins::Any, &HeaderValue::from_static("null")));
    }
}
