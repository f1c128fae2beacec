//! What a socket shows, and what it may do for it. Asked again whenever it enters a room: a token that
//! has expired, or was taken out of the configuration, ends nothing that goes on and begins nothing.

use std::{net::IpAddr, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::Shared;
use crate::{
    auth::{Access, MAX_TOKEN_BYTES, Refusal, Source, Wanted},
    error::ApiError,
};

/// What a client says of itself when it connects to a namespace.
#[derive(Debug, Deserialize)]
pub(super) struct Handshake {
    /// Any value, so that one that is none is refused as such.
    token: Option<Value>,
}

/// A token that came with the request by which a connection was opened: in its query, or a cookie.
#[derive(Clone, Debug)]
pub(super) struct Carried(pub(super) Arc<str>);

/// A socket's token, and what it grants.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// None where nothing was shown: most servers ask for nothing.
    shown: Option<Arc<str>>,
    address: IpAddr,
    access: Arc<Access>,
}

impl Pass {
    /// Shows a token to the server, whether it asks for one or not. What is said in the handshake
    /// counts before what the connection carries.
    pub(super) fn show(
        shared: &Shared,
        address: IpAddr,
        handshake: Option<Handshake>,
        carried: Option<&Carried>,
    ) -> Result<Self, Refusal> {
        let said = handshake.and_then(|handshake| handshake.token);
        let shown = match said {
            Some(Value::String(token)) if token.len() > MAX_TOKEN_BYTES => {
                return Err(Refusal::TooLong);
            }
            Some(Value::String(token)) => Some(token.into()),
            None | Some(Value::Null) => carried.map(|carried| Arc::clone(&carried.0)),
            // Not a token, and shown as nothing that is one.
            Some(_) => Some(Arc::default()),
        };
        let access = shared
            .tokens
            .check(address, shown.as_deref(), Wanted::Connect)?;
        Ok(Self {
            shown,
            address,
            access,
        })
    }

    /// Shows it again, to enter a room.
    pub(super) fn enter(&mut self, shared: &Shared, room: &str) -> Result<(), ApiError> {
        let shown = self.shown.as_deref();
        let tokens = &shared.tokens;
        self.access = tokens.check(self.address, shown, Wanted::Join(room))?;
        Ok(())
    }

    /// Whether that is granted.
    pub(super) fn check(&self, wanted: Wanted<'_>) -> Result<(), ApiError> {
        Ok(self.access.check(wanted)?)
    }

    /// Whether this may be sent.
    pub(super) fn check_source(&self, source: Source) -> Result<(), ApiError> {
        let granted = self.access.sends(source);
        granted.then_some(()).ok_or(Refusal::NotGranted.into())
    }
}
