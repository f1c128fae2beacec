//! `GET /metrics`: asks workers and rooms what they hold, and shows it with everything counted. Also
//! counts requests. Knows no name of a room, peer or address.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use tracing::{Instrument as _, Span, field::Empty};

use super::sessions::Doors;
use crate::{
    engine::{WorkerReading, WorkerState},
    room::Registry,
    telemetry::{
        self,
        metrics::{Family, Format, Snapshot, Value, count_named, observe},
        names, process,
        traces::TARGET,
    },
};

/// Its route.
pub(super) fn router(doors: Doors) -> Router {
    Router::new().route("/metrics", get(show)).with_state(doors)
}

async fn show(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    let mut snapshot = Snapshot::default();
    let version = Value::Borrowed(env!("CARGO_PKG_VERSION"));
    snapshot.gauge(&names::BUILD, [version], 1.0);
    rooms(&mut snapshot, &doors.registry);
    broadcasts(&mut snapshot, &doors);
    for reading in &*doors.registry.pool().readings().await {
        Worker::new(&mut snapshot, reading).show(reading);
    }
    telemetry::measure(&mut snapshot);
    process::measure(&mut snapshot);
    let format = format(&headers);
    match snapshot.render(format) {
        Ok(text) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What the asker reads; Prometheus itself asks for OpenMetrics first.
fn format(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let open = |value: &header::HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.contains("application/openmetrics-text")
    };
    if accepted.into_iter().any(open) {
        Format::OpenMetrics
    } else {
        Format::Prometheus
    }
}

fn rooms(snapshot: &mut Snapshot, registry: &Registry) {
    let admission = registry.admission();
    for (family, count) in [
        (&names::ROOMS, admission.rooms()),
        (&names::PEERS, admission.peers()),
        (&names::SOCKETS, admission.sockets()),
        (&names::SESSIONS, admission.sessions()),
        (&names::ADDRESSES, admission.addresses_known()),
    ] {
        snapshot.gauge(family, [], count as f64);
    }
}

fn broadcasts(snapshot: &mut Snapshot, doors: &Doors) {
    let (publishers, viewers) = doors.sessions.counts();
    snapshot.gauge(&names::WHIP_SESSIONS, [], publishers as f64);
    snapshot.gauge(&names::WHEP_SESSIONS, [], viewers as f64);
    snapshot.gauge(&names::BROADCASTS, [], doors.broadcasts.count() as f64);
}

/// Writes one worker's figures under its number.
struct Worker<'a> {
    snapshot: &'a mut Snapshot,
    name: String,
}

impl<'a> Worker<'a> {
    fn new(snapshot: &'a mut Snapshot, reading: &WorkerReading) -> Self {
        let name = reading.status.index.to_string();
        Self { snapshot, name }
    }

    fn show(mut self, reading: &WorkerReading) {
        self.state(reading);
        self.open(reading);
        self.carried(reading);
        self.repairs(reading);
        self.key_frames(reading);
        self.drops(reading);
        self.endings(reading);
        self.distributions(reading);
    }

    fn state(&mut self, reading: &WorkerReading) {
        let status = &reading.status;
        let up = status.state == WorkerState::Running;
        self.gauge(&names::WORKER_UP, u64::from(up));
        self.count(&names::WORKER_RESTARTS, status.restarts);
        self.count(&names::WORKER_PANICS, reading.tally.panics);
        self.count(&names::WORKER_EVENTS_DROPPED, status.events_dropped);
        let name = || Value::Owned(self.name.clone());
        let (cpu, busy) = (reading.cpu.as_secs_f64(), reading.busy.as_secs_f64());
        let names = (name(), name());
        self.snapshot.seconds(&names::WORKER_CPU, [names.0], cpu);
        self.snapshot.seconds(&names::WORKER_BUSY, [names.1], busy);
    }

    fn open(&mut self, reading: &WorkerReading) {
        let open = &reading.open;
        self.gauge(&names::ROUTERS, open.routers);
        let connecting = open.transports - open.connected;
        self.gauge_of(&names::TRANSPORTS, "connected", open.connected);
        self.gauge_of(&names::TRANSPORTS, "connecting", connecting);
        self.gauge_of(&names::PRODUCERS, "audio", open.producers.audio);
        self.gauge_of(&names::PRODUCERS, "video", open.producers.video);
        self.gauge_of(&names::CONSUMERS, "audio", open.consumers.audio);
        self.gauge_of(&names::CONSUMERS, "video", open.consumers.video);
    }

    fn carried(&mut self, reading: &WorkerReading) {
        let (udp, carried) = (&reading.status.udp, &reading.tally.carried);
        self.both_ways(&names::DATAGRAMS, udp.received, udp.sent);
        let (received, sent) = (carried.bytes_received, carried.bytes_sent);
        self.both_ways(&names::TRANSPORT_BYTES, received, sent);
        self.both_ways(&names::RTP_PACKETS, carried.rtp_received, carried.rtp_sent);
        let (produced, consumed) = (&reading.tally.produced, &reading.tally.consumed);
        for (kind, produced, consumed) in [
            ("audio", &produced.audio, &consumed.audio),
            ("video", &produced.video, &consumed.video),
        ] {
            self.count_of(&names::PRODUCER_PACKETS, kind, produced.packets);
            self.count_of(&names::PRODUCER_BYTES, kind, produced.bytes);
            self.count_of(&names::CONSUMER_PACKETS, kind, consumed.packets);
            self.count_of(&names::CONSUMER_BYTES, kind, consumed.bytes);
        }
    }

    fn repairs(&mut self, reading: &WorkerReading) {
        let (produced, consumed) = (&reading.tally.produced, &reading.tally.consumed);
        self.count(&names::NACKS, reading.tally.asked.nack);
        for (kind, produced, consumed) in [
            ("audio", &produced.audio, &consumed.audio),
            ("video", &produced.video, &consumed.video),
        ] {
            self.count_of(&names::RETRANSMITTED, kind, consumed.retransmitted);
            self.count_of(&names::REQUESTED, kind, produced.nacked);
            self.count_of(&names::RECOVERED, kind, produced.recovered);
            self.count_of(&names::DUPLICATES, kind, produced.duplicates);
        }
    }

    fn key_frames(&mut self, reading: &WorkerReading) {
        let (asked, video) = (&reading.tally.asked, &reading.tally.produced.video);
        for (direction, kind, count) in [
            ("in", "pli", asked.pli),
            ("in", "fir", asked.fir),
            ("out", "pli", video.key_frame_requests),
        ] {
            let labels = [
                Value::Owned(self.name.clone()),
                direction.into(),
                kind.into(),
            ];
            self.snapshot
                .counter(&names::KEY_FRAME_REQUESTS, labels, count);
        }
        self.count(&names::KEY_FRAMES, video.key_frames);
    }

    fn drops(&mut self, reading: &WorkerReading) {
        let (udp, tally) = (&reading.status.udp, &reading.tally);
        for (reason, count) in [
            ("unknown-source", tally.lost.unknown_tuple),
            ("unknown-protocol", tally.lost.unknown_protocol),
            ("stun-rejected", tally.lost.stun),
            ("srtp-failed", tally.carried.srtp_failures),
            ("not-expected", tally.carried.dropped),
            ("too-long", udp.too_long),
            ("receive-error", udp.receive_errors),
            ("batch-full", tally.lost.transmit),
            ("socket-full", udp.send_dropped),
            ("send-refused", udp.send_refused),
        ] {
            self.count_of(&names::DROPS, reason, count);
        }
    }

    fn endings(&mut self, reading: &WorkerReading) {
        let ended = &reading.tally.ended;
        for (cause, count) in [
            ("ice-timeout", ended.ice_timeout),
            ("dtls-timeout", ended.dtls_timeout),
            ("dtls-failed", ended.dtls_failed),
            ("fingerprint-mismatch", ended.fingerprint_mismatch),
        ] {
            self.count_of(&names::HANDSHAKE_FAILURES, cause, count);
        }
        for (reason, count) in [
            ("wanted", ended.wanted),
            ("consent-expired", ended.consent_expired),
            ("internal", ended.internal),
        ] {
            self.count_of(&names::TRANSPORTS_CLOSED, reason, count);
        }
    }

    fn distributions(&mut self, reading: &WorkerReading) {
        let tally = &reading.tally;
        let name = || Value::Owned(self.name.clone());
        for (family, distribution) in [
            (&names::ROUND_TRIP, &tally.round_trip),
            (&names::JITTER, &tally.jitter),
        ] {
            let figures = (
                distribution.bounds,
                &distribution.counts[..],
                distribution.sum,
            );
            self.snapshot.distribution(family, [name()], figures);
        }
        for (family, label, distribution) in [
            (&names::LOSS, "in", &tally.loss_in),
            (&names::LOSS, "out", &tally.loss_out),
            (&names::FIRST_MEDIA, "audio", &tally.first_media.audio),
            (&names::FIRST_MEDIA, "video", &tally.first_media.video),
        ] {
            let labels = [name(), label.into()];
            let figures = (
                distribution.bounds,
                &distribution.counts[..],
                distribution.sum,
            );
            self.snapshot.distribution(family, labels, figures);
        }
    }

    fn both_ways(&mut self, family: &Family, received: u64, sent: u64) {
        self.count_of(family, "in", received);
        self.count_of(family, "out", sent);
    }

    fn gauge(&mut self, family: &Family, value: u64) {
        let labels = [Value::Owned(self.name.clone())];
        self.snapshot.gauge(family, labels, value as f64);
    }

    fn gauge_of(&mut self, family: &Family, label: &'static str, value: u64) {
        let labels = [Value::Owned(self.name.clone()), label.into()];
        self.snapshot.gauge(family, labels, value as f64);
    }

    fn count(&mut self, family: &Family, value: u64) {
        let labels = [Value::Owned(self.name.clone())];
        self.snapshot.counter(family, labels, value);
    }

    fn count_of(&mut self, family: &Family, label: &'static str, value: u64) {
        let labels = [Value::Owned(self.name.clone()), label.into()];
        self.snapshot.counter(family, labels, value);
    }
}

/// Counts requests by the template of their route.
pub(super) async fn count_request(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or(Value::Borrowed("page"), |path| {
        Value::Owned(path.as_str().to_owned())
    });
    let (method, began) = (method(request.method()), Instant::now());
    let span = trace(&route, method);
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    let seconds = began.elapsed().as_secs_f64();
    let labels = [
        route.clone(),
        method.into(),
        class(response.status()).into(),
    ];
    count_named(&names::HTTP_REQUESTS, labels);
    observe(&names::HTTP_SECONDS, [route], seconds);
    response
}

/// The trace of a request of WHIP or WHEP; the others are not traced.
fn trace(route: &str, method: &str) -> Span {
    if !route.starts_with("/whip") && !route.starts_with("/whep") {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.route = route,
        http.request.method = method,
        http.response.status_code = Empty,
    )
}

/// Anybody may make up a method.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
