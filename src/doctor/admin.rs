//! The listener of the admin surface: whether it can be had, and who reaches it. Asks nobody for a token.

use super::{Check, Verdict, network};
use crate::config::{ListenConfig, TlsMode};

/// What this is called.
const ADMIN: &str = "admin";

/// Where inspection and metrics will be, and for whom.
pub(super) fn check(listen: &ListenConfig) -> Check {
    let Some((address, asked)) = listen.admin_address() else {
        let says = if listen.address.ip().is_loopback() {
            "inspection and metrics are at --listen, for this machine only"
        } else {
            "inspection and metrics are turned off"
        };
        return Check::ok(ADMIN, says);
    };
    if let Some(found) = network::listener(ADMIN, "--admin-listen", address) {
        return if asked { found } else { lesser(found) };
    }
    if address.ip().is_loopback() {
        let says = format!("{address} is free for inspection and metrics, for this machine only");
        return Check::ok(ADMIN, says);
    }
    let encrypted = listen.authority.is_some() || listen.tls != TlsMode::Off;
    if !encrypted {
        return Check::warn(
            ADMIN,
            format!(
                "{address} is open to others without encryption: tokens can be read on the way"
            ),
            "--tls with a certificate, or 127.0.0.1 and a tunnel",
        );
    }
    let says =
        format!("{address} is free for inspection and metrics, for whoever has an admin token");
    Check::ok(ADMIN, says)
}

/// A server that was not asked for it starts without.
fn lesser(found: Check) -> Check {
    let verdict = found.verdict.min(Verdict::Warn);
    let lost = if verdict == Verdict::Ok {
        ""
    } else {
        ": there will be no inspection and no metrics"
    };
    Check {
        verdict,
        says: found.says + lost,
        ..found
    }
}
