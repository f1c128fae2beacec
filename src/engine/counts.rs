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
    /// What the workers that answer hold, not before this was asked.
    pub async fn counts(&self) -> EngineCounts {
        let mut sum = EngineCounts::default();
        for worker in 0..self.inner.slots.len() {
            if let Some(glance) = self.glance_anew(worker).await {
                sum.add(glance.held());
            }
        }
        sum
    }
}

impl EngineCounts {
    /// What one worker holds.
    pub(super) fn of(dump: &WorkerDump) -> Self {
        let routers = || dump.routers.iter();
        let transports = || routers().flat_map(|router| &router.transports);
        let unknown = dump.dropped_unknown_tuple + dump.dropped_unknown_protocol;
        Self {
            workers: 1,
            routers: dump.routers.len(),
            transports: transports().count(),
            producers: routers().map(|router| router.producers.len()).sum(),
            consumers: routers().map(|router| router.consumers.len()).sum(),
            tuples: dump.tuples,
            ufrags: dump.ufrags,
            ssrcs: transports().map(|transport| transport.ssrcs).sum(),
            dropped: unknown + dump.dropped_stun,
            panics: dump.panics,
        }
    }

    fn add(&mut self, other: &Self) {
        self.workers += other.workers;
        self.routers += other.routers;
        self.transports += other.transports;
        self.producers += other.producers;
        self.consumers += other.consumers;
        self.tuples += other.tuples;
        self.ufrags += other.ufrags;
        self.ssrcs += other.ssrcs;
        self.dropped += other.dropped;
        self.panics += other.panics;
    }
}
