//! Who gives out certificates, and for which names; plain data.

use std::path::PathBuf;

use super::ConfigError;

/// Where an authority is asked when nobody says otherwise.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// A certificate authority that speaks ACME (RFC 8555). Asking it means to agree to its terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Names the certificate is for; each must lead to this server's port, seen as 443 by the authority.
    pub domains: Vec<String>,
    /// Whom the authority writes to.
    pub email: Option<String>,
    /// The address of its directory.
    pub directory: String,
    /// Where account and certificates are kept.
    pub cache: PathBuf,
    /// A PEM file of the roots that are believed, for an authority of one's own.
    pub roots: Option<PathBuf>,
}

impl Authority {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |text: String| Err(ConfigError(text));
        if self.domains.is_empty() {
            return fail("--acme-email and --acme-roots mean nothing without --acme-domain".into());
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        for domain in &self.domains {
            let is_whole =
                domain.contains('.') && domain.len() <= 253 && domain.chars().all(is_name);
            if !is_whole || domain.parse::<std::net::IpAddr>().is_ok() {
                return fail(format!(
                    "--acme-domain {domain:?}: it is not the name of a host"
                ));
            }
        }
        // An order of more is refused by most authorities.
        if self.domains.len() > 100 {
            return fail("at most 100 --acme-domain".to_owned());
        }
        if self
            .email
            .as_deref()
            .is_some_and(|email| !email.contains('@'))
        {
            return fail("--acme-email: expected an address with an @".to_owned());
        }
        if !self.directory.starts_with("https://") {
            return fail("--acme-directory: expected https://…".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(domain: &str) -> Result<(), ConfigError> {
        Authority {
            domains: vec![domain.to_owned()],
            email: None,
            directory: LETS_ENCRYPT.to_owned(),
            cache: PathBuf::from("certs/acme"),
            roots: None,
        }
        .validate()
    }

    #[test]
    fn certificates_are_for_names() {
        assert_eq!(validate("sfu.example.org"), Ok(()));
        for bad in [
            "",
            "localhost",
            "*.example.org",
            "203.0.113.7",
            "https://a.b",
            "a.b:443",
        ] {
            assert!(validate(bad).is_err(), "{bad}");
        }
    }
}
