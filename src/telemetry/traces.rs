//! Traces: how long what was asked took, and where the time went, sent to a collector by OTLP over
//! plain HTTP. A collector stands beside the server and speaks TLS to the rest of the world; here
//! that would be a second TLS. What is not sent in time is lost.
//!
//! A span belongs to a trace by its target, [`TARGET`], and to nothing else: the log does not show it.

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    sync::OnceLock,
    time::Duration,
};

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::config::LogConfig;

/// The target of spans that are parts of traces.
pub const TARGET: &str = "miso::trace";

/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the server waits for it.
const FLUSH: Duration = Duration::from_secs(1);
/// What is read of an answer: its status is on the first line.
const ANSWER_BYTES: u64 = 16 << 10;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Sends spans, if that is asked for.
///
/// # Errors
/// The endpoint cannot be used.
pub(super) fn layer<S>(
    config: &LogConfig,
) -> Result<Option<Box<dyn Layer<S> + Send + Sync>>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(None);
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(PlainHttp)
        .with_endpoint(address(endpoint)?)
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| error.to_string())?;
    let resource = Resource::builder()
        .with_service_name("miso")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let tracer = provider.tracer("miso");
    // The first stays, as the log does.
    let _ = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_filter(filter_fn(|it| it.is_span() && it.target() == TARGET));
    Ok(Some(layer.boxed()))
}

/// Sends what waits, but not for long.
pub(super) fn flush() {
    if let Some(provider) = PROVIDER.get() {
        // Whoever does not take it in time does not get it.
        let _ = provider.shutdown_with_timeout(FLUSH);
    }
}

/// Where traces go, in full.
///
/// # Errors
/// A sentence on what was expected.
pub fn address(endpoint: &str) -> Result<String, String> {
    let expected =
        || format!("expected http://HOST:PORT of a collector beside the server, not {endpoint}");
    let rest = endpoint.strip_prefix("http://").ok_or_else(expected)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = host.rsplit_once(':').ok_or_else(expected)?;
    if name.is_empty() || port.parse::<u16>().is_err() {
        return Err(expected());
    }
    match path {
        "" => Ok(format!("http://{host}/v1/traces")),
        path => Ok(format!("http://{host}/{path}")),
    }
}

/// Posts to a collector, one connection a batch. It may block: it runs on the thread that sends.
#[derive(Debug)]
struct PlainHttp;

#[async_trait::async_trait]
impl HttpClient for PlainHttp {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = post(&request);
        if let Err(error) = &answer {
            tracing::warn!(%error, "traces were not sent");
        }
        Ok(answer?)
    }
}

fn post(request: &Request<Bytes>) -> io::Result<Response<Bytes>> {
    let host = request.uri().authority().map_or("", |it| it.as_str());
    let address = host.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::other("the collector's name is unknown"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = format!("POST {} HTTP/1.1\r\nhost: {host}\r\n", request.uri().path());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    head += &format!(
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        request.body().len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(request.body())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status: u16 = status.ok_or_else(|| io::Error::other("not an answer by HTTP"))?;
    if !(200..300).contains(&status) {
        return Err(io::Error::other(format!("the collector answered {status}")));
    }
    Response::builder()
        .status(status)
        .body(Bytes::new())
        .map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn traces_go_where_otlp_wants_them() {
        let full = "http://127.0.0.1:4318/v1/traces";
        assert_eq!(address("http://127.0.0.1:4318").unwrap(), full);
        assert_eq!(address("http://127.0.0.1:4318/").unwrap(), full);
        assert_eq!(address("http://a:1/x/y").unwrap(), "http://a:1/x/y");
        for wrong in [
            "https://a:4318",
            "a:4318",
            "http://a",
            "http://:4318",
            "http://a:b",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
