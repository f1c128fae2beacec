//! Settings that change while the server runs: hands each part its own. Reads no file; drops nobody.

use std::sync::Arc;

use crate::{
    auth::Tokens,
    config::{Config, ConfigError, ListenConfig, Live},
    engine,
    room::{Broadcasts, Registry},
    tls::{Tls, TlsError},
};

/// Changes what a running server was told.
#[derive(Clone, Debug)]
pub struct Reloader {
    pub(crate) listen: Live<ListenConfig>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) broadcasts: Arc<Broadcasts>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) tls: Option<Tls>,
}

/// Why everything stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A setting cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Reloader {
    /// Takes over what can be: certificates, allowed origins, limits, tokens, what broadcasts may do.
    /// The rest counts from the next start. Whether the certificate is another one.
    ///
    /// # Errors
    /// The certificate or a key of tokens cannot be used. Then everything stays as it was.
    pub fn apply(&self, config: &Config) -> Result<bool, ReloadError> {
        let tokens = Tokens::prepare(&config.auth)?;
        let renewed = match &self.tls {
            Some(tls) => tls.reload(&config.listen.tls, &engine::machine_ips())?,
            None => false,
        };
        // Nothing fails from here on, so that all of it is taken over or none.
        self.tokens.replace(tokens, config.rates.token_failures);
        self.registry.admission().rates().replace(&config.rates);
        self.listen.set(config.listen.clone());
        self.registry.reload(&config.room, &config.signaling);
        self.broadcasts.reload(config.broadcast.clone());
        Ok(renewed)
    }
}
