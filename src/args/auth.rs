//! Flags of who may do what, and how often.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use miso::{
    auth::{self, Issued},
    config::{
        AdminListen, AuthConfig, Grants, Rate, RateConfig, RoomConfig, Rooms, Secret,
        SignalingConfig,
    },
};

use super::values;

/// Who may do what.
#[derive(Debug, Args)]
pub(super) struct AuthArgs {
    /// Everybody has to show a token: sockets, viewers, publishers and operators. [default: only what
    /// tokens are configured for]
    ///
    /// A new server is tried out before anybody has tokens; in production turn it on.
    #[arg(long)]
    require_token: bool,

    /// Token that is compared as it is; repeatable. Without GRANTS it grants all but admin; GRANTS are
    /// join, publish (or publish-audio, publish-video, publish-screen), subscribe, data and admin,
    /// separated by commas; ROOM is a name, or the beginning of names and a star.
    ///
    /// Empty: who enters calls needs none, whoever inspects the server has to be on its machine.
    #[arg(long, value_name = "SECRET[:GRANTS[:ROOM]]", hide_env_values = true)]
    token: Vec<Secret>,

    /// Who makes a broadcast id or publishes into a room by WHIP must show it, or another token that
    /// grants to publish. [default: anybody may]
    ///
    /// As open as rooms are, until it is set. At least 16 characters, or it could be guessed.
    #[arg(long, value_name = "TOKEN", hide_env_values = true)]
    broadcast_token: Option<Secret>,

    /// JSON Web Tokens signed with this (HS256) grant what they say; publishing by WHIP takes one
    /// then, if no other token is shown.
    ///
    /// At least 32 characters, as long as the signatures it makes.
    #[arg(long, value_name = "SECRET", hide_env_values = true)]
    jwt_secret: Option<Secret>,

    /// The same for those signed by the owner of this key: RSA (RS256), P-256 (ES256) or Ed25519
    /// (EdDSA); repeatable.
    ///
    /// The server then holds nothing that could make tokens.
    #[arg(long, value_name = "FILE.pem")]
    jwt_public_key: Vec<PathBuf>,

    /// Where inspection, metrics and the inspector page are served; off for nowhere. Open to others with
    /// an admin token only. [default: 127.0.0.1:9090, unless --listen is on loopback and has them itself]
    ///
    /// Names of rooms are what opens them: nobody outside sees them unless an operator says who.
    #[arg(long, value_name = "IP:PORT|off", value_parser = values::admin)]
    admin_listen: Option<AdminListen>,
}

impl AuthArgs {
    /// What they say.
    pub(super) fn config(self) -> (AuthConfig, AdminListen) {
        let config = AuthConfig {
            required: self.require_token,
            tokens: self.token,
            broadcast_token: self.broadcast_token,
            jwt_secret: self.jwt_secret,
            jwt_public_keys: self.jwt_public_key,
        };
        (config, self.admin_listen.unwrap_or_default())
    }
}

/// How much there may be, and how often one address may do what.
#[derive(Debug, Args)]
pub(super) struct CapArgs {
    /// Rooms open at once.
    ///
    /// An empty room costs a few kilobytes; ten thousand stay under 100 MB.
    #[arg(long, value_name = "N", default_value_t = RoomConfig::default().rooms, value_parser = values::positive)]
    pub(super) max_rooms: usize,

    /// Peers at once, in all rooms together.
    ///
    /// More than one machine can serve media to.
    #[arg(long, value_name = "N", default_value_t = RoomConfig::default().peers, value_parser = values::positive)]
    pub(super) max_peers: usize,

    /// Sockets open at once.
    ///
    /// Twice as many as peers: whoever waits in a lobby has one too.
    #[arg(long, value_name = "N", default_value_t = SignalingConfig::default().sockets, value_parser = values::positive)]
    pub(super) max_sockets: usize,

    /// Requests one address may send in a second, ten times as many at once; 0 for no limit. [default:
    /// 100; no limit with --sockets-per-address 0]
    ///
    /// A page and its scripts are a few dozen requests at once, an office behind one address some
    /// of them.
    #[arg(long, value_name = "N", value_parser = values::count::<u32>)]
    requests_per_address: Option<u32>,

    /// Rooms one address may enter in a second, ten times as many at once; 0 for no limit. [default:
    /// 20; no limit with --sockets-per-address 0]
    ///
    /// A class that enters together from behind one address is let in within seconds.
    #[arg(long, value_name = "N", value_parser = values::count::<u32>)]
    joins_per_address: Option<u32>,

    /// Wrong tokens one address may show in a second, thirty times as many at once, before none of its
    /// tokens is looked at; 0 for no limit. [default: 1; no limit with --sockets-per-address 0]
    ///
    /// A page that shows an old token tries again; whoever guesses is stopped.
    #[arg(long, value_name = "N", value_parser = values::count::<u32>)]
    token_failures_per_address: Option<u32>,
}

impl CapArgs {
    /// How often one address may do what; `shared`: all clients have one.
    pub(super) fn rates(&self, shared: bool) -> RateConfig {
        let default = if shared {
            RateConfig::unlimited()
        } else {
            RateConfig::default()
        };
        let rate = |said: Option<u32>, times: u32, default: Rate| {
            said.map_or(default, |per_second| Rate {
                per_second,
                burst: per_second.saturating_mul(times),
            })
        };
        RateConfig {
            requests: rate(self.requests_per_address, 10, default.requests),
            joins: rate(self.joins_per_address, 10, default.joins),
            token_failures: rate(self.token_failures_per_address, 30, default.token_failures),
        }
    }
}

/// Options of `miso token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// What it grants: join, publish (or publish-audio, publish-video, publish-screen), subscribe,
    /// data, admin; separated by commas.
    #[arg(long, value_name = "GRANTS")]
    grant: Grants,

    /// The room it is for, or the beginning of rooms' names and a star. [default: any]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,

    /// How long it is good: 90s, 15m, 1h or 7d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = time)]
    ttl: Duration,

    /// Whose it is.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
}

impl TokenArgs {
    /// The token, as one line, signed with the secret the server is configured with.
    ///
    /// # Errors
    /// There is none, or it cannot be signed with.
    pub(crate) fn token(&self, config: &AuthConfig) -> Result<String, String> {
        let secret = config.jwt_secret.as_ref().ok_or(NO_SECRET)?;
        let issued = Issued {
            grants: self.grant,
            rooms: self.room.as_deref().map_or(Rooms::Any, Rooms::written),
            ttl: self.ttl,
            subject: self.subject.clone(),
        };
        auth::issue(&issued, secret).map_err(|error| error.to_string())
    }
}

/// Whoever makes tokens has not said with what.
const NO_SECRET: &str = "no secret to sign with: give the server's own, as --jwt-secret SECRET, \
    MISO_JWT_SECRET, or jwt-secret in the file of --config";

/// A number and its unit.
fn time(text: &str) -> Result<Duration, String> {
    let unit = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let mut parts = unit.iter().filter_map(|(suffix, seconds)| {
        let number: u64 = text.strip_suffix(suffix)?.parse().ok()?;
        number.checked_mul(*seconds)
    });
    let seconds = parts.next().filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or("expected a number and its unit, as in 90s, 15m, 1h or 7d")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("7d"), Ok(Duration::from_secs(604_800)));
        for bad in [
            "",
            "1",
            "h",
            "0s",
            "-1h",
            "1.5h",
            "99999999999999999999d",
            "1 h",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
