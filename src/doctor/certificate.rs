//! The certificate that browsers will see: whom it is made out to, and until when. Makes none.

use std::{
    fs,
    net::IpAddr,
    path::Path,
    time::{Duration, SystemTime},
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use time::OffsetDateTime;
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::Check;
use crate::{
    config::{ListenConfig, TlsMode},
    tls,
};

const NAME: &str = "certificate";

/// Sooner than this a certificate should have been renewed by whoever renews it.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

pub(super) fn check(listen: &ListenConfig) -> Vec<Check> {
    vec![match &listen.tls {
        TlsMode::Off => plain(listen),
        TlsMode::Auto { folder } => self_made(folder, &tls::certificate_file(folder)),
        TlsMode::Files { cert, .. } => match tls::check(&listen.tls) {
            Ok(()) => judge(cert, SystemTime::now()),
            Err(error) => {
                let advice = "--tls CERT.pem,KEY.pem: the chain, leaf first, and its key; the user \
                              that runs miso must be able to read both";
                Check::fail(NAME, error.to_string(), advice)
            }
        },
    }]
}

fn plain(listen: &ListenConfig) -> Check {
    if listen.address.ip().is_loopback() || !listen.trusted_proxies.is_empty() {
        return Check::ok(
            NAME,
            "none: plain HTTP, for a proxy in front or this machine alone",
        );
    }
    let advice = "--tls CERT.pem,KEY.pem, or a proxy in front and --trusted-proxy";
    let says = "none: browsers offer camera and microphone on localhost only";
    Check::warn(NAME, says, advice)
}

fn self_made(folder: &Path, cert: &Path) -> Check {
    let advice = "fine to try things; for others --tls CERT.pem,KEY.pem";
    let found = facts(cert).ok().flatten();
    let says = match found {
        Some(facts) if facts.self_signed => format!(
            "self-signed, for {}: browsers warn once, encoders refuse it",
            facts.names.join(", ")
        ),
        // Somebody put another in its place.
        Some(_) => return judge(cert, SystemTime::now()),
        None => format!("a self-signed one will be made in {}", folder.display()),
    };
    Check::warn(NAME, says, advice)
}

fn judge(cert: &Path, now: SystemTime) -> Check {
    let facts = match facts(cert) {
        Ok(Some(facts)) => facts,
        Ok(None) => return Check::ok(NAME, format!("{} cannot be looked into", cert.display())),
        Err(error) => {
            let says = format!("cannot read {}: {error}", cert.display());
            return Check::fail(NAME, says, "--tls CERT.pem,KEY.pem");
        }
    };
    let (names, until) = (facts.names.join(", "), day(facts.until));
    let renew = "renew it; what miso serves is what the file holds";
    if now >= facts.until {
        return Check::fail(NAME, format!("for {names}: expired on {until}"), renew);
    }
    if now < facts.from {
        let says = format!("for {names}: not valid before {}", day(facts.from));
        return Check::fail(NAME, says, "is the clock right?");
    }
    if facts.self_signed {
        let says = format!("for {names}, until {until}, self-signed: nobody trusts it unasked");
        return Check::warn(NAME, says, "have a known authority sign it");
    }
    if now + SOON >= facts.until {
        return Check::warn(NAME, format!("for {names}, until {until} only"), renew);
    }
    Check::ok(NAME, format!("for {names}, until {until}"))
}

/// What a certificate says.
struct Facts {
    names: Vec<String>,
    from: SystemTime,
    until: SystemTime,
    self_signed: bool,
}

/// Of the first certificate in a file; none if it cannot be understood.
fn facts(cert: &Path) -> std::io::Result<Option<Facts>> {
    let text = fs::read(cert)?;
    let Ok(first) = CertificateDer::from_pem_slice(&text) else {
        return Ok(None);
    };
    Ok(Certificate::from_der(&first).ok().map(|leaf| {
        let leaf = leaf.tbs_certificate();
        Facts {
            names: names(leaf.get_extension::<SubjectAltName>()),
            from: leaf.validity().not_before.to_system_time(),
            until: leaf.validity().not_after.to_system_time(),
            self_signed: leaf.issuer() == leaf.subject(),
        }
    }))
}

fn names<E>(found: Result<Option<(bool, SubjectAltName)>, E>) -> Vec<String> {
    let all = found
        .ok()
        .flatten()
        .map_or(Vec::new(), |(_, names)| names.0);
    let names: Vec<_> = all.iter().filter_map(name).collect();
    if names.is_empty() {
        // What browsers have not looked at since 2017 is not looked at here.
        return vec!["nobody (it has no subjectAltName)".to_owned()];
    }
    names
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
            let v6 = <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok();
            v4.or(v6).map(|ip| ip.to_string())
        }
        _ => None,
    }
}

fn day(moment: SystemTime) -> String {
    OffsetDateTime::from(moment).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_certificate_is_judged_by_its_names_and_days() {
        let folder = std::env::temp_dir().join(format!("miso-doctor-{}", std::process::id()));
        let mode = TlsMode::Auto {
            folder: folder.clone(),
        };
        let before = self_made(&folder, &tls::certificate_file(&folder));
        assert!(before.says.contains("will be made"), "{}", before.says);
        tls::Tls::new(&mode, &["192.0.2.1".parse().unwrap()]).unwrap();
        let file = tls::certificate_file(&folder);
        let found = self_made(&folder, &file);
        assert_eq!(found.verdict, Verdict::Warn);
        assert!(
            found.says.contains("localhost, 127.0.0.1, ::1, 192.0.2.1"),
            "{}",
            found.says
        );
        let day = Duration::from_secs(24 * 3600);
        let now = SystemTime::now();
        for (moment, verdict, part) in [
            (now, Verdict::Warn, "self-signed"),
            (now + 400 * day, Verdict::Fail, "expired"),
            (now - 10 * day, Verdict::Fail, "not valid before"),
        ] {
            let check = judge(&file, moment);
            assert_eq!(check.verdict, verdict, "{}", check.says);
            assert!(check.says.contains(part), "{}", check.says);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn plain_http_is_for_proxies() {
        let mut listen = ListenConfig {
            tls: TlsMode::Off,
            ..ListenConfig::default()
        };
        assert_eq!(check(&listen)[0].verdict, Verdict::Warn);
        listen.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        assert_eq!(check(&listen)[0].verdict, Verdict::Ok);
    }
}
