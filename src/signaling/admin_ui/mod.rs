//! The namespace `/admin` for the page of `@socket.io/admin-ui`: sockets, rooms, events and rates as
//! they are, and the means to tell or disconnect sockets. Behind a token that grants `admin`. Only the
//! names of events are shown: what they carry holds tokens and passwords of ICE.

mod commands;
mod feed;
mod sessions;
mod shapes;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::http::header::ORIGIN;
use serde::Deserialize;
use serde_json::json;
use socketioxide::{
    SendError, SocketError, SocketIo, TransportType,
    extract::{SocketRef, TryData},
    handler::ConnectHandler as _,
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior, interval},
};

pub(super) use self::feed::{Feed, Of, Seen};
use self::{
    commands::Commands,
    sessions::Sessions,
    shapes::{FEATURES, Handshake, ServerStats, Socket, aggregated, date, millis},
};
use super::{Shared, address_of, intake::Intake};

/// Where the page looks for it.
pub(super) const NAMESPACE: &str = "/admin";
/// How often an operator is told how the server is.
const STATS: Duration = Duration::from_secs(2);

/// What every operator's connection shares.
pub(super) struct AdminUi {
    /// Socket.IO under each of its paths.
    ios: Vec<SocketIo>,
    namespaces: Vec<String>,
    shared: Shared,
    sessions: Sessions,
    started: Instant,
}

/// What the page shows of whoever opens it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Credentials {
    /// The token; the page asks for a user as well, who can have any name.
    password: Option<String>,
    /// A session that an earlier connection was given.
    session_id: Option<String>,
}

impl AdminUi {
    /// Serves the namespace under the first of these paths.
    pub(super) fn attach(ios: Vec<SocketIo>, namespaces: BTreeSet<String>, shared: Shared) {
        let Some(io) = ios.first().cloned() else {
            return;
        };
        let ui = Arc::new(Self {
            ios,
            namespaces: namespaces.into_iter().collect(),
            shared,
            sessions: Sessions::default(),
            started: Instant::now(),
        });
        let admitting = Arc::clone(&ui);
        let admit = async move |socket: SocketRef, TryData(auth): TryData<Credentials>| {
            admitting.admit(&socket, auth.unwrap_or_default())
        };
        let open = async move |socket: SocketRef| {
            tokio::spawn(ui.watch(socket));
        };
        io.ns(NAMESPACE, open.with(admit));
    }

    /// Lets whoever shows a token that grants `admin`, or a session it was given for one.
    fn admit(&self, socket: &SocketRef, shown: Credentials) -> Result<(), Refused> {
        let address = address_of(&socket.req_parts().extensions);
        let kept = shown.session_id.and_then(|id| self.sessions.token(&id));
        let returns = kept.is_some();
        let token = kept.or(shown.password.map(Arc::from)).unwrap_or_default();
        // The page knows this sentence and asks again.
        let refused = Refused("invalid credentials");
        let tokens = &self.shared.tokens;
        tokens
            .check_admin(address, Some(&token))
            .map_err(|_| refused)?;
        if !returns {
            let session = self.sessions.open(Arc::clone(&token));
            socket.extensions.insert(session);
        }
        socket.extensions.insert(Shown(token));
        let connection = socket.id.to_string();
        let permit = self
            .shared
            .registry
            .admission()
            .socket(address, &connection);
        let permit = permit.map_err(|limit| Refused(limit.code().as_str()))?;
        socket.extensions.insert(Arc::new(permit));
        let commands = Commands::new(&self.ios, &self.namespaces);
        socket.on_fallback(commands);
        Ok(())
    }

    /// Tells an operator everything until it is gone.
    async fn watch(self: Arc<Self>, socket: SocketRef) {
        let mut feed = self.shared.feed.watch();
        let mut before = self.shared.feed.totals();
        let mut tick = interval(STATS);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Some(session) = socket.extensions.remove::<sessions::Id>() {
            let _ = socket.emit("session", session.as_str());
        }
        let _ = socket.emit("config", &json!({ "supportedFeatures": FEATURES }));
        // What it missed is told with everything.
        let mut behind = true;
        while socket.connected() {
            tokio::select! {
                seen = feed.recv() => match seen {
                    Ok(seen) if !behind => behind = !tell(&socket, &seen.0, seen.1),
                    Ok(_) | Err(RecvError::Lagged(_)) => behind = true,
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    if !self.is_still_welcome(&socket) {
                        socket.disconnect().ok();
                        return;
                    }
                    if behind {
                        behind = !sent(&socket.emit("all_sockets", &self.all_sockets()));
                    }
                    let after = self.shared.feed.totals();
                    sent(&socket.emit("server_stats", &self.stats(&before, &after)));
                    before = after;
                }
            }
        }
    }

    /// Whether the token is good yet: it may have expired, or been taken out of the settings.
    fn is_still_welcome(&self, socket: &SocketRef) -> bool {
        let address = address_of(&socket.req_parts().extensions);
        let shown = socket.extensions.get::<Shown>();
        let token = shown.as_ref().map(|shown| &*shown.0);
        self.shared.tokens.check_admin(address, token).is_ok()
    }

    fn sockets(&self) -> Vec<SocketRef> {
        let of = |io: &SocketIo| commands::sockets(io, &self.namespaces);
        self.ios.iter().flat_map(of).collect()
    }

    fn all_sockets(&self) -> Vec<Socket> {
        let sockets = self.sockets();
        sockets.iter().map(describe).collect()
    }

    fn stats(&self, before: &[(&'static str, u64)], after: &[(&'static str, u64)]) -> ServerStats {
        let sockets = self.sockets();
        let polls = |socket: &&SocketRef| socket.transport_type() == TransportType::Polling;
        let count = |namespace: &String| {
            let here = sockets.iter().filter(|socket| socket.ns() == namespace);
            json!({ "name": namespace, "socketsCount": here.count() })
        };
        let hostname = nix::unistd::gethostname().unwrap_or_default();
        let hostname = hostname.to_string_lossy().into_owned();
        ServerStats {
            server_id: hostname.clone(),
            hostname,
            pid: std::process::id(),
            uptime: self.started.elapsed().as_secs_f64(),
            clients_count: self.shared.registry.admission().sessions(),
            polling_clients_count: sockets.iter().filter(polls).count(),
            aggregated_events: aggregated(before, after),
            namespaces: self.namespaces.iter().map(count).collect(),
        }
    }
}

/// Whether an operator was told. What it does not take at once is not kept.
fn tell(socket: &SocketRef, seen: &Seen, at: SystemTime) -> bool {
    let at = date(at);
    sent(&match seen {
        Seen::Connected(one) => socket.emit("socket_connected", &(one, at)),
        Seen::Updated(one) => socket.emit("socket_updated", one),
        Seen::Disconnected(of, reason) => {
            socket.emit("socket_disconnected", &(&of.namespace, &of.id, reason, at))
        }
        Seen::Joined(of, room) => socket.emit("room_joined", &(&of.namespace, room, &of.id, at)),
        Seen::Left(of, room) => socket.emit("room_left", &(&of.namespace, room, &of.id, at)),
        Seen::Received(of, name) => {
            socket.emit("event_received", &(&of.namespace, &of.id, [name], at))
        }
        Seen::Sent(of, name) => socket.emit("event_sent", &(&of.namespace, &of.id, [name], at)),
    })
}

fn sent(outcome: &Result<(), SendError>) -> bool {
    !matches!(
        outcome,
        Err(SendError::Socket(SocketError::InternalChannelFull))
    )
}

/// A socket as it is.
pub(super) fn describe(socket: &SocketRef) -> Socket {
    let parts = socket.req_parts();
    let origin = parts.headers.get(ORIGIN);
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let intake = socket.extensions.get::<Arc<Intake>>();
    let place = intake.as_ref().and_then(|intake| intake.place());
    let opened = intake.map_or(SystemTime::UNIX_EPOCH, |intake| intake.opened);
    let id = socket.id.to_string();
    Socket {
        client_id: id.clone(),
        transport: match socket.transport_type() {
            TransportType::Polling => "polling",
            TransportType::Websocket => "websocket",
        },
        nsp: socket.ns().to_owned(),
        data: place.as_ref().map_or(
            json!({}),
            |place| json!({ "dialect": place.dialect, "peer": place.peer.as_str() }),
        ),
        handshake: Handshake {
            address: address_of(&parts.extensions).to_string(),
            headers: origin.map_or(json!({}), |origin| json!({ "origin": origin })),
            query: json!({}),
            issued: millis(opened),
            time: date(opened),
            secure: false,
            url: parts.uri.path().to_owned(),
            xdomain: origin.is_some(),
        },
        rooms: std::iter::once(id.clone())
            .chain(place.map(|place| place.room.as_str().to_owned()))
            .collect(),
        id,
    }
}

/// The token an operator was let in with.
#[derive(Clone)]
struct Shown(Arc<str>);

/// Why an operator is not let in; the page shows it.
#[derive(Debug)]
struct Refused(&'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
