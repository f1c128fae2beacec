//! The dialects' and the limits' sections of `protocol.md` against the server's tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use miso::{
    config::{BroadcastConfig, ListenConfig, RateConfig, RoomConfig, SignalingConfig},
    signaling::{
        dialect::{self, Dialect, Dialects, Hello, NATIVE},
        request::{Notification, Payload},
    },
};

use crate::{
    protocol_md::notification,
    support::{
        page::{page, rows, section, table, word},
        server::{SOCKET_IO_CLIENT, config, has_socket_io_client, start_server},
    },
};

/// Headings of the dialects' sections, and which dialects each is about.
fn sections(page: &str) -> Vec<(String, Vec<&'static Dialect>)> {
    let all = section(page, "## Other dialects").lines();
    let headings = all.filter(|line| line.starts_with("### Dialect"));
    headings
        .map(|heading| {
            // "### Dialect a" or "### Dialects a, b and c".
            let names = heading.splitn(3, ' ').nth(2).unwrap();
            let names = names
                .split([',', ' '])
                .filter(|name| !["", "and"].contains(name));
            let named = names.map(|name| {
                let mut all = dialect::ALL.iter().copied();
                let found = all.find(|dialect| dialect.name == name);
                found.unwrap_or_else(|| panic!("{heading}: no dialect {name}"))
            });
            (heading.to_owned(), named.collect())
        })
        .collect()
}

#[test]
fn every_dialect_has_its_section() {
    let page = page();
    let mut written: Vec<_> = sections(&page)
        .iter()
        .flat_map(|(_, dialects)| dialects.iter().map(|dialect| dialect.name))
        .collect();
    let others = dialect::ALL
        .iter()
        .filter(|dialect| dialect.name != NATIVE.name);
    let mut known: Vec<_> = others.map(|dialect| dialect.name).collect();
    written.sort_unstable();
    known.sort_unstable();
    assert_eq!(written, known);
}

#[test]
fn every_event_of_every_dialect_is_written_down_in_order() {
    let page = page();
    for (heading, dialects) in sections(&page) {
        let rows = table(&page, &heading);
        let written: Vec<_> = rows.iter().map(|row| word(row[0])).collect();
        for dialect in dialects {
            let known: Vec<_> = dialect.events.iter().map(|event| event.name).collect();
            assert_eq!(written, known, "{}", dialect.name);
        }
    }
}

#[test]
fn every_notification_of_every_dialect_is_written_down() {
    let page = page();
    for (heading, dialects) in sections(&page) {
        let text = section(&page, &heading);
        let table = text.split("\n| notification |").nth(1);
        let table = table.map(|table| format!("|{table}"));
        let written = table.as_deref().map(rows).unwrap_or_default();
        let written: BTreeSet<_> = written.iter().map(|row| word(row[0])).collect();
        let known: BTreeSet<_> = dialects.iter().flat_map(|dialect| told(dialect)).collect();
        assert_eq!(written, known, "{heading}");
    }
}

/// Names of everything clients of a dialect are told without asking.
fn told(dialect: &Dialect) -> BTreeSet<&'static str> {
    let names = dialect::native::NOTICES.iter().map(|notice| notice.name);
    let mut all: Vec<_> = names.map(notification).collect();
    all.push(Notification::PublicRooms(Vec::new()));
    all.push(Notification::Welcome {
        socket: "socket".into(),
        producer_exists: true,
    });
    all.push(Notification::RoomClosed {
        reason: "room-closed",
    });
    all.into_iter()
        .flat_map(|notification| (dialect.notify)("peer", notification))
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_written_down_is_served() {
    let page = page();
    let server = start_server(config()).await;
    for heading in ["### Over HTTP", "## REST"] {
        for row in table(&page, heading) {
            let (method, path) = word(row[0]).split_once(' ').unwrap();
            let path = path
                .replace(":stream", "default")
                .replace(":transport", "b");
            if path == "/api/v1/events" {
                // It does not end.
                continue;
            }
            let answer = server.get(&path, "").await;
            // Nothing has these names, which is not the same as no such address.
            if path.contains(':') {
                assert!(
                    answer.contains("application/problem+json"),
                    "{path}: {answer}"
                );
                continue;
            }
            // What is there for another method says so.
            let status = match path.as_str() {
                SOCKET_IO_CLIENT if !has_socket_io_client() => "404",
                _ if method == "GET" => "200",
                _ if page.contains(&format!("| `GET {path}` |")) => "200",
                _ => "405",
            };
            let expected = format!("HTTP/1.1 {status}");
            assert!(answer.starts_with(&expected), "{method} {path}: {answer}");
        }
    }
    server.stop().await;
}

/// Both where the table says "any".
fn either<T: Copy>(cell: &str, named: &[(&str, T)]) -> Vec<T> {
    let fits = |name: &str| cell == "any" || cell.trim_matches('`') == name;
    let fitting = named.iter().filter(|(name, _)| fits(name));
    fitting.map(|(_, value)| *value).collect()
}

#[test]
fn first_events_tell_what_is_written() {
    let dialects = Dialects::new(&SignalingConfig::default()).unwrap();
    let page = page();
    for row in table(&page, "### Detection") {
        let [event, payload, callback, namespace, dialect] = row[..] else {
            panic!("{row:?}");
        };
        let arguments = match payload {
            "–" => Vec::new(),
            json => vec![serde_json::from_str(json.trim_matches('`')).unwrap()],
        };
        let payload = Payload::new(arguments);
        let namespaces = [("/", "/"), ("/mediasoup", "/mediasoup")];
        for namespace in either(namespace, &namespaces) {
            for acknowledged in either(callback, &[("yes", true), ("no", false)]) {
                let told = dialects.detect(&Hello {
                    namespace,
                    event: word(event),
                    payload: &payload,
                    acknowledged,
                    speaks: dialects.start("/socket.io/", namespace, "").dialect,
                });
                let told = told.map_or("–", |dialect| dialect.name);
                assert_eq!(told, dialect, "{row:?} on {namespace}");
            }
        }
    }
}

#[test]
fn nobody_is_told_what_the_configuration_file_cannot_rename() {
    for dialect in dialect::ALL {
        for name in told(dialect) {
            assert!(dialect::TOLD.contains(&name), "{}: {name}", dialect.name);
        }
    }
}

#[test]
fn limits_are_as_written() {
    let page = page();
    let rows = table(&page, "## Limits");
    let written: BTreeMap<_, _> = rows.iter().map(|row| (row[0], row[1])).collect();
    let known = limits();
    let known: BTreeMap<_, _> = known
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(written, known);
}

fn limits() -> Vec<(&'static str, String)> {
    let (numbers, times) = (numbers(), times());
    let numbers = numbers.into_iter().chain(doors());
    let numbers = numbers.map(|(name, number)| (name, number.to_string()));
    let times = times.map(|(name, time)| (name, time.as_secs().to_string()));
    numbers.chain(times).collect()
}

fn numbers() -> [(&'static str, usize); 21] {
    let broadcast = BroadcastConfig::default();
    let (room, door) = (RoomConfig::default(), SignalingConfig::default());
    let (rate, burst) = (door.events_per_second as usize, door.event_burst as usize);
    [
        ("rooms of the server", room.rooms),
        ("peers of the server", room.peers),
        ("peers of a room", room.peers_per_room),
        ("peers listed by one answer", room.peers_per_answer),
        ("transports of a peer", room.transports_per_peer),
        ("producers of a peer", room.producers_per_peer),
        ("consumers of a peer", room.consumers_per_peer),
        ("broadcast ids of the server", broadcast.broadcasts),
        (
            "publishers whose newest group of pictures is kept",
            room.groups_of_pictures,
        ),
        ("bytes of an offer (WHIP, WHEP)", broadcast.body_bytes),
        ("characters of a name", room.name_chars),
        ("bytes of `appData`, as JSON", room.app_data_bytes),
        ("bytes of a message", door.message_bytes),
        ("nesting of an event's arguments", door.json_depth),
        ("events of a socket in a second, in the long run", rate),
        ("events of a socket at once", burst),
        (
            "refused events a socket is owed an answer for",
            door.queued_refusals,
        ),
        ("room events a peer may be behind", room.pending_events),
        ("sockets of an address", door.sockets_per_address),
        ("sockets of the server", door.sockets),
        (
            "connections of an address that are no sockets yet",
            door.sessions_per_address,
        ),
    ]
}

fn doors() -> [(&'static str, usize); 10] {
    let (listen, rates) = (ListenConfig::default(), RateConfig::default());
    [
        (
            "connections of HTTP and WebSocket of an address",
            listen.max_connections_per_address,
        ),
        (
            "connections of HTTP and WebSocket of the server",
            listen.max_connections,
        ),
        (
            "requests of an address in a second, in the long run",
            rates.requests.per_second as usize,
        ),
        (
            "requests of an address at once",
            rates.requests.burst as usize,
        ),
        (
            "rooms an address enters in a second, in the long run",
            rates.joins.per_second as usize,
        ),
        (
            "rooms an address enters at once",
            rates.joins.burst as usize,
        ),
        (
            "wrong tokens of an address in a second, in the long run",
            rates.token_failures.per_second as usize,
        ),
        (
            "wrong tokens of an address at once",
            rates.token_failures.burst as usize,
        ),
        (
            "addresses of which each of these is remembered",
            2 * miso::rates::ADDRESSES,
        ),
        ("bytes of a token", miso::auth::MAX_TOKEN_BYTES),
    ]
}

fn times() -> [(&'static str, Duration); 8] {
    let broadcast = BroadcastConfig::default();
    let (room, door) = (RoomConfig::default(), SignalingConfig::default());
    let media = media::MediaLimits::default();
    [
        ("seconds until an acknowledgement", door.ack_deadline),
        ("seconds between heartbeats", door.ping_interval),
        ("seconds to answer a heartbeat", door.ping_timeout),
        (
            "seconds a connection has to name its namespace",
            door.connect_timeout,
        ),
        ("seconds a lost peer is kept", room.resume_grace),
        (
            "seconds a broadcast id is good after it was last used",
            broadcast.expiry,
        ),
        (
            "seconds a transport has to be connected",
            media.connect_timeout,
        ),
        (
            "seconds without consent to send (ICE)",
            media.consent_timeout,
        ),
    ]
}
