//! Pages, health, TLS and the bounds on connections, over real sockets.

use std::{sync::Arc, time::Duration};

use miso::config::{Config, ListenConfig, Origins, TlsMode};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use crate::support::server::{
    SOCKET_IO_CLIENT, config, has_socket_io_client, read_to_end, start_server,
};

/// Long enough for any machine, short enough to fail a test.
const PATIENCE: Duration = Duration::from_secs(20);

fn listen(change: impl FnOnce(&mut ListenConfig)) -> Config {
    let mut config = config();
    change(&mut config.listen);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_good_while_a_worker_runs() {
    let server = start_server(config()).await;
    let answer = server.get("/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""status":"ok""#), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_address_serves_the_page_with_its_protections() {
    let server = start_server(config()).await;
    for path in ["/", "/rooms/a/", "/sfu/a/"] {
        let answer = server.get(path, "").await.to_lowercase();
        assert!(answer.starts_with("http/1.1 200"), "{path}: {answer}");
        for part in [
            "content-type: text/html; charset=utf-8",
            "cache-control: no-cache",
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'; ",
            "referrer-policy: no-referrer",
            "<!doctype html>",
        ] {
            assert!(answer.contains(part), "{path} lacks {part}: {answer}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_addresses_end_in_a_slash() {
    let server = start_server(config()).await;
    for (path, there) in [
        ("/rooms/a", "/rooms/a/"),
        ("/sfu/b%20c?x=1", "/sfu/b%20c/?x=1"),
    ] {
        let answer = server.get(path, "").await.to_lowercase();
        assert!(answer.starts_with("http/1.1 308"), "{path}: {answer}");
        assert!(
            answer.contains(&format!("location: {there}\r\n")),
            "{answer}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_use_what_is_made_for_them_and_nothing_else() {
    let server = start_server(config()).await;
    let origin = "Origin: https://app.example\r\n";
    let reflected = "access-control-allow-origin: https://app.example";
    for (path, body) in [
        ("/", r#"{"message":"miso "#),
        ("/room-status", "{}"),
        ("/asyncapi.json", r#""asyncapi": "3.0.0""#),
        ("/mediasoup/router-rtp-capabilities", r#""codecs":["#),
        ("/socket.io/?EIO=4&transport=polling", r#""sid""#),
        ("/server/?EIO=3&transport=polling", r#""sid""#),
    ] {
        let answer = server.get(path, origin).await;
        assert!(answer.contains(body), "{path}: {answer}");
        let head = answer.to_lowercase();
        assert!(head.contains(reflected), "{path}: {answer}");
        assert!(
            head.contains("access-control-allow-credentials: true"),
            "{path}: {answer}"
        );
    }
    let closed = server.get("/api/v1/rooms", origin).await.to_lowercase();
    assert!(!closed.contains(reflected), "{closed}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_origins_are_reflected() {
    let server = start_server(listen(|listen| {
        listen.origins = Origins::Listed(vec!["https://app.example".into()]);
    }))
    .await;
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://other.example", false),
    ] {
        let answer = server
            .get("/room-status", &format!("Origin: {origin}\r\n"))
            .await;
        let reflected = answer
            .to_lowercase()
            .contains("access-control-allow-origin");
        assert_eq!(reflected, allowed, "{answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_half_of_socket_io_is_served() {
    let server = start_server(config()).await;
    let answer = server.get(SOCKET_IO_CLIENT, "").await;
    let built = has_socket_io_client();
    let wanted = if built {
        "HTTP/1.1 200"
    } else {
        "HTTP/1.1 404"
    };
    assert!(answer.starts_with(wanted), "{answer}");
    assert!(
        !built || answer.contains("Socket.IO v4"),
        "the official bundle"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let server = start_server(config()).await;
    for path in [
        "/nothing",
        "/../Cargo.toml",
        "/assets/",
        "/%2e%2e/Cargo.toml",
    ] {
        let answer = server.get(path, "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_io_answers_beside_the_page() {
    let server = start_server(config()).await;
    let answer = server.get("/socket.io/?EIO=4&transport=polling", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""sid""#), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_head_is_closed() {
    let server = start_server(listen(|listen| {
        listen.header_timeout = Duration::from_millis(100);
    }))
    .await;
    for half in ["", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = server.connect().await;
        stream.write_all(half.as_bytes()).await.unwrap();
        let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
        assert!(ended.is_ok(), "still open after {half:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_after_its_request() {
    let server = start_server(listen(|listen| {
        listen.header_timeout = Duration::from_millis(100);
    }))
    .await;
    let mut stream = server.connect().await;
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_body_is_given_up() {
    let server = start_server(listen(|listen| {
        listen.body_timeout = Duration::from_millis(100);
    }))
    .await;
    let opened = server.get("/socket.io/?EIO=4&transport=polling", "").await;
    let session = opened.split(r#""sid":""#).nth(1).unwrap();
    let session = session.split('"').next().unwrap();
    let head = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={session} HTTP/1.1\r\nhost: x\r\n\
         content-length: 100\r\nconnection: close\r\n\r\n40"
    );
    let mut stream = server.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
    assert!(ended.is_ok(), "still waiting for the body");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_and_reads_nothing_is_closed() {
    let server = start_server(listen(|listen| {
        listen.write_timeout = Duration::from_millis(100);
    }))
    .await;
    let mut stream = server.connect().await;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let asking = async { while stream.write_all(request).await.is_ok() {} };
    let ended = tokio::time::timeout(PATIENCE, asking).await;
    assert!(ended.is_ok(), "still open");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_bounded_number_of_connections() {
    let server = start_server(listen(|listen| listen.max_connections_per_address = 2)).await;
    let (_one, two) = (server.connect().await, server.connect().await);
    let mut three = server.connect().await;
    let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut three)).await;
    assert_eq!(ended.as_deref(), Ok(""));
    drop(two);
    // The place is free once the server has seen the end; until then new ones are closed.
    let served = async { while !server.get("/healthz", "").await.starts_with("HTTP/1.1 200") {} };
    tokio::time::timeout(PATIENCE, served).await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_keeps_its_place_among_the_connections() {
    let server = start_server(listen(|listen| listen.max_connections_per_address = 1)).await;
    let mut socket = server.connect().await;
    let upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(upgrade.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    let mut other = server.connect().await;
    let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut other)).await;
    assert_eq!(ended.as_deref(), Ok(""));
    server.stop().await;
}

/// A server with a self-signed certificate, which goes with the test.
struct Certified {
    folder: std::path::PathBuf,
    config: Config,
}

impl Certified {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("miso-it-{}", uuid::Uuid::new_v4()));
        let auto = TlsMode::Auto {
            folder: folder.clone(),
        };
        let config = listen(|listen| {
            listen.tls = auto;
            listen.handshake_timeout = Duration::from_millis(500);
        });
        Self { folder, config }
    }

    /// A client that trusts this certificate alone.
    fn client(&self) -> TlsConnector {
        let file = self.folder.join("miso-cert.pem");
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(file).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

impl Drop for Certified {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_signed_certificate_is_good_for_localhost_and_loopback() {
    let certified = Certified::new();
    let server = start_server(certified.config.clone()).await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = server.connect().await;
        let name = name.to_owned().try_into().unwrap();
        let mut stream = certified.client().connect(name, stream).await.unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_on_the_tls_port_is_sent_to_https() {
    let certified = Certified::new();
    let server = start_server(certified.config.clone()).await;
    let answer = server.get("/rooms/a", "").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 308"), "{answer}");
    assert!(answer.contains("location: https://x/rooms/a"), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_handshake_is_closed() {
    let certified = Certified::new();
    let server = start_server(certified.config.clone()).await;
    // Nothing at all, the start of a TLS record, and half a plain request head.
    for half in [&b""[..], &[0x16, 3, 1, 2, 0, 1]] {
        let mut stream = server.connect().await;
        stream.write_all(half).await.unwrap();
        let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
        assert!(ended.is_ok(), "still open after {half:?}");
    }
    server.stop().await;
}
