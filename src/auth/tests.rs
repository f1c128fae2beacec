//! What tokens open, and what does not.

use std::{net::Ipv4Addr, path::PathBuf};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use super::*;
use crate::config::RateConfig;

const SECRET: &str = "a-secret-of-thirty-two-characters";
const OWN: &str = "0123456789abcdef";
const STUDIO: Wanted<'_> = Wanted::Publish("studio");
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn tokens(change: impl FnOnce(&mut AuthConfig)) -> Arc<Tokens> {
    let mut config = AuthConfig::default();
    change(&mut config);
    config.validate().unwrap();
    Tokens::new(&config, RateConfig::unlimited().token_failures).unwrap()
}

fn signing() -> Arc<Tokens> {
    tokens(|config| config.jwt_secret = Some(SECRET.into()))
}

fn check(tokens: &Tokens, token: Option<&str>, wanted: Wanted<'_>) -> Result<(), Refusal> {
    tokens.check(HERE, token, wanted).map(|_| ())
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

fn claims(changes: &Value) -> String {
    signed(Algorithm::HS256, SECRET, changes)
}

#[test]
fn without_a_secret_everybody_may() {
    let open = tokens(|_| ());
    for wanted in [
        STUDIO,
        Wanted::Connect,
        Wanted::Join("x"),
        Wanted::Subscribe("x"),
    ] {
        assert_eq!(check(&open, None, wanted), Ok(()));
        assert_eq!(check(&open, Some("x"), wanted), Ok(()));
    }
    assert!(!open.guard_admin());
    assert_eq!(open.check_admin(HERE, Some("x")), Err(Refusal::Wrong));
}

#[test]
fn a_token_to_publish_closes_publishing_alone() {
    for guarded in [
        tokens(|config| config.broadcast_token = Some(OWN.into())),
        tokens(|config| config.tokens.push(format!("{OWN}:publish").into())),
        signing(),
    ] {
        assert_eq!(check(&guarded, None, STUDIO), Err(Refusal::Missing));
        assert_eq!(check(&guarded, None, Wanted::Join("x")), Ok(()));
        assert_eq!(check(&guarded, None, Wanted::Subscribe("x")), Ok(()));
    }
    assert!(
        signing().guard_admin(),
        "who signs tokens gives them to operators, too"
    );
    assert!(!tokens(|config| config.broadcast_token = Some(OWN.into())).guard_admin());
}

#[test]
fn a_token_for_a_room_administrates_nothing() {
    let guarded = tokens(|config| config.tokens.push(format!("{OWN}:admin:studio").into()));
    assert!(!guarded.guard_admin());
    assert_eq!(
        guarded.check_admin(HERE, Some(OWN)),
        Err(Refusal::NotGranted)
    );
}

#[test]
fn a_token_for_one_kind_makes_no_broadcast_ids() {
    let guarded = tokens(|config| config.tokens.push(format!("{OWN}:publish-audio").into()));
    assert_eq!(check(&guarded, Some(OWN), STUDIO), Ok(()));
    for wanted in [Wanted::Broadcast(None), Wanted::Broadcast(Some("studio"))] {
        assert_eq!(check(&guarded, Some(OWN), wanted), Err(Refusal::NotGranted));
    }
}

#[test]
fn a_token_to_administrate_closes_that_alone() {
    let guarded = tokens(|config| config.tokens.push(format!("{OWN}:admin").into()));
    assert!(guarded.guard_admin());
    assert_eq!(check(&guarded, None, STUDIO), Ok(()));
    assert_eq!(guarded.check_admin(HERE, None), Err(Refusal::Missing));
    assert_eq!(guarded.check_admin(HERE, Some("x")), Err(Refusal::Wrong));
    assert_eq!(guarded.check_admin(HERE, Some(OWN)), Ok(()));
}

#[test]
fn the_servers_own_tokens_are_compared_whole() {
    let own = tokens(|config| {
        config.required = true;
        config.broadcast_token = Some("fedcba9876543210".into());
        config
            .tokens
            .push(format!("{OWN}:join,publish-audio:class-*").into());
    });
    assert_eq!(check(&own, Some("fedcba9876543210"), STUDIO), Ok(()));
    assert_eq!(check(&own, Some(OWN), Wanted::Join("class-1")), Ok(()));
    assert_eq!(
        check(&own, Some(OWN), Wanted::Join("other")),
        Err(Refusal::NotGranted)
    );
    let subscribe = Wanted::Subscribe("class-1");
    assert_eq!(check(&own, Some(OWN), subscribe), Err(Refusal::NotGranted));
    let access = own.check(HERE, Some(OWN), Wanted::Connect).unwrap();
    assert!(access.sends(Source::Audio) && !access.sends(Source::Video));
    for wrong in ["", "0123456789abcdeg", "0123456789abcdef0", "0123456789"] {
        assert_eq!(
            check(&own, Some(wrong), STUDIO),
            Err(Refusal::Wrong),
            "{wrong}"
        );
    }
    assert_eq!(check(&own, None, Wanted::Connect), Err(Refusal::Missing));
    let long = "x".repeat(MAX_TOKEN_BYTES + 1);
    assert_eq!(check(&own, Some(&long), STUDIO), Err(Refusal::TooLong));
}

#[test]
fn a_signed_token_grants_what_it_names() {
    let tokens = signing();
    let check = |token: &str, wanted| check(&tokens, Some(token), wanted);
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
    let classes = claims(&json!({ "roomPrefix": "class-" }));
    assert_eq!(check(&classes, Wanted::Publish("class-1")), Ok(()));
    let star = claims(&json!({ "room": "stud*" }));
    for (token, wanted) in [
        (&studio, Wanted::Publish("other")),
        (&studio, Wanted::Broadcast(None)),
        (&classes, STUDIO),
        // A name is a name: whoever signs may have been given it by somebody else.
        (&star, STUDIO),
        (&claims(&json!({ "publish": false })), STUDIO),
        (&claims(&json!({ "publish": [] })), STUDIO),
    ] {
        assert_eq!(check(token, wanted), Err(Refusal::NotGranted), "{wanted:?}");
    }
}

#[test]
fn kinds_are_granted_one_by_one() {
    let required = tokens(|config| {
        config.required = true;
        config.jwt_secret = Some(SECRET.into());
    });
    let token = claims(&json!({ "publish": ["video", "screen"], "join": true }));
    let access = required
        .check(HERE, Some(&token), Wanted::Join("x"))
        .unwrap();
    assert!(access.sends(Source::Video) && access.sends(Source::Screen));
    assert!(!access.sends(Source::Audio));
    assert_eq!(access.check(Wanted::Admin), Err(Refusal::NotGranted));
}

#[test]
fn what_is_not_signed_for_us_and_now_says_why() {
    let tokens = signing();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJwdWJsaXNoIjp0cnVlfQ.";
    let late = get_current_timestamp() - 600;
    let early = get_current_timestamp() + 600;
    let other = "another-secret-of-thirty-two-chars";
    for (wrong, why) in [
        (unsigned.to_owned(), Refusal::Wrong),
        (String::new(), Refusal::Wrong),
        ("a.b.c".to_owned(), Refusal::Wrong),
        (
            signed(Algorithm::HS256, other, &json!({ "exp": late })),
            Refusal::Wrong,
        ),
        (signed(Algorithm::HS384, SECRET, &json!({})), Refusal::Wrong),
        (signed(Algorithm::HS512, SECRET, &json!({})), Refusal::Wrong),
        (claims(&json!({ "exp": late })), Refusal::Expired),
        (claims(&json!({ "exp": null })), Refusal::Wrong),
        (claims(&json!({ "nbf": early })), Refusal::Early),
        (claims(&json!({ "aud": "other" })), Refusal::Elsewhere),
        (claims(&json!({ "aud": null })), Refusal::Wrong),
        (claims(&json!({ "publish": "yes" })), Refusal::Wrong),
        (claims(&json!({ "publish": ["camera"] })), Refusal::Wrong),
        (
            claims(&json!({ "room": "a", "roomPrefix": "b" })),
            Refusal::Wrong,
        ),
    ] {
        assert_eq!(check(&tokens, Some(&wrong), STUDIO), Err(why), "{wrong}");
    }
}

/// Keys and tokens made with OpenSSL: `tests/fixtures/tokens/README.md`.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from("tests/fixtures/tokens").join(name)
}

fn with_key(name: &str) -> Arc<Tokens> {
    tokens(|config| config.jwt_public_keys = vec![fixture(name)])
}

#[test]
fn each_public_key_verifies_its_own_algorithm() {
    for kind in ["rs256", "es256", "eddsa"] {
        let token = std::fs::read_to_string(fixture(&format!("{kind}.jwt"))).unwrap();
        for key in ["rs256", "es256", "eddsa"] {
            let checked = check(
                &with_key(&format!("{key}.pub.pem")),
                Some(token.trim()),
                STUDIO,
            );
            let expected = if key == kind {
                Ok(())
            } else {
                Err(Refusal::Wrong)
            };
            assert_eq!(checked, expected, "{kind} by {key}");
        }
    }
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    for kind in ["rs256", "es256", "eddsa"] {
        let name = format!("{kind}.pub.pem");
        let pem = std::fs::read_to_string(fixture(&name)).unwrap();
        let forged = signed(Algorithm::HS256, &pem, &json!({}));
        assert_eq!(
            check(&with_key(&name), Some(&forged), STUDIO),
            Err(Refusal::Wrong)
        );
    }
}

#[test]
fn keys_that_are_none_are_refused_at_the_start() {
    for name in [
        "missing.pem",
        "README.md",
        "p384.pub.pem",
        "rsa1024.pub.pem",
    ] {
        let config = AuthConfig {
            jwt_public_keys: vec![fixture(name)],
            ..AuthConfig::default()
        };
        let error = Tokens::new(&config, RateConfig::default().token_failures).unwrap_err();
        assert!(
            error
                .0
                .starts_with("--jwt-public-key tests/fixtures/tokens/"),
            "{error}"
        );
    }
}

#[test]
fn wrong_tokens_of_an_address_are_counted_and_then_not_looked_at() {
    let config = AuthConfig {
        required: true,
        tokens: vec![OWN.into()],
        ..AuthConfig::default()
    };
    let rate = Rate {
        per_second: 1,
        burst: 3,
    };
    let tokens = Tokens::new(&config, rate).unwrap();
    assert_eq!(check(&tokens, Some("wrong"), STUDIO), Err(Refusal::Wrong));
    assert_eq!(check(&tokens, Some(OWN), STUDIO), Ok(()));
    let shown = || check(&tokens, Some("wrong"), STUDIO);
    assert!((0..1_000).any(|_| matches!(shown(), Err(Refusal::TooMany(_)))));
    let own = check(&tokens, Some(OWN), STUDIO);
    assert!(matches!(own, Err(Refusal::TooMany(_))));
    let there = IpAddr::from([192, 0, 2, 1]);
    assert!(tokens.check(there, Some(OWN), STUDIO).is_ok());
}

#[test]
fn tokens_are_replaced_whole_or_not_at_all() {
    let tokens = tokens(|config| config.broadcast_token = Some(OWN.into()));
    let rate = RateConfig::unlimited().token_failures;
    let mut config = AuthConfig {
        broadcast_token: Some("fedcba9876543210".into()),
        ..AuthConfig::default()
    };
    tokens.replace(Tokens::prepare(&config).unwrap(), rate);
    assert_eq!(check(&tokens, Some(OWN), STUDIO), Err(Refusal::Wrong));
    assert_eq!(check(&tokens, Some("fedcba9876543210"), STUDIO), Ok(()));
    config.jwt_public_keys = vec![fixture("missing.pem")];
    config.broadcast_token = None;
    assert!(Tokens::prepare(&config).is_err());
    assert_eq!(check(&tokens, Some("fedcba9876543210"), STUDIO), Ok(()));
}

#[test]
fn an_issued_token_is_taken() {
    let tokens = signing();
    let issued = Issued {
        grants: "join,publish-audio,subscribe".parse().unwrap(),
        rooms: Rooms::written("class-*"),
        ttl: Duration::from_secs(60),
        subject: Some("ann".into()),
    };
    let token = issue(&issued, &SECRET.into()).unwrap();
    assert_eq!(
        check(&tokens, Some(&token), Wanted::Publish("class-2")),
        Ok(())
    );
    assert_eq!(
        check(&tokens, Some(&token), STUDIO),
        Err(Refusal::NotGranted)
    );
    assert_eq!(
        tokens.check_admin(HERE, Some(&token)),
        Err(Refusal::NotGranted)
    );
}

#[test]
fn secrets_are_in_no_log() {
    let tokens = tokens(|config| {
        config.jwt_secret = Some(SECRET.into());
        config.broadcast_token = Some(OWN.into());
    });
    let text = format!("{tokens:?}");
    assert!(
        !text.contains("0123") && !text.contains("a-secret"),
        "{text}"
    );
}
