//! The accept loop: TLS, timeouts, caps, draining. Ours rather than a framework's because slow
//! headers, idle sockets, clients that read nothing and floods from one address must end by a stated
//! time. HTTP/1.1 only: WebSocket needs nothing newer, and there is less to attack.

mod admission;
mod body;
mod forwarded;
mod patience;
mod redirect;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::{
    config::{ListenConfig, Live},
    telemetry::{metrics::count, names},
};
use admission::{Admission, Held, Permit};
use body::DeadlineBody;
pub(super) use forwarded::Relayed;
use patience::Patient;

/// First byte of a TLS connection: a handshake record (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What a certificate authority names as its protocol (RFC 8737 §6.2).
const ACME_CHALLENGE: &[u8] = b"acme-tls/1";

/// How long accepting rests when the process has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why serving ended early.
#[derive(Debug, thiserror::Error)]
#[error("cannot accept connections: {0}")]
pub struct ServeError(io::Error);

/// Serves `router` until `shutdown` completes, then lets requests under way finish.
///
/// # Errors
/// The listener is unusable.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    config: &Live<ListenConfig>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    listener.local_addr().map_err(ServeError)?;
    let door = Arc::new(Door {
        tls: tls.map(TlsAcceptor::from),
        router,
        config: config.get(),
        live: config.clone(),
    });
    let admission = Admission::new(config.clone());
    let (stop, _) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, remote)) => {
                // Closed without a word: whoever floods does not read, and TLS has no cheap word.
                if let Some(permit) = admission.admit(remote.ip()) {
                    let stop = Stop(stop.subscribe());
                    tokio::spawn(Arc::clone(&door).welcome(stream, remote, permit, stop));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    stop.send_replace(());
    // Closed when the last connection has dropped its end.
    if timeout(config.get().drain_timeout, stop.closed())
        .await
        .is_err()
    {
        tracing::info!("some requests did not finish in time");
    }
    Ok(())
}

/// What every connection meets.
struct Door {
    tls: Option<TlsAcceptor>,
    router: Router,
    /// As it was at the start: times.
    config: Arc<ListenConfig>,
    /// What may change meanwhile.
    live: Live<ListenConfig>,
}

impl Door {
    async fn welcome(
        self: Arc<Self>,
        stream: TcpStream,
        remote: SocketAddr,
        permit: Permit,
        stop: Stop,
    ) {
        let patience = self.config.write_timeout;
        patience::tune(&stream, patience);
        let Some(tls) = &self.tls else {
            let stream = Held::new(Patient::new(stream, patience), permit);
            return self.serve(stream, remote, stop).await;
        };
        let handshake = self.config.handshake_timeout;
        let mut first = [0];
        let peeked = timeout(handshake, stream.peek(&mut first)).await;
        let stream = Held::new(Patient::new(stream, patience), permit);
        match peeked {
            Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => {}
            Ok(Ok(1)) => return self.redirect(stream, stop).await,
            _ => return,
        }
        match timeout(handshake, tls.accept(stream)).await {
            // A challenge of a certificate authority is over with the handshake (RFC 8737 §3).
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(ACME_CHALLENGE) => {}
            Ok(Ok(stream)) => self.serve(stream, remote, stop).await,
            Ok(Err(error)) => {
                count(&names::TLS_FAILURES, ["error"]);
                tracing::debug!(%error, "TLS handshake");
            }
            Err(_) => {
                count(&names::TLS_FAILURES, ["timeout"]);
                tracing::debug!("TLS handshake took too long");
            }
        }
    }

    async fn serve<S>(&self, stream: S, remote: SocketAddr, mut stop: Stop)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let body_timeout = self.config.body_timeout;
        let service = service_fn(|request: Request<Incoming>| {
            let mut request = request.map(|body| Body::new(DeadlineBody::new(body, body_timeout)));
            let live = self.live.get();
            let proxies = &live.trusted_proxies;
            let client = forwarded::client(remote, request.headers(), proxies);
            if forwarded::is_relayed((remote, client), request.headers(), proxies) {
                request.extensions_mut().insert(Relayed);
            }
            request.extensions_mut().insert(ConnectInfo(client));
            self.router.clone().oneshot(request)
        });
        let connection = self
            .http()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stop.asked() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        log_end(ended);
    }

    async fn redirect(&self, stream: Held<Patient<TcpStream>>, mut stop: Stop) {
        let service = service_fn(|request: Request<Incoming>| async move {
            Ok::<_, std::convert::Infallible>(redirect::to_https(&request))
        });
        let connection = self
            .http()
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        // One request; not worth waiting for when the server stops.
        tokio::select! {
            ended = connection => log_end(ended),
            () = stop.asked() => {}
        }
    }

    fn http(&self) -> http1::Builder {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.config.header_timeout)
            .max_buf_size(64 * 1024);
        http
    }
}

/// A connection's view of the server's end; the server waits until all are dropped.
struct Stop(watch::Receiver<()>);

impl Stop {
    /// Completes when the server stops.
    async fn asked(&mut self) {
        // An error means that the server is gone, which is the same.
        let _ = self.0.changed().await;
    }
}

fn log_end(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}
