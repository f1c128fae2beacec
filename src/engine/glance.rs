//! What the workers hold and how it goes there, for whoever looks on. However many look, a worker is
//! asked four times a second at most and once for everything; one that does not answer is not waited
//! for long. Nothing here is for deciding: numbers may be a moment old.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use media::{
    ConsumerDump, ConsumerId, ProducerDump, ProducerId, RouterId, TransportDump, TransportId,
    WorkerDump,
};

use super::{EngineCounts, WorkerPool, clock};

/// For so long an answer is as good as a new one. A worker with 10,000 consumers writes one in about
/// 5 ms, in which it forwards nothing.
pub(super) const FRESH: Duration = Duration::from_millis(250);

/// A worker that is well answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The latest look at one worker; there is none of a worker that did not answer.
#[derive(Debug, Default)]
pub(super) struct Look {
    asked: Option<Instant>,
    at: Option<Instant>,
    seen: Option<Arc<WorkerGlance>>,
}

/// One worker at a moment.
#[derive(Debug)]
pub struct WorkerGlance {
    at: Instant,
    routers: HashMap<RouterId, Bitrates>,
    transports: HashMap<TransportId, TransportDump>,
    producers: HashMap<ProducerId, ProducerDump>,
    consumers: HashMap<ConsumerId, (ConsumerDump, Option<u64>)>,
    round_trips: HashMap<TransportId, f64>,
    held: EngineCounts,
}

/// How much flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bitrates {
    /// Bits per second from clients.
    pub received: u64,
    /// Bits per second to clients.
    pub sent: u64,
}

impl WorkerPool {
    /// One worker as it is, or was a quarter of a second ago; none if it does not answer.
    pub async fn glance(&self, worker: usize) -> Option<Arc<WorkerGlance>> {
        // Whoever comes meanwhile waits here and takes the same answer.
        let mut look = self.inner.looks.get(worker)?.lock().await;
        if look.fresh_for().is_some() {
            return look.seen.clone();
        }
        self.look(worker, &mut look).await
    }

    /// One worker as it is now or up to a quarter of a second later; none if it does not answer.
    pub(super) async fn glance_anew(&self, worker: usize) -> Option<Arc<WorkerGlance>> {
        let now = clock::now();
        loop {
            let mut look = self.inner.looks.get(worker)?.lock().await;
            if look.asked.is_some_and(|asked| asked >= now) {
                return look.seen.clone();
            }
            let Some(wait) = look.fresh_for() else {
                return self.look(worker, &mut look).await;
            };
            // Not held meanwhile: others may take what is good enough for them.
            drop(look);
            tokio::time::sleep(wait).await;
        }
    }

    async fn look(&self, worker: usize, look: &mut Look) -> Option<Arc<WorkerGlance>> {
        let asked = clock::now();
        let dump = tokio::time::timeout(PATIENCE, self.dump_worker(worker)).await;
        let at = clock::now();
        let before = look.seen.take();
        let seen = dump.ok().flatten();
        let seen = seen.map(|dump| Arc::new(WorkerGlance::new(at, dump, before.as_deref())));
        *look = Look {
            asked: Some(asked),
            at: Some(at),
            seen: seen.clone(),
        };
        seen
    }
}

impl Look {
    /// For how long it is as good as a new one, if it is.
    fn fresh_for(&self) -> Option<Duration> {
        let left = (self.at? + FRESH).saturating_duration_since(clock::now());
        (!left.is_zero()).then_some(left)
    }
}

impl WorkerGlance {
    fn new(at: Instant, dump: WorkerDump, before: Option<&Self>) -> Self {
        let mut glance = Self {
            at,
            routers: HashMap::new(),
            transports: HashMap::new(),
            producers: HashMap::new(),
            consumers: HashMap::new(),
            round_trips: HashMap::new(),
            held: EngineCounts::of(&dump),
        };
        for router in dump.routers {
            let sum = router.transports.iter().fold(Bitrates::default(), sum);
            glance.routers.insert(router.id, sum);
            let transports = router.transports.into_iter();
            glance.transports.extend(transports.map(|it| (it.id, it)));
            let producers = router.producers.into_iter();
            glance.producers.extend(producers.map(|it| (it.id, it)));
            for consumer in router.consumers {
                glance.take(consumer, before);
            }
        }
        glance
    }

    fn take(&mut self, consumer: ConsumerDump, before: Option<&Self>) {
        if let Some(time) = consumer.round_trip_time {
            let shortest = self.round_trips.entry(consumer.transport).or_insert(time);
            *shortest = shortest.min(time);
        }
        let bitrate = before.and_then(|before| {
            let (then, _) = before.consumers.get(&consumer.id)?;
            let seconds = self.at.saturating_duration_since(before.at).as_secs_f64();
            let bytes = consumer.bytes.saturating_sub(then.bytes);
            (seconds > 0.0).then_some((bytes as f64 * 8.0 / seconds) as u64)
        });
        self.consumers.insert(consumer.id, (consumer, bitrate));
    }

    /// What flows through a router.
    #[must_use]
    pub fn router(&self, id: RouterId) -> Option<Bitrates> {
        self.routers.get(&id).copied()
    }

    /// What flows through all of them.
    #[must_use]
    pub fn sum(&self) -> Bitrates {
        let routers = self.routers.values();
        routers.fold(Bitrates::default(), |sum, one| Bitrates {
            received: sum.received + one.received,
            sent: sum.sent + one.sent,
        })
    }

    /// How much there is of everything.
    pub(super) fn held(&self) -> &EngineCounts {
        &self.held
    }

    /// How many producers and consumers there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.producers.len(), self.consumers.len())
    }

    /// A transport, and the round-trip time to its client in milliseconds, once reports told.
    #[must_use]
    pub fn transport(&self, id: TransportId) -> Option<(&TransportDump, Option<f64>)> {
        let transport = self.transports.get(&id)?;
        Some((transport, self.round_trips.get(&id).copied()))
    }

    /// A producer.
    #[must_use]
    pub fn producer(&self, id: ProducerId) -> Option<&ProducerDump> {
        self.producers.get(&id)
    }

    /// A consumer, and the payload bits per second since the look before, if there was one.
    #[must_use]
    pub fn consumer(&self, id: ConsumerId) -> Option<(&ConsumerDump, Option<u64>)> {
        let (consumer, bitrate) = self.consumers.get(&id)?;
        Some((consumer, *bitrate))
    }
}

fn sum(sum: Bitrates, transport: &TransportDump) -> Bitrates {
    Bitrates {
        received: sum.received + transport.stats.recv_bitrate,
        sent: sum.sent + transport.stats.send_bitrate,
    }
}
