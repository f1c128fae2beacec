//! Socket.IO: the door through which frontends talk to rooms.
//!
//! `sessions` bounds connections before they are sockets; `intake` takes events off the wire and queues them per socket; `session` runs one task per socket
//! that handles them strictly in order; `dialect` knows the words of each frontend family;
//! `handlers` turn requests into room verbs; `notify` tells clients what happened.

mod admin_ui;
mod bucket;
pub mod dialect;
mod handlers;
mod intake;
mod notify;
mod pass;
pub mod request;
mod session;
mod sessions;
mod verb;
mod whereabouts;

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{extract::ConnectInfo, http::Extensions};
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    layer::SocketIoLayer,
    socket::DisconnectReason,
};
use tower::layer::util::Stack;

pub use self::sessions::cap_sessions;
use self::{
    admin_ui::AdminUi,
    dialect::Dialects,
    intake::{Intake, IntakeHandler},
    pass::{Carried, Handshake, Pass},
};
use crate::{
    auth::{Refusal, Tokens},
    config::SignalingConfig,
    error::{ApiError, ErrorCode},
    room::Registry,
};

/// Where Socket.IO is served.
const PATHS: [&str; 2] = ["/socket.io", dialect::PRIME_PATH];
/// The namespaces frontends connect to; every frontend finds the same rooms behind each.
const NAMESPACES: [&str; 7] = [
    "/",
    "/mediasoup",
    "/video-broadcast",
    "/video-conference",
    "/call",
    "/media",
    "/world",
];
/// Attachments of one message that are taken in before it is refused; no event of ours has any.
const MAX_ATTACHMENTS: usize = 10;

/// The layer that serves Socket.IO under each path.
pub type Layer = Stack<SocketIoLayer, SocketIoLayer>;

/// What a WebSocket reads at a time, and holds for that while it is silent; most events are smaller.
const READ_BYTES: usize = 256;

/// What every session shares.
#[derive(Clone, Debug)]
struct Shared {
    registry: Arc<Registry>,
    dialects: Arc<Dialects>,
    config: Arc<SignalingConfig>,
    tokens: Arc<Tokens>,
    feed: Arc<admin_ui::Feed>,
}

/// Every socket of the server.
#[derive(Debug)]
pub struct Sockets(Vec<SocketIo>);

impl Sockets {
    /// Disconnects them all.
    pub async fn close(&self) {
        for io in &self.0 {
            io.close().await;
        }
    }
}

/// Builds the layer. Connections must carry `ConnectInfo<SocketAddr>` in their requests; one without
/// counts as coming from the unspecified address.
pub fn layer(
    registry: Arc<Registry>,
    dialects: Dialects,
    config: &SignalingConfig,
    tokens: Arc<Tokens>,
) -> (Layer, Sockets) {
    let shared = Shared {
        registry,
        dialects: Arc::new(dialects),
        config: Arc::new(config.clone()),
        tokens,
        feed: admin_ui::Feed::new(),
    };
    let [(first, io), (second, prime)] = PATHS.map(|path| serve(path, &shared));
    let ios = vec![io, prime];
    AdminUi::attach(ios.clone(), namespaces(&shared), shared);
    (Stack::new(first, second), Sockets(ios))
}

/// Socket.IO under a path.
fn serve(path: &'static str, shared: &Shared) -> (SocketIoLayer, SocketIo) {
    let config = &shared.config;
    let (layer, io) = SocketIo::builder()
        .req_path(path)
        .ping_interval(config.ping_interval)
        .ping_timeout(config.ping_timeout)
        .connect_timeout(config.connect_timeout)
        .max_payload(config.message_bytes as u64)
        .ws_max_message_size(config.message_bytes)
        .ws_max_frame_size(config.message_bytes)
        .max_buffer_size(config.outgoing_packets)
        .ws_read_buffer_size(READ_BYTES)
        .with_parser(
            ParserConfig::common()
                .max_incoming_binaries(MAX_ATTACHMENTS)
                .max_incoming_binary_buf_size(config.message_bytes)
                .packet_completion_timeout(Duration::from_secs(5)),
        )
        .build_layer();
    for namespace in namespaces(shared) {
        let (admitting, opening) = (shared.clone(), shared.clone());
        let open = async move |socket: session::Connection| session::open(socket, opening);
        let admit = async move |socket: SocketRef, shown: TryData<Handshake>| {
            admit(&socket, shown, &admitting)
        };
        io.ns(namespace, open.with(admit));
    }
    (layer, io)
}

/// The built-in namespaces and those of the configuration file.
fn namespaces(shared: &Shared) -> BTreeSet<String> {
    let all = NAMESPACES.into_iter().chain(shared.dialects.namespaces());
    all.map(str::to_owned).collect()
}

/// Whether a path of a request is Socket.IO's.
#[must_use]
pub fn serves(path: &str) -> bool {
    PATHS.iter().any(|ours| path.starts_with(ours))
}

/// Checks the limits on sockets before one is opened; its place is kept with it. Events are queued
/// from here on: the client may send some before the session's task runs.
fn admit(
    socket: &SocketRef,
    TryData(handshake): TryData<Handshake>,
    shared: &Shared,
) -> Result<(), Refused> {
    let connection = socket.id.to_string();
    let address = address_of(&socket.req_parts().extensions);
    let carried = socket.req_parts().extensions.get::<Carried>();
    let pass = Pass::show(shared, address, handshake.ok(), carried)?;
    let permit = shared.registry.admission().socket(address, &connection);
    let permit = permit.map_err(|limit| Refused(limit.code()))?;
    socket.extensions.insert(Arc::new(permit));
    socket.extensions.insert(pass);
    let intake = Intake::new(shared.config.clone(), shared.dialects.clone());
    let closing = intake.clone();
    socket.on_fallback(IntakeHandler(intake.clone()));
    let over = async move |reason: DisconnectReason| closing.close(is_loss(reason));
    socket.on_disconnect(over);
    socket.extensions.insert(intake);
    Ok(())
}

/// Whether a socket ended though neither side wanted that.
fn is_loss(reason: DisconnectReason) -> bool {
    match reason {
        DisconnectReason::TransportClose
        | DisconnectReason::TransportError
        | DisconnectReason::HeartbeatTimeout => true,
        DisconnectReason::MultipleHttpPollingError
        | DisconnectReason::PacketParsingError
        | DisconnectReason::ClientNSDisconnect
        | DisconnectReason::ServerNSDisconnect
        | DisconnectReason::ClosingServer => false,
    }
}

/// Who sent a request.
fn address_of(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip())
}

/// Why a socket was not opened; the client sees the word in its `connect_error`.
#[derive(Debug)]
struct Refused(ErrorCode);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(ApiError::from(refusal).code)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}
