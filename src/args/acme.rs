//! Flags of certificates by ACME.

use std::path::PathBuf;

use clap::Args;
use miso::config::{Authority, LETS_ENCRYPT};

/// Certificates from an authority.
#[derive(Debug, Args)]
pub(super) struct AcmeArgs {
    /// Name to get a certificate for by ACME, in place of --tls auto; repeatable. [default: none]
    ///
    /// Naming one agrees to the authority's terms. It looks at port 443 of the name (TLS-ALPN-01), which
    /// must be this server's --listen, or be passed on to it as it is.
    #[arg(long, value_name = "NAME")]
    acme_domain: Vec<String>,

    /// Whom the authority writes to when something is wrong.
    ///
    /// Authorities take accounts without one.
    #[arg(long, value_name = "ADDRESS")]
    acme_email: Option<String>,

    /// The authority's directory.
    ///
    /// Let's Encrypt asks nothing of who has a name; while trying things out, use its staging directory,
    /// which allows more orders.
    #[arg(long, value_name = "URL", default_value = LETS_ENCRYPT)]
    acme_directory: String,

    /// Where account and certificates are kept.
    ///
    /// Without them every start would order anew, and authorities allow few orders a week.
    #[arg(long, value_name = "FOLDER", default_value = "certs/acme")]
    acme_cache: PathBuf,

    /// PEM file of the roots that the authority's own address is believed by. [default: public ones]
    ///
    /// For an authority inside a company.
    #[arg(long, value_name = "FILE.pem")]
    acme_roots: Option<PathBuf>,
}

impl AcmeArgs {
    /// Who is asked for a certificate, if anybody.
    pub(super) fn authority(self) -> Option<Authority> {
        let is_asked =
            !self.acme_domain.is_empty() || self.acme_email.is_some() || self.acme_roots.is_some();
        is_asked.then_some(Authority {
            domains: self.acme_domain,
            email: self.acme_email,
            directory: self.acme_directory,
            cache: self.acme_cache,
            roots: self.acme_roots,
        })
    }
}
