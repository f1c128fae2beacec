//! A whole server of a test's own, on free ports of loopback.

use std::net::{Ipv4Addr, SocketAddr};

use miso::{
    RunError, Server,
    config::{Config, ListenConfig, MediaConfig, TlsMode},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// Where plain pages load the browser's half of Socket.IO.
pub(crate) const SOCKET_IO_CLIENT: &str = "/socket.io/socket.io.js";

/// Whether there is such a half to give: a build without Node has none.
pub(crate) fn has_socket_io_client() -> bool {
    std::path::Path::new("client-react/node_modules/socket.io-client/dist").exists()
}

/// A running server.
pub(crate) struct TestServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where its admin surface listens, if that has a place of its own.
    pub(crate) admin: Option<SocketAddr>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), RunError>>,
}

/// Plain HTTP, one worker, any free ports.
pub(crate) fn config() -> Config {
    Config {
        listen: ListenConfig {
            tls: TlsMode::Off,
            ..ListenConfig::default()
        },
        media: MediaConfig {
            ips: vec![Ipv4Addr::LOCALHOST.into()],
            port: 0,
            workers: 1,
            ..MediaConfig::default()
        },
        ..Config::default()
    }
}

/// Starts a server.
pub(crate) async fn start_server(config: Config) -> TestServer {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async {
        // A test that panics drops the sender, which is as good a reason to stop.
        let _ = stopped.await;
    };
    let server = Server::start(config, listener).unwrap();
    let admin = server.admin_address();
    let ended = tokio::spawn(server.serve(shutdown));
    TestServer {
        address,
        admin,
        stop,
        ended,
    }
}

impl TestServer {
    /// Stops it and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The whole answer to one request, head and body.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> String {
        self.ask("GET", path, headers, "").await
    }

    /// The same, with another method and a body.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        ask_at(self.address, method, path, headers, body).await
    }
}

/// The same of any listener.
pub(crate) async fn ask_at(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> String {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// What arrives until the server closes.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is an end like any other.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
