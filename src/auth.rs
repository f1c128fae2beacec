//! Who may publish: a token of the server's own, or a JSON Web Token (RFC 7519) that names what it
//! grants. Knows no request and no room, only their names.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::config::BroadcastConfig;

/// What a JSON Web Token for this server says as its audience.
pub const AUDIENCE: &str = "miso";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// To publish into a room by its name.
    Publish(&'a str),
    /// To make broadcast ids, which publish into this room or into one of their own.
    Broadcast(Option<&'a str>),
}

/// Why it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody without a token gets it.
    Missing,
    /// The token is none of ours, or not good now.
    Wrong,
    /// The token does not grant it.
    NotGranted,
}

/// What a token says.
#[derive(Debug, Deserialize)]
struct Claims {
    /// The one room it is for; any without it.
    #[serde(default)]
    room: Option<String>,
    /// Whether it lets publish.
    #[serde(default)]
    publish: bool,
}

/// What the server compares tokens with.
#[derive(Clone)]
pub struct Tokens {
    own: Option<String>,
    key: Option<DecodingKey>,
    validation: Validation,
}

impl Tokens {
    /// As configured.
    #[must_use]
    pub fn new(config: &BroadcastConfig) -> Self {
        // One algorithm, whatever a token says of itself (RFC 8725 §3.1).
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = 30;
        let secret = config.jwt_secret.as_ref();
        Self {
            own: config.token.clone(),
            key: secret.map(|secret| DecodingKey::from_secret(secret.as_bytes())),
            validation,
        }
    }

    /// Whether whoever shows this token gets what it wants.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, token: Option<&str>, wanted: Wanted<'_>) -> Result<(), Refusal> {
        if self.own.is_none() && self.key.is_none() {
            return Ok(());
        }
        let token = token.ok_or(Refusal::Missing)?;
        let own = self.own.as_ref();
        if own.is_some_and(|own| same(own.as_bytes(), token.as_bytes())) {
            return Ok(());
        }
        let key = self.key.as_ref().ok_or(Refusal::Wrong)?;
        let claims = decode::<Claims>(token, key, &self.validation);
        let claims = claims.map_err(|_| Refusal::Wrong)?.claims;
        let (Wanted::Publish(room) | Wanted::Broadcast(Some(room))) = wanted else {
            let free = claims.publish && claims.room.is_none();
            return if free {
                Ok(())
            } else {
                Err(Refusal::NotGranted)
            };
        };
        let there = claims.room.as_deref().is_none_or(|granted| granted == room);
        if claims.publish && there {
            return Ok(());
        }
        Err(Refusal::NotGranted)
    }
}

impl fmt::Debug for Tokens {
    /// Nothing of the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("own", &self.own.is_some())
            .field("key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

/// Compares in a time that tells nothing of where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a-secret-of-thirty-two-characters";
    const STUDIO: Wanted<'_> = Wanted::Publish("studio");

    fn tokens(token: Option<&str>, secret: Option<&str>) -> Tokens {
        Tokens::new(&BroadcastConfig {
            token: token.map(str::to_owned),
            jwt_secret: secret.map(str::to_owned),
            ..BroadcastConfig::default()
        })
    }

    fn signed(algorithm: Algorithm, secret: &str, changes: &Value) -> String {
        let mut claims = json!({
            "aud": "miso",
            "exp": get_current_timestamp() + 600,
            "publish": true,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let key = EncodingKey::from_secret(secret.as_bytes());
        encode(&Header::new(algorithm), &claims, &key).unwrap()
    }

    fn check(token: &str, wanted: Wanted<'_>) -> Result<(), Refusal> {
        tokens(None, Some(SECRET)).check(Some(token), wanted)
    }

    fn claims(changes: &Value) -> String {
        signed(Algorithm::HS256, SECRET, changes)
    }

    #[test]
    fn without_a_secret_everybody_may() {
        assert_eq!(tokens(None, None).check(None, STUDIO), Ok(()));
        assert_eq!(tokens(None, None).check(Some("x"), STUDIO), Ok(()));
    }

    #[test]
    fn the_servers_own_token_is_compared_whole() {
        let own = tokens(Some("0123456789abcdef"), None);
        assert_eq!(own.check(Some("0123456789abcdef"), STUDIO), Ok(()));
        for wrong in ["", "0123456789abcdeg", "0123456789abcdef0", "0123456789"] {
            assert_eq!(
                own.check(Some(wrong), STUDIO),
                Err(Refusal::Wrong),
                "{wrong}"
            );
        }
        assert_eq!(own.check(None, STUDIO), Err(Refusal::Missing));
    }

    #[test]
    fn a_token_grants_what_it_names() {
        let everywhere = claims(&json!({}));
        for wanted in [
            STUDIO,
            Wanted::Broadcast(None),
            Wanted::Broadcast(Some("x")),
        ] {
            assert_eq!(check(&everywhere, wanted), Ok(()), "{wanted:?}");
        }
        let studio = claims(&json!({ "room": "studio" }));
        assert_eq!(check(&studio, STUDIO), Ok(()));
        assert_eq!(check(&studio, Wanted::Broadcast(Some("studio"))), Ok(()));
        for wanted in [Wanted::Publish("other"), Wanted::Broadcast(None)] {
            assert_eq!(
                check(&studio, wanted),
                Err(Refusal::NotGranted),
                "{wanted:?}"
            );
        }
        let nothing = claims(&json!({ "publish": false }));
        assert_eq!(check(&nothing, STUDIO), Err(Refusal::NotGranted));
    }

    #[test]
    fn what_is_not_signed_for_us_and_now_is_wrong() {
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJwdWJsaXNoIjp0cnVlfQ.";
        let late = get_current_timestamp() - 600;
        let early = get_current_timestamp() + 600;
        for wrong in [
            unsigned.to_owned(),
            String::new(),
            "a.b.c".to_owned(),
            signed(
                Algorithm::HS256,
                "another-secret-of-thirty-two-chars",
                &json!({}),
            ),
            signed(Algorithm::HS384, SECRET, &json!({})),
            signed(Algorithm::HS512, SECRET, &json!({})),
            claims(&json!({ "exp": late })),
            claims(&json!({ "exp": null })),
            claims(&json!({ "nbf": early })),
            claims(&json!({ "aud": "other" })),
            claims(&json!({ "aud": null })),
            claims(&json!({ "publish": "yes" })),
        ] {
            assert_eq!(check(&wrong, STUDIO), Err(Refusal::Wrong), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_in_no_log() {
        let text = format!("{:?}", tokens(Some("0123456789abcdef"), Some(SECRET)));
        assert!(
            !text.contains("0123") && !text.contains("a-secret"),
            "{text}"
        );
    }
}
