//! `GET /debug/state`: counts of every kind of object, for tests and for looking at leaks. Part of
//! the admin surface, and open to whom that is.

use std::fs;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{engine::EngineCounts, http::sessions::Doors, room::Counts};

/// Everything that can leak.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DebugState {
    /// What rooms and signalling hold.
    #[serde(flatten)]
    pub counts: Counts,
    /// What the media workers hold.
    pub engine: EngineCounts,
    /// What the process holds.
    pub process: ProcessCounts,
}

/// What the process holds, as Linux counts it; 0 elsewhere.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
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

/// Counts everything.
#[utoipa::path(
    get, path = "/debug/state", tag = "server",
    responses((status = 200, description = "The counts.", body = DebugState))
)]
pub(super) async fn state(State(doors): State<Doors>) -> Json<DebugState> {
    let registry = &doors.registry;
    let engine = registry.pool().counts().await;
    Json(DebugState {
        counts: registry.counts(),
        engine,
        process: process_counts(),
    })
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
