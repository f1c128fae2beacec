//! Traces, as a collector gets them by OTLP.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message as _;

use crate::support::{load::call, process::Process};

const PUBLISH: &str = include_str!("../fixtures/sdp/obs-30.2-publish.sdp");

/// Listens as a collector does; yields what it is sent.
fn collector() -> (String, Receiver<ExportTraceServiceRequest>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut length, mut head) = (0, String::new());
            while !head.ends_with("\r\n\r\n") {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                head += &line;
            }
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            assert!(
                head.contains("content-type: application/x-protobuf\r\n"),
                "{head}"
            );
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
            let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (address, received)
}

fn text<'a>(span: &'a Span, name: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|one| one.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_is_traced_down_to_the_worker() {
    let (address, received) = collector();
    let words = ["--otlp-endpoint", address.as_str()];
    let server = Process::start(&words, &[("OTEL_BSP_SCHEDULE_DELAY", "100")]);
    call(server.address).await;
    let headers = "content-type: application/sdp\r\n";
    let answer = server.ask("POST", "/whip/studio", headers, PUBLISH);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let location = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    server.ask("DELETE", location.unwrap(), headers, "");
    // What was not sent yet is sent at the end.
    let log = server.stop();
    assert!(!log.contains("traces were not sent"), "{log}");

    let mut spans = Vec::new();
    while let Ok(request) = received.recv_timeout(Duration::from_millis(500)) {
        for resource in request.resource_spans {
            let scopes = resource.scope_spans.into_iter();
            spans.extend(scopes.flat_map(|scope| scope.spans));
        }
    }
    let mut named = BTreeMap::<&str, Vec<&Span>>::new();
    for span in &spans {
        named.entry(&span.name).or_default().push(span);
    }
    for (name, parent) in [
        ("create router", "join"),
        ("create transport", "createTransport"),
        ("connect transport", "connectTransport"),
        ("produce", "produce"),
        ("consume", "consume"),
        ("produce", "POST /whip/{id}"),
    ] {
        let parents = named
            .get(parent)
            .unwrap_or_else(|| panic!("no {parent}: {named:?}"));
        let child = named[name].iter().find(|child| {
            let of = |parent: &&&Span| parent.span_id == child.parent_span_id;
            parents
                .iter()
                .find(of)
                .is_some_and(|it| it.trace_id == child.trace_id)
        });
        assert!(child.is_some(), "no {name} below {parent}");
    }
    for join in &named["join"] {
        assert_eq!(text(join, "dialect"), Some("native"));
        assert_eq!(text(join, "outcome"), Some("ok"));
        assert!(text(join, "room").is_some() && text(join, "peer").is_some());
        assert!(join.end_time_unix_nano > join.start_time_unix_nano);
    }
}
