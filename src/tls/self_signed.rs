//! The development certificate: made once, kept in a folder, made anew before it ends.

use std::{
    fs, io,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::sign::CertifiedKey;

use super::{TlsError, files};

/// Files of the self-signed certificate.
const CERT_FILE: &str = "miso-cert.pem";
const KEY_FILE: &str = "miso-key.pem";

/// First line of a self-signed certificate's file: until when (Unix seconds), for which names.
const MARK: &str = "# self-signed by miso until ";

/// How long a self-signed certificate is good for.
const VALIDITY: Duration = Duration::from_secs(365 * 24 * 3600);

/// A self-signed certificate that ends sooner than this is made anew.
const RENEW_BEFORE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where the certificate of a folder is.
pub(crate) fn certificate_file(folder: &Path) -> PathBuf {
    folder.join(CERT_FILE)
}

/// The one kept in this folder, or a new one.
pub(super) fn kept(folder: &Path, addresses: &[IpAddr]) -> Result<Arc<CertifiedKey>, TlsError> {
    let (cert, key) = (folder.join(CERT_FILE), folder.join(KEY_FILE));
    let names = names(addresses);
    if is_current(&cert, &key, &names, now()) {
        return files::read(&cert, &key);
    }
    let made = Made::new(&names)?;
    if let Err(cause) = made.store(folder, &cert, &key) {
        tracing::warn!(
            "the self-signed certificate cannot be kept in {}: {cause}; browsers will ask again \
             after every start",
            folder.display()
        );
    }
    files::parse(made.cert.as_bytes(), made.key.as_bytes(), &cert, &key)
}

/// Whom a self-signed certificate is made out to.
fn names(addresses: &[IpAddr]) -> Vec<String> {
    let local = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    let mut names = vec!["localhost".to_owned()];
    for address in local.iter().chain(addresses).map(IpAddr::to_string) {
        if !names.contains(&address) {
            names.push(address);
        }
    }
    names
}

/// Whether the kept certificate can be used: it is not ours to judge, or is good for long enough
/// and made out to everyone in `names`.
fn is_current(cert: &Path, key: &Path, names: &[String], now: Duration) -> bool {
    let Ok(text) = fs::read_to_string(cert) else {
        return false;
    };
    if !key.exists() {
        return false;
    }
    let Some(mark) = text.lines().next().and_then(|line| line.strip_prefix(MARK)) else {
        return true;
    };
    let mut words = mark.split_whitespace();
    let until = words.next().and_then(|seconds| seconds.parse().ok());
    let until = Duration::from_secs(until.unwrap_or(0));
    let kept: Vec<_> = words.collect();
    until > now + RENEW_BEFORE && names.iter().all(|name| kept.contains(&name.as_str()))
}

/// A fresh certificate and its key, as PEM.
struct Made {
    cert: String,
    key: String,
}

impl Made {
    fn new(names: &[String]) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "miso (self-signed)");
        // A clock that is a day off on either side is still served.
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + now().saturating_sub(Duration::from_secs(24 * 3600));
        params.not_after = epoch + now() + VALIDITY;
        let key = KeyPair::generate()?;
        let cert = params.self_signed(&key)?.pem();
        let until = (now() + VALIDITY).as_secs();
        Ok(Self {
            cert: format!("{MARK}{until} {}\n{cert}", names.join(" ")),
            key: key.serialize_pem(),
        })
    }

    fn store(&self, folder: &Path, cert: &Path, key: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        // The certificate comes last: with the key missing it would be taken for complete.
        write_private(key, &self.key)?;
        write_private(cert, &self.cert)
    }
}

/// Writes beside and renames, so that a half-written file is never read; readable by its owner.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("pem.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Time since 1970.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{config::TlsMode, tls::Tls};

    /// A folder of the test's own, gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("miso-tls-{}", uuid::Uuid::new_v4());
            Self(std::env::temp_dir().join(name))
        }

        fn auto(&self, address: &str) -> String {
            let mode = TlsMode::Auto {
                folder: self.0.clone(),
            };
            Tls::new(&mode, &[address.parse().unwrap()]).unwrap();
            fs::read_to_string(self.0.join(CERT_FILE)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_self_signed_certificate_is_kept_and_used_again() {
        let folder = Folder::new();
        let first = folder.auto("192.0.2.1");
        assert!(first.contains("localhost 127.0.0.1 ::1 192.0.2.1"));
        assert_eq!(folder.auto("192.0.2.1"), first);
    }

    #[test]
    fn a_new_address_gets_a_new_certificate() {
        let folder = Folder::new();
        let first = folder.auto("192.0.2.1");
        assert_ne!(folder.auto("192.0.2.2"), first);
    }

    #[test]
    fn an_expiring_certificate_is_made_anew() {
        let folder = Folder::new();
        folder.auto("192.0.2.1");
        let (cert, key) = (folder.0.join(CERT_FILE), folder.0.join(KEY_FILE));
        let names = names(&["192.0.2.1".parse().unwrap()]);
        assert!(is_current(&cert, &key, &names, now()));
        assert!(!is_current(
            &cert,
            &key,
            &names,
            now() + VALIDITY - Duration::from_secs(3600)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new();
        folder.auto("192.0.2.1");
        let mode = fs::metadata(folder.0.join(KEY_FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_missing_or_wrong_file_is_named() {
        let folder = Folder::new();
        folder.auto("192.0.2.1");
        let (cert, key) = (folder.0.join(CERT_FILE), folder.0.join(KEY_FILE));
        let fails = |cert: &Path, key: &Path| {
            let mode = TlsMode::Files {
                cert: cert.into(),
                key: key.into(),
            };
            Tls::new(&mode, &[]).unwrap_err().to_string()
        };
        assert!(fails(Path::new("no/cert.pem"), &key).contains("cannot read no/cert.pem"));
        assert!(fails(&key, &key).contains("miso-key.pem holds no certificate"));
        assert!(fails(&cert, &cert).contains("miso-cert.pem holds no private key"));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (one, other) = (Folder::new(), Folder::new());
        one.auto("192.0.2.1");
        other.auto("192.0.2.1");
        let mode = TlsMode::Files {
            cert: one.0.join(CERT_FILE),
            key: other.0.join(KEY_FILE),
        };
        let error = Tls::new(&mode, &[]).unwrap_err();
        assert!(matches!(error, TlsError::Pair { .. }), "{error}");
    }
}
