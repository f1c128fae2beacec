//! One connected socket: its queue of events, its dialect, its place in a room. One task per
//! socket handles everything in order; nothing of a session is shared with another.

use std::{convert::Infallible, net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::http::{HeaderMap, Uri, header::REFERER};
use futures_util::FutureExt;
use serde_json::Value;
use socketioxide::{
    SendError, SocketError,
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef},
    handler::{FromConnectParts, FromMessageParts, Value as RawEvent},
    socket::Socket,
};
use tokio::{
    sync::watch,
    task::yield_now,
    time::{Instant, sleep, timeout_at},
};
use tracing::{Instrument as _, Span, field::Empty};

use super::{
    Shared, address_of,
    admin_ui::Seen,
    bucket::Bucket,
    dialect::{Ack, Answer, Dialect, Hello, Told},
    handlers,
    intake::{Event, Incoming, Intake},
    notify,
    pass::Pass,
    request::Notification,
};
use crate::{
    auth::Wanted,
    error::{ApiError, ErrorCode},
    room::{
        Caller, ClosedProducer, EventReceiver, PeerId, Registry, Room, RoomEvent, RoomId, Shown,
        peer_span,
    },
    telemetry::{
        metrics::{count, observe},
        names,
        traces::TARGET,
    },
};

/// An event that has waited so long is answered without being started: one call of the media engine
/// takes 5 s at most, so what needs one of them can also finish before the deadline. What needs more
/// is given up at the deadline and answered as late.
const START_WITHIN: f32 = 0.45;
/// The least time between two lists of public rooms.
const LISTING: Duration = Duration::from_millis(250);
/// Time between two attempts to hand a packet to a connection that is behind.
const RETRY: Duration = Duration::from_millis(20);
/// A connection writes everything that waits for it at once, from a buffer that stays as large as that
/// ever was: beyond this many bytes it is let write first.
const PORTION: u32 = 1024;

/// A socket as the library gives it, for acknowledgements that are sent later.
#[derive(Clone)]
pub(super) struct Connection(pub(super) Arc<Socket<LocalAdapter>>);

impl FromConnectParts<LocalAdapter> for Connection {
    type Error = Infallible;

    fn from_connect_parts(
        socket: &Arc<Socket<LocalAdapter>>,
        _: &Option<RawEvent>,
    ) -> Result<Self, Infallible> {
        Ok(Self(socket.clone()))
    }
}

/// A connected socket.
pub(super) struct Session {
    pub(super) shared: Shared,
    /// How its client speaks; what it says while in no room may change that, unless pinned.
    pub(super) dialect: &'static Dialect,
    pinned: bool,
    /// Its name in the room: its own, or that of the peer it resumed.
    pub(super) id: PeerId,
    /// The room it is in.
    pub(super) member: Option<Member>,
    /// Completes when public rooms change, while its dialect lists them.
    public_rooms: Option<watch::Receiver<u64>>,
    pub(super) connection: Connection,
    pub(super) intake: Arc<Intake>,
    /// What it may do.
    pub(super) pass: Pass,
    /// Bytes it may be sent.
    outgoing: Bucket,
    /// About how many bytes were handed over since the connection was let write.
    unwritten: u32,
}

/// A session's place in a room.
pub(super) struct Member {
    pub(super) room: Arc<Room>,
    pub(super) events: EventReceiver,
    /// How the client calls itself there.
    pub(super) display_name: Option<Arc<str>>,
    /// Producers made up to this count were listed to the client; they are not announced again.
    pub(super) listed: u64,
    /// Which of the peer's connections this is.
    pub(super) epoch: u32,
}

/// Starts the session of a socket.
pub(super) fn open(connection: Connection, shared: Shared) {
    let socket = &connection.0;
    let uri = &socket.req_parts().uri;
    let start = shared
        .dialects
        .start(uri.path(), socket.ns(), uri.query().unwrap_or(""));
    let kept = &socket.extensions;
    let (Some(intake), Some(pass)) = (kept.get::<Arc<Intake>>(), kept.get::<Pass>()) else {
        return;
    };
    let session = Session {
        id: PeerId::from(socket.id.to_string().as_str()),
        dialect: start.dialect,
        pinned: start.pinned,
        member: None,
        public_rooms: start
            .dialect
            .public
            .then(|| shared.registry.public_changes()),
        connection,
        intake,
        pass,
        outgoing: Bucket::new(
            shared.config.outgoing_burst_bytes.into(),
            shared.config.outgoing_bytes_per_second.into(),
        ),
        unwritten: 0,
        shared,
    };
    tokio::spawn(session.run());
}

impl Session {
    async fn run(mut self) {
        let (span, from) = (self.span(), self.address());
        span.in_scope(|| tracing::debug!(%from, "connected"));
        self.shared.feed.opened();
        self.announce();
        Box::pin(self.welcome()).instrument(span).await;
        while self.turn().await {}
        self.span().in_scope(|| self.end());
    }

    /// One thing that happens; false ends the session.
    async fn turn(&mut self) -> bool {
        let (span, intake) = (self.span(), self.intake.clone());
        async {
            // What is known before an event is told before its answer. Boxed: a task is as large as the
            // largest thing it ever waits for, and mostly this one waits for the next.
            tokio::select! {
                biased;
                event = next_event(&mut self.member) => Box::pin(self.deliver(event)).await,
                incoming = intake.next() => match incoming {
                    Some(incoming) => Box::pin(self.take(incoming)).await,
                    None => false,
                },
                // Last: whatever others do, what the client itself asks comes first.
                () = changed(&mut self.public_rooms) => Box::pin(self.list_public_rooms()).await,
            }
        }
        .instrument(span)
        .await
    }

    /// The trace of one request.
    fn trace(&self, verb: &str) -> Span {
        let room = self.member.as_ref();
        let room = room.map(|member| tracing::field::display(Shown(member.room.id())));
        tracing::info_span!(
            target: TARGET,
            "request",
            otel.name = verb,
            otel.kind = "server",
            otel.status_code = Empty,
            outcome = Empty,
            room,
            peer = %self.id,
            dialect = self.dialect.label(),
        )
    }

    /// What every log line of this moment carries.
    fn span(&self) -> Span {
        let room = self.member.as_ref().map(|member| member.room.id());
        peer_span(room, &self.id, self.dialect.label())
    }

    async fn welcome(&mut self) {
        let registry = &self.shared.registry;
        let known = self.pass.check(Wanted::Join(RoomId::DEFAULT));
        let default_room = registry
            .room(&RoomId::from(RoomId::DEFAULT))
            .filter(|_| known.is_ok());
        self.tell(Notification::Welcome {
            socket: self.id.to_string(),
            producer_exists: default_room.is_some_and(|room| room.has_producers()),
        })
        .await;
    }

    /// False ends the session.
    async fn take(&mut self, incoming: Incoming) -> bool {
        let event = match incoming {
            Incoming::Event(event) => event,
            Incoming::Refused(ack) => {
                count(&names::REFUSALS, ["events"]);
                let error = ApiError::new(ErrorCode::RateLimited, "too many events");
                let answer = self.dialect.failure("", &error);
                return self.answer(Some(ack), answer).await;
            }
        };
        self.shared.feed.received(event.size());
        let mut verb = "other";
        let result = self.guarded(&event, &mut verb).await;
        let outcome = result.as_ref().map_or_else(|e| e.code.as_str(), |_| "ok");
        count(&names::EVENTS, [self.dialect.label(), verb, outcome]);
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(verb, %error, "refused");
                self.dialect.failure(event.name(), &error)
            }
        };
        let alive = self.answer(event.ack, answer).await;
        let seconds = event.at.elapsed().as_secs_f64();
        observe(&names::EVENT_SECONDS, [verb.into()], seconds);
        alive
    }

    /// Handles an event so that it ends in time, whatever its handler does.
    /// `verb` becomes what was asked, as far as that was understood.
    async fn guarded(
        &mut self,
        event: &Event,
        verb: &mut &'static str,
    ) -> Result<Answer, ApiError> {
        let deadline = self.shared.config.ack_deadline;
        if event.at.elapsed() > deadline.mul_f32(START_WITHIN) {
            return Err(late());
        }
        let stop = event.at + deadline.mul_f32(0.95);
        let handling = AssertUnwindSafe(Box::pin(self.handle(event, verb))).catch_unwind();
        match timeout_at(stop, handling).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => {
                tracing::error!("a handler panicked");
                Err(ApiError::new(ErrorCode::Internal, "internal error"))
            }
            Err(_elapsed) => Err(late()),
        }
    }

    async fn handle(&mut self, event: &Event, verb: &mut &'static str) -> Result<Answer, ApiError> {
        let (name, mut payload) = event.parse(self.shared.config.json_depth)?;
        if self.member.is_none() {
            payload = payload.on_page_of(page_room(&self.connection.0.req_parts().headers));
        }
        if self.member.is_none() && !self.pinned {
            let socket = self.connection.0.clone();
            self.listen(&Hello {
                namespace: socket.ns(),
                event: &name,
                payload: &payload,
                acknowledged: event.ack.is_some(),
                speaks: self.dialect,
            });
        }
        let dialect = self.dialect;
        let known = dialect.event(&name);
        let known = known.ok_or(ApiError::new(ErrorCode::UnknownEvent, "unknown event"))?;
        // Words of ours only: others are as long as a client likes.
        self.see(|of| Seen::Received(of, name.to_string()));
        let request = (known.decode)(&payload)?;
        *verb = request.verb();
        tracing::debug!(verb, "asked");
        let span = self.trace(verb);
        let reply = handlers::handle(self, request).instrument(span.clone());
        let reply = reply.await.inspect_err(|error| {
            span.record("outcome", error.code.as_str());
            span.record("otel.status_code", "ERROR");
        })?;
        span.record("outcome", "ok");
        if let Some(member) = &self.member {
            span.record("room", member.room.id().as_str());
        }
        Ok(dialect.answer(known, reply))
    }

    /// Takes up the dialect an event gives away.
    fn listen(&mut self, hello: &Hello<'_>) {
        let Some(dialect) = self.shared.dialects.detect(hello) else {
            return;
        };
        self.dialect = dialect;
        if !dialect.public {
            self.public_rooms = None;
        }
    }

    /// Tells the client what happened in its room. False ends the session.
    async fn deliver(&mut self, event: Option<RoomEvent>) -> bool {
        let Some(event) = event else {
            // The room dropped a peer that was too far behind.
            return false;
        };
        if let RoomEvent::RoomClosed { reason, producers } = event {
            return self.room_closed(reason, producers).await;
        }
        let listed = self.member.as_ref().map_or(0, |member| member.listed);
        match notify::notification(event, listed) {
            Some(notification) => self.tell(notification).await,
            None => true,
        }
    }

    /// The session is in no room now. A client that has no word for that hears its producers go, and
    /// empties its page.
    async fn room_closed(&mut self, reason: &'static str, producers: Vec<ClosedProducer>) -> bool {
        let closing = Notification::RoomClosed { reason };
        let mut told = (self.dialect.notify)(self.id.as_str(), closing);
        if told.is_empty() {
            let closed = producers.into_iter().map(|one| notify::closed(one, reason));
            let told_of = |one| (self.dialect.notify)(self.id.as_str(), one);
            told = closed.flat_map(told_of).collect();
        }
        self.give_up();
        self.emit(told).await
    }

    /// Its name where it is nobody else's heir.
    pub(super) fn own_id(&self) -> PeerId {
        PeerId::from(self.connection.0.id.to_string().as_str())
    }

    /// Tells who is in which public room. False ends the session.
    async fn list_public_rooms(&mut self) -> bool {
        let rooms = self.shared.registry.public_rooms();
        let text = |(room, peers): &(RoomId, Vec<PeerId>)| {
            let peers = peers.iter().map(PeerId::to_string).collect();
            (room.as_str().to_owned(), peers)
        };
        let enters = |room: &RoomId| self.pass.check(Wanted::Join(room.as_str())).is_ok();
        let rooms = rooms.iter().filter(|(room, _)| enters(room));
        let rooms = rooms.map(text).collect();
        self.tell(Notification::PublicRooms(rooms)).await
    }

    /// False when the client takes nothing any more.
    async fn tell(&mut self, notification: Notification) -> bool {
        let told = (self.dialect.notify)(self.id.as_str(), notification);
        self.emit(told).await
    }

    async fn emit(&mut self, told: Vec<Told>) -> bool {
        for (event, payload) in told {
            let event = self.dialect.told_as(event);
            let socket = self.connection.0.clone();
            self.see(|of| Seen::Sent(of, event.to_owned()));
            let attempt = || match &payload {
                Value::Null => socket.emit(event, &()),
                payload => socket.emit(event, payload),
            };
            if !self.send(size(&payload), attempt).await {
                return false;
            }
        }
        true
    }

    /// Tells what there is to tell, and acknowledges the event, if the client waits for that.
    async fn answer(&mut self, ack: Option<i64>, answer: Answer) -> bool {
        if !self.emit(answer.told).await {
            return false;
        }
        if ack.is_none() {
            return true;
        }
        let socket = self.connection.0.clone();
        let sender = || match AckSender::from_message_parts(&socket, &mut nothing(), &ack) {
            Ok(sender) => sender,
            Err(infallible) => match infallible {},
        };
        match &answer.ack {
            Ack::Empty => self.send(0, || sender().send(&())).await,
            Ack::One(answer) => self.send(size(answer), || sender().send(answer)).await,
            Ack::Two(error, answer) => {
                let size = size(error).saturating_add(size(answer));
                self.send(size, || sender().send(&(error, answer))).await
            }
        }
    }

    /// Hands a packet to the connection, which may be behind for a while. False when it stays so.
    async fn send(&mut self, size: u32, attempt: impl Fn() -> Result<(), SendError>) -> bool {
        if self.unwritten.saturating_add(size) > PORTION {
            self.unwritten = 0;
            yield_now().await;
        }
        self.unwritten = self.unwritten.saturating_add(size);
        let patience = Instant::now() + self.shared.config.ack_deadline;
        let mut paid = false;
        while Instant::now() < patience {
            paid = paid || self.outgoing.take(size.into(), Instant::now());
            if paid {
                match attempt() {
                    Err(SendError::Socket(SocketError::InternalChannelFull)) => {}
                    Err(SendError::Socket(SocketError::Closed)) => return false,
                    Ok(()) | Err(_) => {
                        self.shared.feed.sent(size);
                        return true;
                    }
                }
            }
            sleep(RETRY).await;
        }
        false
    }

    /// Gives everything back. The socket is closed if it is still open; one that takes no packets
    /// is closed by its next heartbeat.
    fn end(&mut self) {
        if self.intake.flooded() {
            count(&names::REFUSALS, ["floods"]);
            tracing::warn!("dropped: too many events");
        }
        if self.intake.lost() && !self.intake.flooded() {
            self.detach();
        }
        self.leave();
        let reason = if self.intake.lost() {
            "transport close"
        } else {
            "disconnect"
        };
        self.see(|of| Seen::Disconnected(of, reason));
        self.shared.feed.ended();
        self.intake.close(false);
        SocketRef::from(self.connection.0.clone()).disconnect().ok();
    }

    /// Takes the session out of its room, if it is in one.
    pub(super) fn leave(&mut self) {
        let id = self.id.clone();
        if let Some(member) = self.give_up() {
            let registry = self.registry();
            registry.leave_as(&member.room, &id, member.epoch);
        }
    }

    /// Leaves the peer in its room, for the client to come back to.
    fn detach(&mut self) {
        let id = self.id.clone();
        if let Some(member) = self.give_up() {
            let address = self.address();
            let registry = self.registry();
            registry.detach(&member.room, &id, member.epoch, address);
        }
    }

    /// Where it is.
    fn address(&self) -> IpAddr {
        address_of(&self.connection.0.req_parts().extensions)
    }

    /// It, as its room knows it.
    pub(super) fn caller(&self) -> Result<Caller<'_>, ApiError> {
        Ok(Caller::new(&self.id, self.member()?.epoch))
    }

    /// Its place in a room.
    pub(super) fn member(&self) -> Result<&Member, ApiError> {
        let error = ApiError::new(ErrorCode::NotJoined, "join a room first");
        self.member.as_ref().ok_or(error)
    }

    /// Shows its token again, to enter a room, and counts that.
    pub(super) fn enter(&mut self, room: &RoomId) -> Result<(), ApiError> {
        self.pass.enter(&self.shared, room.as_str())?;
        let address = address_of(&self.connection.0.req_parts().extensions);
        Ok(self.registry().count_join(address)?)
    }

    pub(super) fn registry(&self) -> Arc<Registry> {
        self.shared.registry.clone()
    }
}

/// The room in the address of the page a socket was opened by: `/rooms/NAME` or `/sfu/NAME`.
fn page_room(headers: &HeaderMap) -> Option<String> {
    let page = headers.get(REFERER)?;
    let page: Uri = page.to_str().ok()?.parse().ok()?;
    let mut segments = page.path().split('/').skip(1);
    segments
        .next()
        .filter(|one| matches!(*one, "rooms" | "sfu"))?;
    let room = segments.next().filter(|room| !room.is_empty())?;
    percent_encoding::percent_decode_str(room)
        .decode_utf8()
        .ok()
        .map(Into::into)
}

/// A list changes as often as anybody likes and is told a few times a second; waits for ever when
/// nothing is listed.
async fn changed(public_rooms: &mut Option<watch::Receiver<u64>>) {
    let Some(rooms) = public_rooms else {
        return std::future::pending().await;
    };
    if rooms.changed().await.is_err() {
        return std::future::pending().await;
    }
    // Cancelled and begun again with every event, so a busy client hears later.
    rooms.mark_changed();
    Box::pin(sleep(LISTING)).await;
    rooms.mark_unchanged();
}

/// Waits for ever while the session is in no room.
async fn next_event(member: &mut Option<Member>) -> Option<RoomEvent> {
    match member {
        Some(member) => member.events.recv().await,
        None => std::future::pending().await,
    }
}

/// About how many bytes a value is as JSON.
fn size(value: &Value) -> u32 {
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
    match value {
        Value::String(text) => length(text).saturating_add(3),
        Value::Array(items) => items.iter().map(size).fold(2, u32::saturating_add),
        Value::Object(members) => {
            let sizes = members.iter();
            let sizes = sizes.map(|(key, value)| length(key).saturating_add(size(value)));
            sizes.fold(2, u32::saturating_add)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

fn nothing() -> RawEvent {
    RawEvent::Bytes(Default::default())
}

fn late() -> ApiError {
    ApiError::new(ErrorCode::Timeout, "the event was not finished in time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_s_address_names_a_room_where_old_frontends_have_it() {
        let named = |page: &'static str| {
            let page = (REFERER, axum::http::HeaderValue::from_static(page));
            page_room(&HeaderMap::from_iter([page]))
        };
        assert_eq!(named("https://a.example/rooms/7"), Some("7".into()));
        assert_eq!(
            named("https://a.example:4443/sfu/a%20b/?x=1"),
            Some("a b".into())
        );
        for other in [
            "https://a.example/",
            "https://a.example/rooms/",
            "https://a.example/x/7",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
