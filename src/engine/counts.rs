//! How much the media workers hold, for whoever looks for leaks.

use media::WorkerDump;
use serde::Serialize;
use utoipa::ToSchema;

use super::WorkerPool;

/// What the media workers hold, all together.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
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

impl WorkerPool {
    /// What the workers that answer hold.
    pub async fn counts(&self) -> EngineCounts {
        counts(&self.dump().await)
    }
}

fn counts(dumps: &[WorkerDump]) -> EngineCounts {
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
