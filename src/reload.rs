//! Settings that change while the server runs: hands each part its own. Reads no file; drops nobody.

use std::sync::Arc;

use crate::{
    config::{Config, ListenConfig, Live},
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
    pub(crate) tls: Option<Tls>,
}

impl Reloader {
    /// Takes over what can be: certificates, allowed origins, limits, tokens, what broadcasts may do.
    /// The rest counts from the next start. Whether the certificate is another one.
    ///
    /// # Errors
    /// The certificate cannot be used. Then everything stays as it was.
    pub fn apply(&self, config: &Config) -> Result<bool, TlsError> {
        let renewed = match &self.tls {
            Some(tls) => tls.reload(&config.listen.tls, &engine::machine_ips())?,
            None => false,
        };
        self.listen.set(config.listen.clone());
        self.registry.reload(&config.room, &config.signaling);
        self.broadcasts.reload(config.broadcast.clone());
        Ok(renewed)
    }
}
