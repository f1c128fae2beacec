//! Who may do what: tokens that are compared, JSON Web Tokens (RFC 7519) that are verified, and what
//! either grants in which room. Knows no request and no room, only names and addresses.

mod claims;
mod keys;
mod shown;
#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

pub use self::claims::{IssueError, Issued, issue};
use self::keys::Keys;
pub use self::shown::{in_cookies, in_query, without_token};
use crate::{
    config::{AuthConfig, ConfigError, Grants, Live, Rate, Rooms, Secret, same_secret},
    rates::PerAddress,
};

/// What a JSON Web Token for this server says as its audience.
pub const AUDIENCE: &str = "miso";

/// Bytes of a token; those of others are a few hundred, with an RSA signature a thousand.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// To connect, which any token of ours lets.
    Connect,
    /// To enter a room by Socket.IO.
    Join(&'a str),
    /// To publish something into a room by its name.
    Publish(&'a str),
    /// To make broadcast ids, which publish into this room or into one of their own.
    Broadcast(Option<&'a str>),
    /// To watch a room.
    Subscribe(&'a str),
    /// To see and change everything.
    Admin,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A microphone.
    Audio,
    /// A camera.
    Video,
    /// A display, or its sound.
    Screen,
}

/// Why it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody without a token gets it.
    #[error("a token is needed")]
    Missing,
    /// The token is none of ours.
    #[error("the token is not one of this server's")]
    Wrong,
    /// It was one.
    #[error("the token has expired")]
    Expired,
    /// It will be one.
    #[error("the token is not good yet")]
    Early,
    /// It is signed by one of ours, for others.
    #[error("the token is for another audience")]
    Elsewhere,
    /// Nobody's is that long.
    #[error("the token is too long")]
    TooLong,
    /// The address showed too many that were none: this one was not looked at.
    #[error("too many wrong tokens came from this address")]
    TooMany(Duration),
    /// The token does not grant it.
    #[error("the token does not grant this")]
    NotGranted,
}

/// What somebody may do where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    grants: Grants,
    rooms: Rooms,
}

impl Access {
    /// Everything, everywhere.
    #[must_use]
    pub fn full() -> Self {
        Self {
            grants: Grants::all(),
            rooms: Rooms::Any,
        }
    }

    /// Whether that is among it.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, wanted: Wanted<'_>) -> Result<(), Refusal> {
        let Self { grants, rooms } = self;
        let granted = match wanted {
            Wanted::Connect => true,
            Wanted::Join(room) => grants.join && rooms.contain(room),
            Wanted::Publish(room) => grants.publishes() && rooms.contain(room),
            // What is published under the id is not looked at again: both kinds that WHIP brings.
            Wanted::Broadcast(room) => {
                let there = room.map_or(*rooms == Rooms::Any, |room| rooms.contain(room));
                grants.audio && grants.video && there
            }
            Wanted::Subscribe(room) => grants.subscribe && rooms.contain(room),
            // What it changes is everybody's.
            Wanted::Admin => grants.admin && *rooms == Rooms::Any,
        };
        granted.then_some(()).ok_or(Refusal::NotGranted)
    }

    /// Whether this may be sent, where something may.
    #[must_use]
    pub fn sends(&self, source: Source) -> bool {
        match source {
            Source::Audio => self.grants.audio,
            Source::Video => self.grants.video,
            Source::Screen => self.grants.screen,
        }
    }
}

/// What the server compares tokens with, and how many wrong ones an address has shown.
#[derive(Debug)]
pub struct Tokens {
    known: Live<Known>,
    failures: PerAddress,
}

impl Tokens {
    /// As configured.
    ///
    /// # Errors
    /// A key file cannot be used: a sentence that names it.
    pub fn new(config: &AuthConfig, failures: Rate) -> Result<Arc<Self>, ConfigError> {
        Ok(Arc::new(Self {
            known: Live::new(Known::new(config)?),
            failures: PerAddress::new(failures),
        }))
    }

    /// What [`Self::replace`] puts in place. Changes nothing.
    ///
    /// # Errors
    /// A key file cannot be used: a sentence that names it.
    pub fn prepare(config: &AuthConfig) -> Result<PreparedTokens, ConfigError> {
        config.validate()?;
        Known::new(config).map(PreparedTokens)
    }

    /// Who is in a room stays; what is asked next is asked of these.
    pub fn replace(&self, prepared: PreparedTokens, failures: Rate) {
        self.known.set(prepared.0);
        self.failures.replace(failures);
    }

    /// What whoever shows this token from there may do, if what it wants is among it.
    ///
    /// # Errors
    /// It is not.
    pub fn check(
        &self,
        from: IpAddr,
        token: Option<&str>,
        wanted: Wanted<'_>,
    ) -> Result<Arc<Access>, Refusal> {
        let known = self.known.get();
        if !known.guards(wanted) {
            return Ok(Arc::clone(&known.full));
        }
        let token = token.ok_or(Refusal::Missing)?;
        self.failures.look(from).map_err(Refusal::TooMany)?;
        let access = known.access(token).inspect_err(|_| {
            // Already known to be there: this one is answered as what it is.
            let _ = self.failures.count(from);
        })?;
        access.check(wanted)?;
        Ok(access)
    }

    /// Whether the admin surface asks for a token on the server's own machine, too.
    #[must_use]
    pub fn guard_admin(&self) -> bool {
        self.known.get().guards(Wanted::Admin)
    }

    /// What the token itself grants, whether or not anything asks for one.
    ///
    /// # Errors
    /// It grants no administration, or is none.
    pub fn check_admin(&self, from: IpAddr, token: Option<&str>) -> Result<(), Refusal> {
        let token = token.ok_or(Refusal::Missing)?;
        self.failures.look(from).map_err(Refusal::TooMany)?;
        let access = self.known.get().access(token).inspect_err(|_| {
            let _ = self.failures.count(from);
        })?;
        access.check(Wanted::Admin)
    }
}

/// Tokens that can be used: nothing can fail any more when they are put in place.
#[derive(Debug)]
pub struct PreparedTokens(Known);

/// One configuration of tokens.
struct Known {
    required: bool,
    publishing: bool,
    administrating: bool,
    full: Arc<Access>,
    fixed: Vec<(Secret, Arc<Access>)>,
    keys: Keys,
}

impl Known {
    fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        let broadcast = config.broadcast_token.iter().map(|secret| {
            let (grants, rooms) = ("publish".parse().unwrap_or_default(), Rooms::Any);
            (secret.clone(), Arc::new(Access { grants, rooms }))
        });
        let tokens = config.static_tokens()?;
        let administrating = config.has_admin();
        let tokens = tokens.into_iter().map(|token| {
            let (grants, rooms) = (token.grants, token.rooms);
            (token.secret, Arc::new(Access { grants, rooms }))
        });
        let fixed: Vec<_> = broadcast.chain(tokens).collect();
        Ok(Self {
            required: config.required,
            publishing: config.signs() || fixed.iter().any(|(_, one)| one.grants.publishes()),
            administrating,
            full: Arc::new(Access::full()),
            fixed,
            keys: Keys::new(config)?,
        })
    }

    /// Whether that takes a token at all.
    fn guards(&self, wanted: Wanted<'_>) -> bool {
        self.required
            || match wanted {
                Wanted::Connect | Wanted::Join(_) | Wanted::Subscribe(_) => false,
                Wanted::Publish(_) | Wanted::Broadcast(_) => self.publishing,
                Wanted::Admin => self.administrating,
            }
    }

    /// What a token grants.
    fn access(&self, token: &str) -> Result<Arc<Access>, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        // All of them, whichever it is: time tells nothing of which.
        let equal = |(secret, access): &(Secret, Arc<Access>)| {
            same_secret(secret.expose().as_bytes(), token.as_bytes()).then(|| Arc::clone(access))
        };
        let found = self.fixed.iter().filter_map(equal).next_back();
        found.map_or_else(|| self.keys.access(token).map(Arc::new), Ok)
    }
}

impl fmt::Debug for Known {
    /// Nothing of the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("required", &self.required)
            .field("fixed", &self.fixed.len())
            .finish_non_exhaustive()
    }
}
