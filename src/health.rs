//! The subcommand `health`: asks the server on this machine whether it is well, for those who watch
//! over containers that hold nothing else to ask with. Believes any certificate: it asks the machine it is on.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use miso::config::{ListenConfig, TlsMode};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{fail, print};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read of an answer.
const LONGEST: u64 = 4096;

/// 0 where it is well, with its own words; 1 where it is not, or is not there.
pub(crate) fn run(listen: &ListenConfig) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    let address = here(listen.address);
    let asked = runtime.block_on(async { timeout(PATIENCE, ask(address, &listen.tls)).await });
    match asked {
        Ok(Ok(answer)) => judge(&answer),
        Ok(Err(error)) => fail(
            &format!("{address}: {}", unanswered(&error, &listen.tls)),
            1,
        ),
        Err(_) => fail(
            &format!("{address}: no answer in {} s", PATIENCE.as_secs()),
            1,
        ),
    }
}

/// What is the matter, and what was probably not said.
fn unanswered(error: &std::io::Error, tls: &TlsMode) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            "nobody listens there; start miso, or give health what the server was started with: \
             --listen and --tls, or --config"
                .to_owned()
        }
        ErrorKind::InvalidData if *tls != TlsMode::Off => {
            "whoever listens there speaks no TLS; if it is miso with --tls off, give health the same"
                .to_owned()
        }
        _ if *tls == TlsMode::Off => {
            format!("{error}; if the server speaks TLS, give health its --tls")
        }
        _ => error.to_string(),
    }
}

fn judge(answer: &str) -> ExitCode {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split_whitespace().nth(1).unwrap_or("no answer");
    if status == "200" {
        return print(&format!("{}\n", body.trim()));
    }
    // Whoever speaks TLS answers a plain question with where to ask.
    let hint = match status {
        "308" => "; give health the server's --tls",
        _ => "",
    };
    fail(&format!("not well: {status} {}{hint}", body.trim()), 1)
}

/// Where a server that listens on `address` can be reached on this machine.
fn here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn ask(address: SocketAddr, tls: &TlsMode) -> std::io::Result<String> {
    let stream = TcpStream::connect(address).await?;
    if *tls == TlsMode::Off {
        return exchange(stream).await;
    }
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(aws_lc_rs::default_provider())))
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::IpAddress(address.ip().into());
    exchange(connector.connect(name, stream).await?).await
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<String> {
    const QUESTION: &[u8] =
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(QUESTION).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    // What came before the end was torn off is judged by itself.
    let ended = stream.take(LONGEST).read_to_end(&mut answer).await;
    if answer.is_empty() {
        ended?;
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Takes any certificate: nothing secret is said, and nobody is between.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
