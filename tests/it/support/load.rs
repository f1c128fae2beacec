//! A short call with real media, made by the load tester.

use std::{future::pending, net::SocketAddr};

use clap::Parser as _;
use loadgen::{Options, Report};

/// The command line of a load test.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

/// A call of four with loss; everything that arrives must be right.
pub(crate) async fn call(address: SocketAddr) -> Report {
    let url = format!("http://{address}");
    let words = "bench --subscribers 3 --warm-up 0.2 --duration 2 --loss 3 --url";
    let line = Line::parse_from(words.split(' ').chain([url.as_str()]));
    let report = loadgen::run(&line.options, &|_| {}, pending()).await;
    let report = report.unwrap();
    assert!(report.correctness.is_clean(), "{report:?}");
    report
}
