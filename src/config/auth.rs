//! Who may do what, as it is written down: tokens, keys, grants; plain data, nothing reads files or
//! the environment here.

use std::{fmt, path::PathBuf, str::FromStr};

use super::ConfigError;

/// What opens the server to whom.
#[derive(Clone, Debug, Default)]
pub struct AuthConfig {
    /// Whether everybody has to show a token: sockets, viewers and publishers.
    pub required: bool,
    /// Tokens that are compared as they are, as they are written: `SECRET[:GRANTS[:ROOM]]`.
    pub tokens: Vec<Secret>,
    /// Who makes broadcast ids, or publishes into a room by WHIP, may show this one, too.
    pub broadcast_token: Option<Secret>,
    /// JSON Web Tokens signed with this (HS256) are believed.
    pub jwt_secret: Option<Secret>,
    /// And those signed by the owners of these (PEM files: RSA for RS256, P-256 for ES256, Ed25519 for
    /// EdDSA).
    pub jwt_public_keys: Vec<PathBuf>,
}

impl AuthConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let short = |text: Option<&Secret>, least| text.is_some_and(|t| t.expose().len() < least);
        let fail = |text: &str| Err(ConfigError(text.into()));
        if short(self.broadcast_token.as_ref(), 16) {
            return fail("--broadcast-token: at least 16 characters, or it can be guessed");
        }
        let tokens = self.static_tokens()?;
        if tokens.iter().any(|one| short(Some(&one.secret), 16)) {
            return fail("--token: at least 16 characters, or it can be guessed");
        }
        if short(self.jwt_secret.as_ref(), 32) {
            // As long as what it makes (RFC 7518 §3.2).
            return fail("--jwt-secret: at least 32 characters, or it can be guessed");
        }
        if self.required && !self.opens() {
            return fail(
                "--require-token: nobody could enter; add --token, --jwt-secret or --jwt-public-key",
            );
        }
        Ok(())
    }

    /// Whether any token can open anything.
    fn opens(&self) -> bool {
        !self.tokens.is_empty() || self.broadcast_token.is_some() || self.signs()
    }

    /// Whether JSON Web Tokens are believed.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.jwt_secret.is_some() || !self.jwt_public_keys.is_empty()
    }

    /// Whether somebody could show a token for the admin surface.
    #[must_use]
    pub fn has_admin(&self) -> bool {
        let tokens = self.static_tokens().unwrap_or_default();
        let administrates = |token: &StaticToken| token.grants.admin && token.rooms == Rooms::Any;
        self.signs() || tokens.iter().any(administrates)
    }

    /// The tokens, understood.
    ///
    /// # Errors
    /// One of them says a grant that is none; nothing of it is repeated.
    pub fn static_tokens(&self) -> Result<Vec<StaticToken>, ConfigError> {
        let parsed = self.tokens.iter().map(|text| text.expose().parse());
        parsed
            .collect::<Result<_, String>>()
            .map_err(|error| ConfigError(format!("--token: {error}")))
    }
}

/// What nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, to be compared or to sign with; not to be written anywhere.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Compares secrets in a time that tells nothing of where they differ.
#[must_use]
pub fn same_secret(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// A token that is compared as it is, and what it grants where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticToken {
    /// What is shown.
    pub secret: Secret,
    /// What it grants.
    pub grants: Grants,
    /// Where.
    pub rooms: Rooms,
}

impl FromStr for StaticToken {
    type Err = String;

    /// `SECRET`, `SECRET:GRANTS` or `SECRET:GRANTS:ROOM`. Errors repeat nothing of it.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let secret = parts.next().unwrap_or_default();
        let grants = parts.next().map_or(Ok(Grants::of_a_guest()), str::parse)?;
        Ok(Self {
            secret: secret.into(),
            grants,
            rooms: parts.next().map_or(Rooms::Any, Rooms::written),
        })
    }
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Enter rooms by Socket.IO.
    pub join: bool,
    /// Send a microphone.
    pub audio: bool,
    /// Send a camera.
    pub video: bool,
    /// Send a display, with its sound.
    pub screen: bool,
    /// Receive.
    pub subscribe: bool,
    /// Exchange data.
    pub data: bool,
    /// See and change everything.
    pub admin: bool,
}

impl Grants {
    /// The words, for messages.
    pub const WORDS: &str = "join, publish, publish-audio, publish-video, publish-screen, subscribe, \
        data, admin";

    /// Everything but to administrate.
    #[must_use]
    pub fn of_a_guest() -> Self {
        Self {
            admin: false,
            ..Self::all()
        }
    }

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self {
            join: true,
            audio: true,
            video: true,
            screen: true,
            subscribe: true,
            data: true,
            admin: true,
        }
    }

    /// Whether anything may be sent.
    #[must_use]
    pub fn publishes(self) -> bool {
        self.audio || self.video || self.screen
    }
}

impl FromStr for Grants {
    type Err = String;

    /// Words, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut grants = Self::default();
        for word in text.split(',').map(str::trim) {
            match word {
                "join" => grants.join = true,
                "publish" => {
                    (grants.audio, grants.video, grants.screen) = (true, true, true);
                }
                "publish-audio" => grants.audio = true,
                "publish-video" => grants.video = true,
                "publish-screen" => grants.screen = true,
                "subscribe" => grants.subscribe = true,
                "data" => grants.data = true,
                "admin" => grants.admin = true,
                _ => return Err(format!("expected grants: {}", Self::WORDS)),
            }
        }
        Ok(grants)
    }
}

/// Where somebody may do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rooms {
    /// In every room.
    Any,
    /// In this one.
    One(String),
    /// In those whose names begin like this.
    Prefix(String),
}

impl Rooms {
    /// As operators write it: a name, the beginning of names and a star, or a star. Tokens do not say
    /// it like this: whoever signs one may put in a name that somebody else chose.
    #[must_use]
    pub fn written(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some("") => Self::Any,
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::One(text.to_owned()),
        }
    }

    /// Whether a room is among them.
    #[must_use]
    pub fn contain(&self, room: &str) -> bool {
        match self {
            Self::Any => true,
            Self::One(name) => name == room,
            Self::Prefix(prefix) => room.starts_with(prefix.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn token(text: &str) -> StaticToken {
        text.parse().unwrap()
    }

    #[test]
    fn tokens_are_written_with_grants_and_room() {
        let plain = token(SECRET);
        assert_eq!(plain.grants, Grants::of_a_guest());
        assert_eq!((plain.rooms, plain.grants.admin), (Rooms::Any, false));
        let whole = token("0123456789abcdef:join,publish-audio:a:b*");
        assert!(whole.grants.join && whole.grants.audio && !whole.grants.video);
        assert_eq!(whole.rooms, Rooms::Prefix("a:b".into()));
        for bad in ["x:", "x:jion", "x:join;admin", "x:join,,data"] {
            let error = bad.parse::<StaticToken>().unwrap_err();
            assert!(error.starts_with("expected grants: join"), "{error}");
        }
    }

    #[test]
    fn a_star_at_the_end_is_every_room_that_begins_so() {
        let prefix = Rooms::written("class-*");
        assert!(prefix.contain("class-1") && prefix.contain("class-") && !prefix.contain("class"));
        let one = Rooms::written("class");
        assert!(one.contain("class") && !one.contain("class-1"));
        assert!(Rooms::written("*").contain("") && Rooms::Any.contain("x"));
    }

    #[test]
    fn what_can_be_guessed_or_opens_nothing_is_refused() {
        let check = |change: fn(&mut AuthConfig)| {
            let mut config = AuthConfig::default();
            change(&mut config);
            config.validate()
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert!(check(|c| c.required = true).is_err());
        assert!(check(|c| c.broadcast_token = Some("short".into())).is_err());
        assert!(check(|c| c.jwt_secret = Some(SECRET.into())).is_err());
        assert!(check(|c| c.tokens.push("short:join".into())).is_err());
        let error = check(|c| c.tokens.push("0123456789abcdef:jion".into())).unwrap_err();
        assert!(
            error.0.contains("--token") && !error.0.contains("0123"),
            "{error}"
        );
        assert!(check(|c| c.broadcast_token = Some(SECRET.into())).is_ok());
        let both = check(|c| {
            c.required = true;
            c.tokens.push(SECRET.into());
        });
        assert_eq!(both, Ok(()));
    }

    #[test]
    fn nobody_is_shown_a_secret() {
        let config = AuthConfig {
            tokens: vec![SECRET.into()],
            broadcast_token: Some(SECRET.into()),
            jwt_secret: Some(SECRET.into()),
            ..AuthConfig::default()
        };
        assert!(!format!("{config:?}").contains("0123"));
    }
}
