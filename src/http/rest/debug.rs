//! `GET /debug/state`: counts of every kind of object, for tests and for looking at leaks. Answered
//! on loopback connections only.

use std::{fs, net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{Extensions, StatusCode},
};
use media::WorkerDump;
use serde::Serialize;

use crate::room::{Counts, Registry};

/// Everything that can leak.
#[derive(Clone, Debug, Serialize)]
pub struct DebugState {
    /// What rooms and signalling hold.
    #[serde(flatten)]
    pub counts: Counts,
    /// What the media workers hold.
    pub engine: EngineCounts,
    /// What the process holds.
    pub process: ProcessCounts,
}

/// What the media workers hold, all together.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineCounts {
    /// Workers that answered.
    pub workers: usize,
    /// Routers.
    pub routers: usize,
    /// Transports.
    pub transports: usize,
    /// Producers.
    pub producers: usize,
    /// Consumers.
    pub consumers: usize,
    /// Remote addresses.
    pub tuples: usize,
    /// ICE username fragments.
    pub ufrags: usize,
    /// SSRCs routed.
    pub ssrcs: usize,
    /// Datagrams dropped before any transport took them.
    pub dropped: u64,
    /// Panics caught inside a transport's work.
    pub panics: u64,
}

/// What the process holds, as Linux counts it; 0 elsewhere.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessCounts {
    /// Its id, for who wants to look closer.
    pub pid: u32,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// Threads.
    pub threads: u64,
    /// Open file descriptors.
    pub file_descriptors: usize,
    /// Tasks of the async runtime.
    pub tasks: usize,
}

/// 404 to anybody who is not on this machine.
pub(super) async fn state(
    State(registry): State<Arc<Registry>>,
    extensions: Extensions,
) -> Result<Json<DebugState>, StatusCode> {
    let from = extensions.get::<ConnectInfo<SocketAddr>>();
    if !from.is_some_and(|from| from.0.ip().to_canonical().is_loopback()) {
        return Err(StatusCode::NOT_FOUND);
    }
    let dumps = registry.pool().dump().await;
    Ok(Json(DebugState {
        counts: registry.counts(),
        engine: engine_counts(&dumps),
        process: process_counts(),
    }))
}

fn engine_counts(dumps: &[WorkerDump]) -> EngineCounts {
    let mut counts = EngineCounts {
        workers: dumps.len(),
        ..EngineCounts::default()
    };
    for dump in dumps {
        counts.routers += dump.routers.len();
        counts.tuples += dump.tuples;
        counts.ufrags += dump.ufrags;
        counts.dropped += dump.dropped_unknown_tuple + dump.dropped_unknown_protocol;
        counts.dropped += dump.dropped_stun;
        counts.panics += dump.panics;
        for router in &dump.routers {
            counts.transports += router.transports.len();
            counts.producers += router.producers.len();
            counts.consumers += router.consumers.len();
            counts.ssrcs += router.transports.iter().map(|t| t.ssrcs).sum::<usize>();
        }
    }
    counts
}

fn process_counts() -> ProcessCounts {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number
            .and_then(|number| number.parse::<u64>().ok())
            .unwrap_or(0)
    };
    ProcessCounts {
        pid: std::process::id(),
        resident_bytes: field("VmRSS:") * 1024,
        threads: field("Threads:"),
        file_descriptors: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
        tasks: tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks(),
    }
}
