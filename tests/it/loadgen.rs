//! The load tester against a whole server: what it counts, and that everything arrives.

use std::future::pending;

use clap::Parser as _;
use loadgen::{BenchError, Options, Report};
use miso::config::UdpBackend;

use super::support::server::{TestServer, config, start_server};

/// The command line of a load test.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

fn options(server: &TestServer, words: &str) -> Options {
    let url = format!("http://{}", server.address);
    let mut line = vec!["bench", "--url", &url];
    for usual in [["--warm-up", "0.5"], ["--duration", "2"]] {
        if !words.contains(usual[0]) {
            line.extend(usual);
        }
    }
    line.extend(words.split(' '));
    Line::parse_from(line).options
}

/// Runs a load test that must find nothing wrong.
async fn bench(words: &str) -> Report {
    bench_with(UdpBackend::Auto, words).await
}

async fn bench_with(udp: UdpBackend, words: &str) -> Report {
    let mut config = config();
    config.media.udp = udp;
    let server = start_server(config).await;
    let options = options(&server, words);
    let report = loadgen::run(&options, &|_| {}, pending()).await.unwrap();
    server.stop().await;
    assert!(report.correctness.is_clean(), "{report:?}");
    let row = &report.rows[0];
    assert_eq!((row.lost, row.received), (0, row.expected), "{report:?}");
    assert!(row.received > 0 && row.verified > 0, "{report:?}");
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn video_reaches_every_subscriber_unchanged() {
    let report = bench("--subscribers 5 --burst 8 --verify 1").await;
    let row = &report.rows[0];
    assert_eq!((row.streams, row.expected), (5, row.sent * 5));
    // Every receiver decrypts, so every packet that counts was compared.
    assert_eq!(row.verified, row.received);
    assert_eq!(row.sent % 8, 0);
    assert_eq!((report.joins.subscribers, report.joins.handshakes), (5, 6));

    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["rows"][0]["received"], row.received);
    assert_eq!(json["scenario"]["kind"], "video");
    // The server told which process it is, and that is this one.
    assert!(
        json["rows"][0]["server"]["microsPerPacket"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(json["memory"]["endKib"].as_u64().unwrap() > 0);
    assert!(json["rows"][0]["latency"]["p99Ms"].as_f64().unwrap() > 0.0);
    assert!(report.to_table().contains("everything that came was right"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_is_the_same_without_segmentation_offload() {
    bench_with(UdpBackend::Batches, "--subscribers 5 --verify 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_is_the_same_datagram_by_datagram() {
    bench_with(UdpBackend::Portable, "--subscribers 5 --verify 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receivers_that_take_runs_whole_get_the_same() {
    bench("--subscribers 5 --verify 1 --gro").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_do_not_hear_each_other() {
    let report = bench("--rooms 2 --publishers 2 --subscribers 3").await;
    let row = &report.rows[0];
    // Each of six subscribers hears the two publishers of its own room.
    assert_eq!((row.streams, row.expected), (12, row.sent * 3));
    assert!(row.verified < row.received);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_uneven_packets_arrive_unchanged() {
    let report = bench("--subscribers 3 --size-spread 60 --verify 1").await;
    let row = &report.rows[0];
    assert_eq!(row.verified, row.received);
    assert_eq!(report.scenario.size_spread, 660);
    assert!(report.to_table().contains("440–1100 bytes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_on_purpose_comes_back() {
    let report = bench("--subscribers 5 --loss 5").await;
    let again = report.rows[0].retransmissions.unwrap();
    assert!(again.pretended > 0, "{again:?}");
    assert_eq!((again.served, again.never), (again.asked, 0));
    assert!(again.asked >= again.pretended, "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audio_reaches_every_subscriber() {
    let report = bench("--audio-only --publishers 3 --subscribers 4").await;
    assert_eq!(report.rows[0].streams, 12);
    assert_eq!(report.scenario.packet_size, 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulcast_delivers_one_encoding_whole() {
    let report = bench("--simulcast --subscribers 4 --warm-up 1.5").await;
    let row = &report.rows[0];
    assert_eq!(row.streams, 4);
    // Three encodings were sent, and each subscriber got one of them.
    assert!(row.expected < row.sent * 4, "{row:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ramp_has_a_row_for_each_step() {
    let server = start_server(config()).await;
    let options = options(&server, "--subscribers 2 --ramp 50:150:50 --duration 0.5");
    let report = loadgen::run(&options, &|_| {}, pending()).await.unwrap();
    server.stop().await;
    let rates: Vec<u32> = report
        .rows
        .iter()
        .map(|row| row.packets_per_second)
        .collect();
    assert_eq!(rates, [50, 100, 150]);
    assert!(report.highest_rate.unwrap() > 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_transports_are_connected_and_priced() {
    let server = start_server(config()).await;
    let options = options(&server, "--idle --subscribers 6");
    let report = loadgen::run(&options, &|_| {}, pending()).await.unwrap();
    server.stop().await;
    assert_eq!(report.idle.unwrap().transports, 7);
    assert_eq!(report.rows[0].expected, 0);
    assert!(report.correctness.is_clean(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_is_forgotten_by_the_server() {
    let server = start_server(config()).await;
    let options = options(&server, "--subscribers 3 --warm-up 60");
    let (asked, stop) = tokio::sync::oneshot::channel::<()>();
    let asked = std::sync::Mutex::new(Some(asked));
    // "… peers are in": then it is interrupted.
    let progress = |_: &str| drop(asked.lock().unwrap().take());
    let stop = async { drop(stop.await) };
    let result = loadgen::run(&options, &progress, stop).await;
    assert!(matches!(result, Err(BenchError::Interrupted)));
    for _ in 0..1_000 {
        let state = server.get("/debug/state", "").await;
        if state.contains("\"transports\":0,") {
            return server.stop().await;
        }
        tokio::task::yield_now().await;
    }
    panic!("transports stay after their peers have left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_one_line() {
    let mut config = config();
    config.room.peers_per_room = 2;
    let server = start_server(config).await;
    let full = options(&server, "--subscribers 3");
    let error = loadgen::run(&full, &|_| {}, pending()).await.unwrap_err();
    assert!(!error.is_usage());
    let text = error.to_string();
    assert!(
        text.contains("joinRoom") && text.contains("limit-peers"),
        "{text}"
    );
    let nobody = options(&server, "--publishers 0");
    server.stop().await;
    let error = loadgen::run(&nobody, &|_| {}, pending()).await.unwrap_err();
    assert!(error.is_usage(), "{error}");
    let error = loadgen::run(&full, &|_| {}, pending()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot connect to http://127.0.0.1:"),
        "{error}"
    );
}
