//! The admin surface: everything that shows rooms or changes them from outside, in one router that is
//! served by the main listener and by one of its own. Who may ask is decided here, for all of it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderName, StatusCode, Uri,
        header::{COOKIE, FORWARDED, HOST, ORIGIN, VIA},
        uri::Authority,
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};

use super::{
    assets, exchange::bearer, metrics, problem::Problem, rest, serve::Relayed, sessions::Doors,
};
use crate::auth::{Tokens, in_cookies};

/// Which listener a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// The one for everybody.
    Main,
    /// The surface's own, on loopback.
    Own,
    /// The surface's own, which others reach.
    Open,
}

/// Names of the headers by which proxies say that somebody else asks.
const PROXIED: [HeaderName; 5] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

#[derive(Clone, Debug)]
struct Guard {
    tokens: Arc<Tokens>,
    door: Door,
}

/// All of it, behind its guard.
pub(super) fn router(doors: &Doors, door: Door) -> Router {
    let guard = Guard {
        tokens: Arc::clone(&doors.tokens),
        door,
    };
    inside(doors).route_layer(from_fn_with_state(guard, guarded))
}

/// What is inside; whatever is to be seen by operators only is merged here.
fn inside(doors: &Doors) -> Router {
    rest::inspection(doors.clone()).merge(metrics::router(doors.clone()))
}

/// The page, which shows nothing but what it may ask for; the main listener has it for its own machine.
pub(super) fn page(door: Door) -> Router {
    let page = assets::inspector();
    match door {
        Door::Main => page.route_layer(from_fn(from_here)),
        Door::Own | Door::Open => page,
    }
}

async fn from_here(request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if from.is_some_and(|from| from.0.ip().to_canonical().is_loopback()) {
        return next.run(request).await;
    }
    elsewhere().into_response()
}

async fn guarded(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl Guard {
    fn check(&self, request: &Request) -> Result<(), Problem> {
        let headers = request.headers();
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let Some(from) = from.map(|from| from.0.ip().to_canonical()) else {
            return Err(elsewhere());
        };
        if self.door == Door::Main && !from.is_loopback() {
            return Err(elsewhere());
        }
        // A page of somebody else's in an operator's browser sends what it likes to this machine.
        if !is_own_page(headers) {
            let detail = "pages of other origins have no business here";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if self.door == Door::Open || self.tokens.guard_admin() {
            let cookies = headers.get(COOKIE).and_then(|one| one.to_str().ok());
            let token = bearer(headers).or_else(|| cookies.and_then(in_cookies));
            return Ok(self.tokens.check_admin(from, token)?);
        }
        // On loopback a proxy speaks for anybody, and a page's name may be made to lead here.
        let relayed = request.extensions().get::<Relayed>().is_some();
        let direct = !relayed && !PROXIED.iter().any(|name| headers.contains_key(name));
        if from.is_loopback() && direct && is_local(host(request.uri(), headers)) {
            return Ok(());
        }
        Err(elsewhere())
    }
}

fn elsewhere() -> Problem {
    Problem::not_found("answered on connections of this machine only")
}

/// Whom a request means.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(Authority::as_str).or(named)
}

/// Whether a page, if one asks, is the server's own.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().ok();
    let page = origin.and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    page.is_some_and(|(_, page)| Some(page) == host)
}

/// Whether a name is one that nobody can have lead here from outside: an address, or a word without
/// dots.
fn is_local(host: Option<&str>) -> bool {
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address.parse::<std::net::IpAddr>().is_ok()
        || !name.contains('.')
        || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn names_of_others_do_not_lead_here() {
        for local in [
            "localhost:3000",
            "127.0.0.1",
            "[::1]:9090",
            "x",
            "a.localhost",
        ] {
            assert!(is_local(Some(local)), "{local}");
        }
        for other in ["sfu.example.org", "localhost.evil.example:9090", "", "a b"] {
            assert!(!is_local(Some(other)), "{other}");
        }
        assert!(!is_local(None));
    }

    #[test]
    fn pages_of_other_origins_are_known() {
        let page = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("localhost:9090"));
            headers.extend(origin.map(|one| (ORIGIN, HeaderValue::from_static(one))));
            is_own_page(&headers)
        };
        assert!(page(None) && page(Some("http://localhost:9090")));
        for other in ["null", "http://localhost:3000", "https://evil.example"] {
            assert!(!page(Some(other)), "{other}");
        }
    }
}
