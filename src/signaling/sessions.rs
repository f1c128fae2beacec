//! Bounds sessions of Engine.IO, below Socket.IO's sockets: one that never names a namespace is no
//! socket yet, lives for [`SignalingConfig::connect_timeout`](crate::config::SignalingConfig), and
//! one connection can open any number of them by polling.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{PATH, address_of};
use crate::room::Registry;

/// Engine.IO's own form of an error: 4 is "forbidden".
const REFUSED: &str = r#"{"code":4,"message":"limit-sockets"}"#;

/// Lets a request that opens a session through only if there is a place for it. The place travels
/// in the request, which the session keeps as long as it lives.
pub async fn cap_sessions(
    State(registry): State<Arc<Registry>>,
    mut request: Request,
    next: Next,
) -> Response {
    if opens_session(request.uri()) {
        let address = address_of(request.extensions());
        let Ok(permit) = registry.admission().session(address) else {
            let json = [(CONTENT_TYPE, "application/json")];
            return (StatusCode::TOO_MANY_REQUESTS, json, REFUSED).into_response();
        };
        request.extensions_mut().insert(Arc::new(permit));
    }
    next.run(request).await
}

/// By the library's own rule: whoever names no session gets one.
fn opens_session(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or("");
    uri.path().starts_with(PATH) && !query.split('&').any(|part| part.starts_with("sid="))
}

#[cfg(test)]
mod tests {
    use super::*;

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
