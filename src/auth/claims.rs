//! What a JSON Web Token of ours says, in both directions. Verifies nothing.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};

use super::{AUDIENCE, Access, Refusal};
use crate::config::{Grants, Rooms, Secret};

/// The claims that are read; others are nobody's business here (RFC 7519 §4).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claims {
    /// The one room it is for.
    room: Option<String>,
    /// Or the beginning of the names of those it is for; any without either.
    room_prefix: Option<String>,
    #[serde(default)]
    join: bool,
    #[serde(default)]
    publish: Publish,
    #[serde(default)]
    subscribe: bool,
    #[serde(default)]
    data: bool,
    #[serde(default)]
    admin: bool,
}

/// All or nothing, or some.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Publish {
    All(bool),
    Some(Vec<Kind>),
}

impl Default for Publish {
    fn default() -> Self {
        Self::All(false)
    }
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Audio,
    Video,
    Screen,
}

impl Claims {
    /// What they grant.
    pub(super) fn access(self) -> Result<Access, Refusal> {
        let rooms = match (self.room, self.room_prefix) {
            (None, None) => Rooms::Any,
            (Some(name), None) => Rooms::One(name),
            (None, Some(prefix)) => Rooms::Prefix(prefix),
            (Some(_), Some(_)) => return Err(Refusal::Wrong),
        };
        let publishes = |kind| match &self.publish {
            Publish::All(all) => *all,
            Publish::Some(kinds) => kinds.contains(&kind),
        };
        let grants = Grants {
            join: self.join,
            audio: publishes(Kind::Audio),
            video: publishes(Kind::Video),
            screen: publishes(Kind::Screen),
            subscribe: self.subscribe,
            data: self.data,
            admin: self.admin,
        };
        Ok(Access { grants, rooms })
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What it grants.
    pub grants: Grants,
    /// Where.
    pub rooms: Rooms,
    /// For how long from now.
    pub ttl: Duration,
    /// Whose it is, for logs of others.
    pub subject: Option<String>,
}

/// Why a token cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token cannot be signed")]
pub struct IssueError;

/// What is written; no claim that grants nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    aud: &'static str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    join: bool,
    #[serde(skip_serializing_if = "Publish::is_nothing")]
    publish: Publish,
    #[serde(skip_serializing_if = "is_false")]
    subscribe: bool,
    #[serde(skip_serializing_if = "is_false")]
    data: bool,
    #[serde(skip_serializing_if = "is_false")]
    admin: bool,
}

/// As the serializer asks.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the serializer's signature"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Publish {
    fn of(grants: Grants) -> Self {
        let kinds = [
            (grants.audio, Kind::Audio),
            (grants.video, Kind::Video),
            (grants.screen, Kind::Screen),
        ];
        let kinds: Vec<_> = kinds
            .into_iter()
            .filter_map(|(granted, kind)| granted.then_some(kind))
            .collect();
        match kinds.len() {
            0 => Self::All(false),
            3 => Self::All(true),
            _ => Self::Some(kinds),
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::All(false))
    }
}

/// Makes a token, signed with the server's secret (HS256).
///
/// # Errors
/// It cannot be signed.
pub fn issue(issued: &Issued, secret: &Secret) -> Result<String, IssueError> {
    let now = get_current_timestamp();
    let (room, room_prefix) = match &issued.rooms {
        Rooms::Any => (None, None),
        Rooms::One(name) => (Some(name.as_str()), None),
        Rooms::Prefix(prefix) => (None, Some(prefix.as_str())),
    };
    let claims = Written {
        aud: AUDIENCE,
        iat: now,
        exp: now.saturating_add(issued.ttl.as_secs()),
        sub: issued.subject.as_deref(),
        room,
        room_prefix,
        join: issued.grants.join,
        publish: Publish::of(issued.grants),
        subscribe: issued.grants.subscribe,
        data: issued.grants.data,
        admin: issued.grants.admin,
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|_| IssueError)
}
