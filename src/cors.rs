//! Which pages of other origins may use what. Frontends are served from anywhere; what they call is
//! open to the allowed origins with cookies, as these carry no authority here. Everything else of the
//! server is for its own pages.

use axum::http::{
    HeaderName, HeaderValue,
    header::{ETAG, LINK, LOCATION},
};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

use crate::{config::Origins, http, signaling};

/// What an answer to a page of another origin may be read for, beside its body.
const EXPOSED: [HeaderName; 3] = [LOCATION, LINK, ETAG];

/// The layer around everything.
pub fn layer(origins: &Origins) -> CorsLayer {
    let origins = origins.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, request| {
            let path = request.uri.path();
            let open = signaling::serves(path) || http::open_to_pages(path);
            open && allows(&origins, origin)
        }))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(EXPOSED))
        .max_age(std::time::Duration::from_secs(3600))
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
