//! miso: a WebRTC SFU in one binary.
//!
//! # Layout
//! - [`config`][]: what the server is told at start; each part has its own struct.
//! - [`signaling`][]: Socket.IO; frontends' words for the rooms' verbs.
//! - [`http`][]: the page, the inspection API, the accept loop.
//! - [`cors`][]: which pages of other origins may use what.
//! - [`auth`][]: who may do what.
//! - [`rates`][]: how often one address may do it.
//! - [`room`][]: rooms, peers and what they send each other.
//! - [`error`][]: the only error a client sees.
//! - [`engine`][]: the I/O shell around the media core; threads, sockets, async handles.
//! - [`reload`][]: settings that change while it runs.
//! - [`tls`][]: certificates.
//! - [`descriptors`][]: how many files may be open.
//! - [`doctor`][]: what on this machine stands in the way of a call.
//! - [`telemetry`][]: the log.
//!
//! [`Server`] builds the parts in order; [`run`] is all of it in one call.

pub mod auth;
pub mod config;
pub mod cors;
pub mod descriptors;
pub mod doctor;
pub mod engine;
pub mod error;
pub mod http;
pub mod rates;
pub mod reload;
pub mod room;
pub mod signaling;
pub mod telemetry;
pub mod tls;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tower::Layer;

use auth::Tokens;
use config::{Config, ConfigError, ListenConfig, Live, TlsMode};
use engine::{EngineError, WorkerPool, probe};
use http::{Parts, ServeError};
use reload::Reloader;
use room::{Broadcasts, Registry};
use signaling::dialect::Dialects;
use tls::{Tls, TlsError};

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No usable certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The media workers do not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Connections cannot be accepted.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The admin surface has no place: another program has it.
    #[error("{}", why_not_bound("--admin-listen", *.0, .1))]
    Admin(SocketAddr, io::Error),
    /// The listener does not know its own address.
    #[error("cannot listen: {0}")]
    Listener(#[from] io::Error),
}

/// Whether a server can be started with this, as far as can be told without starting it. Changes
/// nothing.
///
/// # Errors
/// What keeps it from starting, as one sentence that names settings as flags.
pub fn check(config: &Config) -> Result<(), RunError> {
    config.validate()?;
    Dialects::new(&config.signaling)?;
    Tokens::new(&config.auth, config.rates.token_failures)?;
    if let Some(authority) = &config.listen.authority {
        tls::check_authority(authority)?;
    }
    Ok(tls::check(&config.listen.tls)?)
}

/// Starts the server on `listener` and serves until `shutdown` completes.
///
/// # Errors
/// Whatever keeps it from starting, as one sentence.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    let server = Server::start(config, listener)?;
    server.serve(shutdown).await
}

/// A server whose media workers run, and which does not accept connections yet.
#[derive(Debug)]
pub struct Server {
    config: Config,
    listener: TcpListener,
    address: SocketAddr,
    dialects: Dialects,
    parts: Reloader,
    /// Of the admin surface.
    admin: Option<TcpListener>,
    /// What was found out at the start: ports nothing arrives at, a listener that is not there.
    warnings: Vec<String>,
}

impl Server {
    /// Checks the configuration, reads or makes the certificate, starts the media workers.
    ///
    /// # Errors
    /// Whatever keeps it from starting, as one sentence.
    pub fn start(config: Config, listener: TcpListener) -> Result<Self, RunError> {
        config.validate()?;
        let dialects = Dialects::new(&config.signaling)?;
        let tokens = Tokens::new(&config.auth, config.rates.token_failures)?;
        let address = listener.local_addr()?;
        let tls = match &config.listen.authority {
            Some(authority) => Some(Tls::by_authority(authority)?),
            None => Tls::new(&config.listen.tls, &engine::machine_ips())?,
        };
        // Before the workers have the ports.
        let mut warnings = probe::warnings(&config.media);
        let admin = admin_listener(&config.listen, &mut warnings)?;
        let pool = WorkerPool::start(&config.media)?;
        let broadcasts = Broadcasts::new(config.broadcast.clone());
        let parts = Reloader {
            listen: Live::new(config.listen.clone()),
            registry: Registry::new(
                pool,
                config.room.clone(),
                &config.signaling,
                &config.rates,
                Arc::clone(&broadcasts),
            ),
            broadcasts,
            tokens,
            tls,
        };
        Ok(Self {
            config,
            listener,
            address,
            dialects,
            parts,
            admin,
            warnings,
        })
    }

    /// What begins a drain: see [`Registry::drain`].
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.parts.registry)
    }

    /// What changes its settings while it serves.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        self.parts.clone()
    }

    /// Serves until `shutdown` completes or the server has drained; then lets requests finish and
    /// closes every room.
    ///
    /// # Errors
    /// The listener is unusable.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
        let Reloader {
            listen,
            registry,
            broadcasts,
            tokens,
            tls,
        } = self.parts;
        let signaling = &self.config.signaling;
        let (pool, drained) = (registry.pool().clone(), Arc::clone(&registry).drained());
        let shown = Arc::clone(&tokens);
        let rooms = Arc::clone(&registry);
        let (layer, sockets) = signaling::layer(rooms, self.dialects, signaling, shown);
        let ending = Arc::clone(&broadcasts);
        let parts = Parts::new(Arc::clone(&registry), broadcasts, tokens, tls.is_some());
        let tls = tls.map(|tls| tls.config);
        let certified = is_certified(&self.config.listen);
        let admin = serve_admin(self.admin, tls.clone(), &parts, &listen);
        // Around the router as a whole: inside it every route would get sessions of its own, and a
        // client that polls would be known to some of them only.
        let cap = from_fn_with_state(Arc::clone(&registry), signaling::cap_sessions);
        let router = Router::new()
            .merge(http::socket_io_client())
            .fallback_service(layer.layer(http::router(&parts, self.address.ip().is_loopback())))
            .layer(cap)
            .layer(from_fn_with_state(listen.clone(), cors::guard))
            .layer(cors::layer(listen.clone()))
            .layer(from_fn(http::options))
            .layer(from_fn_with_state(certified, http::secure));
        let shutdown = async {
            tokio::select! {
                () = shutdown => {}
                () = drained => {}
            }
            // Before requests are waited for: a long poll is one.
            sockets.close().await;
            ending.end();
        };
        http::serve(self.listener, tls, router, &listen, shutdown).await?;
        if let Some((stop, ended)) = admin {
            drop(stop);
            // Its own patience bounds it; a panic in it was logged.
            let _ = ended.await;
        }
        pool.shutdown().await;
        Ok(())
    }

    /// Addresses to open in a browser, the one for this machine first.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.parts.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let port = self.address.port();
        let url = |ip: std::net::IpAddr| format!("{scheme}://{}", SocketAddr::new(ip, port));
        if let Some(authority) = &self.config.listen.authority {
            let known = if port == 443 {
                String::new()
            } else {
                format!(":{port}")
            };
            let names = authority.domains.iter();
            return names.map(|name| format!("https://{name}{known}")).collect();
        }
        let here = format!("{scheme}://localhost:{port}");
        let ip = self.address.ip();
        if ip.is_unspecified() {
            let reachable = |other: &std::net::IpAddr| ip.is_ipv6() || other.is_ipv4();
            let others = engine::machine_ips().into_iter().filter(reachable);
            return std::iter::once(here).chain(others.map(url)).collect();
        }
        vec![if ip.is_loopback() { here } else { url(ip) }]
    }

    /// Where the admin surface is served, if it has a listener of its own.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref()?.local_addr().ok()
    }

    /// The address of the inspector's page, if it has one.
    #[must_use]
    pub fn inspector(&self) -> Option<String> {
        let Some(address) = self.admin_address() else {
            let own = self.urls().into_iter().next();
            let own = own.filter(|_| self.address.ip().is_loopback());
            return own.map(|url| format!("{url}/admin"));
        };
        // To this machine it is served plainly.
        let secure = self.parts.tls.is_some() && !address.ip().is_loopback();
        let scheme = if secure { "https" } else { "http" };
        Some(format!("{scheme}://{address}/admin"))
    }

    /// What clients are told to send media to, as `address:port/udp`.
    #[must_use]
    pub fn candidates(&self) -> Vec<String> {
        self.parts.registry.pool().candidates()
    }

    /// What will not work as configured, as plain sentences.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.parts.registry.pool().warnings();
        warnings.extend(self.warnings.iter().cloned());
        if self.parts.tls.is_none() && !self.address.ip().is_loopback() {
            warnings
                .push("without TLS browsers offer camera and microphone on localhost only".into());
        }
        warnings
    }
}

/// The listener of the admin surface. One that was not asked for is done without.
fn admin_listener(
    config: &ListenConfig,
    warnings: &mut Vec<String>,
) -> Result<Option<TcpListener>, RunError> {
    let Some((address, asked)) = config.admin_address() else {
        return Ok(None);
    };
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    match bound {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if asked => Err(RunError::Admin(address, error)),
        Err(error) => {
            warnings.push(format!(
                "inspection and metrics are not served: {}",
                why_not_bound("--admin-listen", address, &error)
            ));
            Ok(None)
        }
    }
}

/// Why an address cannot be listened on, and what to do: one sentence that names the flag.
#[must_use]
pub fn why_not_bound(flag: &str, address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{address} is taken by another program, which `miso doctor` names; choose another with {flag}"
        ),
        io::ErrorKind::AddrNotAvailable => {
            let ip = address.ip();
            format!("{ip} is not an address of this machine; choose another with {flag}")
        }
        io::ErrorKind::PermissionDenied => format!(
            "{address} may not be used by this user; choose a port of 1024 or more with {flag}, or \
             grant CAP_NET_BIND_SERVICE"
        ),
        _ => format!("cannot listen on {address} ({flag}): {error}"),
    }
}

/// Whether browsers know the certificate, as far as can be told: one they do not know keeps no
/// promise of theirs.
fn is_certified(config: &ListenConfig) -> bool {
    config.authority.is_some() || matches!(config.tls, TlsMode::Files { .. })
}

/// Serves the admin surface until what is returned is dropped.
fn serve_admin(
    listener: Option<TcpListener>,
    tls: Option<Arc<ServerConfig>>,
    parts: &Parts,
    config: &Live<ListenConfig>,
) -> Option<(oneshot::Sender<()>, JoinHandle<()>)> {
    let listener = listener?;
    let open = !listener.local_addr().ok()?.ip().is_loopback();
    // Whoever is on this machine reads what it likes anyway; scrapers know no certificate of ours.
    let tls = tls.filter(|_| open);
    let certified = tls.is_some() && is_certified(&config.get());
    let router = http::admin_router(parts, open);
    let router = router.layer(from_fn_with_state(certified, http::secure));
    let (stop, stopped) = oneshot::channel();
    let config = config.clone();
    let ended = tokio::spawn(async move {
        let stopped = async {
            // Dropped is as good as told.
            let _ = stopped.await;
        };
        if let Err(error) = http::serve(listener, tls, router, &config, stopped).await {
            tracing::error!(%error, "the admin surface is not served any more");
        }
    });
    Some((stop, ended))
}
