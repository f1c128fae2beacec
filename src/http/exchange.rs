//! What WHIP and WHEP have in common: an offer in, an answer and a session out, and what may be done
//! with a session (RFC 9725 §4.2 to §4.4).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, FromRequest, FromRequestParts as _, Path, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, COOKIE, ETAG, IF_MATCH, LINK, LOCATION},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;

use super::{
    problem::Problem,
    sdp::{Fragment, Offer},
    sessions::{Doors, Session},
};
use crate::{
    auth::{Access, MAX_TOKEN_BYTES, Wanted, in_cookies, in_query},
    config::IceServer,
    room::{Guest, Registry},
};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Somebody who asks for a session: who, from where, and with what.
pub(super) struct Asking {
    pub(super) doors: Doors,
    pub(super) from: SocketAddr,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl FromRequest<Doors> for Asking {
    type Rejection = Response;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let from = ConnectInfo::<SocketAddr>::from_request_parts(&mut parts, doors).await;
        let ConnectInfo(from) = from.map_err(IntoResponse::into_response)?;
        Ok(Self {
            doors: doors.clone(),
            from,
            headers: parts.headers,
            body,
        })
    }
}

/// The offer in a request.
pub(super) async fn offer(
    doors: &Doors,
    headers: &HeaderMap,
    body: Body,
) -> Result<Offer, Problem> {
    let text = text(doors, headers, body, SDP).await?;
    Ok(Offer::parse(&text)?)
}

async fn text(
    doors: &Doors,
    headers: &HeaderMap,
    body: Body,
    wanted: &str,
) -> Result<String, Problem> {
    let limit = doors.broadcasts.config().body_bytes;
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)) {
        let detail = format!("expected {wanted}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let bytes = bytes(body, limit).await?;
    let not_text = |_| Problem::new(StatusCode::BAD_REQUEST, "not UTF-8");
    String::from_utf8(bytes.into()).map_err(not_text)
}

/// A body of at most so many bytes.
pub(super) async fn bytes(body: Body, limit: usize) -> Result<Bytes, Problem> {
    to_bytes(body, limit).await.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() {
            let detail = format!("more than {limit} bytes");
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
        }
        Problem::new(StatusCode::BAD_REQUEST, "the request is not complete")
    })
}

/// The token of a request (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The same, or where pages put it that send no such header: in a cookie, or in the address.
pub(super) fn shown_anywhere(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let cookies = headers.get(COOKIE).and_then(|one| one.to_str().ok());
    let asked = uri.query().and_then(in_query);
    let header = bearer(headers).map(str::to_owned);
    header
        .or_else(|| asked.map(Into::into))
        .or_else(|| cookies.and_then(in_cookies).map(str::to_owned))
}

/// What a request may do here, if what it wants is among it.
pub(super) fn check_token(
    doors: &Doors,
    from: SocketAddr,
    headers: &HeaderMap,
    wanted: Wanted<'_>,
) -> Result<Arc<Access>, Problem> {
    Ok(doors.tokens.check(from.ip(), bearer(headers), wanted)?)
}

/// What a request shows, to be compared later: a copy, as the original is a part of its whole head.
pub(super) fn shown(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    const MAX_LENGTH: usize = "Bearer ".len() + MAX_TOKEN_BYTES;
    let Some(shown) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    if shown.len() > MAX_LENGTH {
        let detail = "the token is too long";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    // What was a header is one again.
    Ok(HeaderValue::from_bytes(shown.as_bytes()).ok())
}

/// Takes a guest out again unless its session was kept.
pub(super) struct Arriving<'a> {
    registry: &'a Registry,
    guest: Option<Guest>,
}

impl<'a> Arriving<'a> {
    pub(super) fn new(registry: &'a Registry, guest: Guest) -> Self {
        let guest = Some(guest);
        Self { registry, guest }
    }

    /// It stays.
    pub(super) fn arrived(mut self) {
        self.guest = None;
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        if let Some(guest) = &self.guest {
            self.registry.dismiss(guest);
        }
    }
}

/// Keeps a session under the addresses that begin with `path`; returns where it is.
pub(super) fn keep(doors: &Doors, session: Session, path: &str) -> Kept {
    let tag = session.entity_tag();
    let name = doors.sessions.keep(session);
    let location = format!("/{path}/sessions/{name}");
    Kept { location, tag }
}

/// A session that is kept.
pub(super) struct Kept {
    pub(super) location: String,
    tag: String,
}

/// The answer to an offer, and where its session is.
pub(super) fn created(doors: &Doors, kept: &Kept, answer: String) -> Response {
    let mut response = (StatusCode::CREATED, answer).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
    // Both are letters and digits.
    headers.extend(HeaderValue::try_from(&kept.location).map(|value| (LOCATION, value)));
    headers.extend(HeaderValue::try_from(&kept.tag).map(|value| (ETAG, value)));
    for server in &doors.broadcasts.config().ice_servers {
        if let Ok(link) = HeaderValue::try_from(link(server)) {
            headers.append(LINK, link);
        }
    }
    response
}

/// RFC 9725 §4.6.
fn link(server: &IceServer) -> String {
    let mut link = format!("<{}>; rel=\"ice-server\"", server.url);
    if let Some((user, password)) = &server.credentials {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        link += &format!(
            "; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
            quoted(user),
            quoted(password)
        );
    }
    link
}

/// Trickle ICE, or its restart.
pub(super) async fn patch(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let session = doors.sessions.find(&name, &headers)?;
    let fragment = Fragment::parse(&text(&doors, &headers, body, FRAGMENT).await?)?;
    let tags = headers.get(IF_MATCH).ok_or_else(|| {
        let detail = "If-Match: the ETag of the session, or * to restart ICE";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, detail)
    })?;
    let tags = tags.to_str().unwrap_or_default();
    // Some trickle with it: credentials we know begin nothing anew.
    let known = fragment.username_fragment.as_ref() == Some(&session.username_fragment);
    if tags.trim() == "*" && known {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if tags.trim() == "*" {
        return restart(&doors, &name, session, fragment).await;
    }
    let current = session.entity_tag();
    if !tags.split(',').any(|tag| tag.trim() == current) {
        let detail = "the ICE session was restarted meanwhile";
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail));
    }
    match fragment.username_fragment {
        Some(other) if other != session.username_fragment => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the fragment is of another ICE session; to restart, send If-Match: *",
        )),
        // Nothing to be done: we answer whoever checks us.
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn restart(
    doors: &Doors,
    name: &str,
    mut session: Session,
    fragment: Fragment,
) -> Result<Response, Problem> {
    let username = fragment.username_fragment.filter(|_| fragment.has_password);
    session.username_fragment = username.ok_or_else(|| {
        let detail = "a restart needs a new ice-ufrag and ice-pwd";
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })?;
    let (room, peer) = (&session.guest.room, &session.guest.id);
    let ice_parameters = room.restart_ice(peer, session.transport.id).await?;
    session.transport.ice_parameters = ice_parameters;
    let candidates = &session.transport.ice_candidates;
    let body = Fragment::answer(&session.transport.ice_parameters, candidates, &session.head);
    let tag = HeaderValue::try_from(session.entity_tag());
    doors.sessions.restarted(name, session);
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FRAGMENT));
    headers.extend(tag.map(|tag| (ETAG, tag)));
    Ok(response)
}

/// Ends a session; the second time, too, it has ended.
pub(super) async fn delete(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    if let Some(session) = doors.sessions.end(&name, &headers)? {
        doors.registry.dismiss(&session.guest);
    }
    Ok(StatusCode::OK)
}

/// Tells whoever asks for the options of these addresses what they take (RFC 9725 §4.2). To stand
/// around what answers questions of browsers about other origins.
pub async fn options(request: Request, next: Next) -> Response {
    let asked = request.method() == Method::OPTIONS;
    let path = request.uri().path();
    let kind = match () {
        () if !asked => None,
        () if path.ends_with("/layer") || path.ends_with("/events") => {
            Some((ACCEPT_POST, "application/json", "POST, OPTIONS"))
        }
        () if path.contains("/sessions/") => {
            Some((ACCEPT_PATCH, FRAGMENT, "PATCH, DELETE, OPTIONS"))
        }
        () => Some((ACCEPT_POST, SDP, "POST, OPTIONS")),
    };
    let doors = ["/whip", "/whep", "/broadcast"];
    let ours = doors.iter().any(|door| path.starts_with(door));
    let mut response = next.run(request).await;
    if let Some((name, value, methods)) = kind.filter(|_| ours) {
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
        headers.insert(ALLOW, HeaderValue::from_static(methods));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_servers_are_quoted() {
        let server = IceServer {
            url: "turn:a.example".into(),
            credentials: Some(("u".into(), "p\"w".into())),
        };
        let expected = "<turn:a.example>; rel=\"ice-server\"; username=\"u\"; \
            credential=\"p\\\"w\"; credential-type=\"password\"";
        assert_eq!(link(&server), expected);
    }
}
