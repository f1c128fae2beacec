//! One load test from the first join to the last count.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use media::client::ClientIdentity;
use tokio::time::sleep;

use crate::{
    error::BenchError,
    join::{Joiner, Member, Source},
    measure::{Histogram, Process, Usage, own_usage},
    options::Options,
    report::{Counted, Joins, Memory, Report, Row, RowContext, ServerCpu},
    signaling::{Connector, Presence, Trouble, server_process},
    traffic::{Errors, Gap, MediaThread},
};

/// What is under way when a window ends gets so long, to prove at least that numbers still hold…
const DRAIN: Duration = Duration::from_millis(300);
/// …and so long when something has not come: it may stand in a queue, or be asked for again.
const DRAIN_LIMIT: Duration = Duration::from_millis(2_500);
/// Between a change of rate and its window.
const SETTLE: Duration = Duration::from_secs(1);
/// Receivers beyond these have a price of their own: the first ones pay for the process.
const FIRST_RECEIVERS: usize = 100;
/// How often joining says how far it is.
const PROGRESS: usize = 100;

/// Says how far a test is.
pub(crate) type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// A test under way.
pub(crate) struct Session<'a> {
    options: &'a Options,
    progress: Progress<'a>,
    joiner: Joiner<'a>,
    server: Option<Process>,
    memory: Memory,
    members: Vec<Member>,
    joined: Vec<Duration>,
}

/// Both processes at one moment.
struct Moment {
    server: Option<Usage>,
    own: Usage,
}

impl<'a> Session<'a> {
    /// Finds the server.
    pub(crate) async fn open(
        options: &'a Options,
        media: &'a MediaThread,
        progress: Progress<'a>,
        presence: Presence,
    ) -> Result<Self, BenchError> {
        let connector = Connector::new(&options.url, options.insecure, presence)?;
        let told = server_process(&connector).await?;
        let server = match (options.pid, told) {
            (Some(pid), _) => Some(process(pid)?),
            // Another machine's process, or one we may not look at, is no reason to give up.
            (None, told) => told.and_then(|pid| process(pid).ok()),
        };
        if server.is_none() {
            progress("the server's process is unknown: no figures of its CPU time and memory");
        }
        let identity = ClientIdentity::generate();
        let identity = identity.map_err(|error| BenchError::System {
            what: "cannot make a certificate",
            reason: error.to_string(),
        })?;
        let joiner = Joiner {
            options,
            connector,
            media,
            identity,
            trouble: Trouble::default(),
            name: format!("bench-{:08x}", fastrand::u32(..)),
            handshakes: AtomicU64::new(0),
        };
        let memory = Memory::at_start(server.map(Process::resident));
        Ok(Self {
            options,
            progress,
            joiner,
            server,
            memory,
            members: Vec::new(),
            joined: Vec::new(),
        })
    }

    /// Runs the whole test.
    pub(crate) async fn run(mut self) -> Result<Report, BenchError> {
        let began = Instant::now();
        let sources = self.join_publishers().await?;
        self.join_subscribers(&sources).await?;
        let joining = began.elapsed();
        let gap = self.joiner.media.joined().await?;
        self.memory.joined = self.server.map(Process::resident);
        (self.progress)(&format!(
            "{} peers are in after {:.1} s; warming up",
            self.members.len(),
            joining.as_secs_f64()
        ));
        sleep(self.options.warm_up).await;
        let (rows, errors) = self.measure().await?;
        self.memory.end = self.server.map(Process::resident);
        Ok(self.report(rows, joining, gap, errors))
    }

    async fn join_publishers(&mut self) -> Result<Vec<Source>, BenchError> {
        let all = self.options.publishers * self.options.rooms;
        let joins = (0..all).map(|publisher| self.joiner.publisher(publisher));
        let joins = stream::iter(joins).buffered(self.options.join_concurrency.into());
        let joined: Vec<_> = joins.try_collect().await?;
        let mut sources = Vec::new();
        for (member, source) in joined {
            self.members.push(member);
            sources.extend(source);
        }
        Ok(sources)
    }

    /// In order: the first of every room, then the second of every room…
    async fn join_subscribers(&mut self, sources: &[Source]) -> Result<(), BenchError> {
        let rooms = self.options.rooms;
        let by_room: Vec<Vec<Source>> = (0..rooms)
            .map(|room| {
                sources
                    .iter()
                    .filter(|source| source.room == room)
                    .cloned()
                    .collect()
            })
            .collect();
        let places = (0..self.options.subscribers)
            .flat_map(|number| (0..rooms).map(move |room| (room, number)));
        let (joiner, by_room) = (&self.joiner, &by_room);
        let joins =
            places.map(|(room, number)| joiner.subscriber(room, number, &by_room[room as usize]));
        let mut joins = stream::iter(joins).buffered(self.options.join_concurrency.into());
        let all = self.options.subscribers as usize * rooms as usize;
        while let Some(member) = joins.try_next().await? {
            self.joined.push(member.took);
            self.members.push(member);
            let count = self.joined.len();
            if count == FIRST_RECEIVERS.min(all) {
                self.memory.first_receivers = self.server.map(Process::resident);
            }
            if count.is_multiple_of(PROGRESS) && count < all {
                (self.progress)(&format!("{count} of {all} subscribers are in"));
            }
        }
        Ok(())
    }

    async fn measure(&self) -> Result<(Vec<Row>, Errors), BenchError> {
        let Some(ramp) = self.options.ramp else {
            let rate = self.options.traffic().packets_per_second;
            let (row, errors) = self.window(rate).await?;
            return Ok((vec![row], errors));
        };
        let (mut rows, mut errors) = (Vec::new(), Errors::default());
        for rate in ramp.rates() {
            self.joiner.media.set_rate(rate);
            sleep(SETTLE).await;
            let (row, until_now) = self.window(rate).await?;
            (self.progress)(&format!(
                "{rate} packets/s: {:.0} forwarded/s, {:.3} % lost",
                row.forwarding_rate, row.lost_percent
            ));
            rows.push(row);
            errors = until_now;
        }
        Ok((rows, errors))
    }

    /// Counts for the duration asked for.
    async fn window(&self, rate: u32) -> Result<(Row, Errors), BenchError> {
        let media = self.joiner.media;
        let before = self.moment();
        let began = Instant::now();
        media.begin().await?;
        sleep(self.options.duration).await;
        media.end().await?;
        let elapsed = began.elapsed();
        let after = self.moment();
        self.drain().await?;
        let (harvest, errors) = media.collect().await?;
        self.alive(harvest.sent)?;
        let server = after.server.zip(before.server);
        let (wanted_per_second, frame) = self.wanted(rate);
        let context = RowContext {
            packets_per_second: if self.options.idle { 0 } else { rate },
            wanted_per_second,
            frame,
            server: server.map(|(after, before)| {
                ServerCpu::new(after.since(&before), elapsed, harvest.received)
            }),
            own: after.own.since(&before.own),
            recovers: self.options.loss.is_some(),
        };
        Ok((Row::new(&harvest, context), errors))
    }

    /// Packets all publishers together are to send in a second, and in one frame.
    fn wanted(&self, rate: u32) -> (f64, u64) {
        if self.options.idle {
            return (0.0, 0);
        }
        let publishers = self.options.publishers * self.options.rooms;
        let traffic = self.options.traffic();
        let frame = u64::from(publishers) * u64::from(traffic.all_frame_packets());
        (f64::from(publishers) * traffic.total_rate(rate), frame)
    }

    async fn drain(&self) -> Result<(), BenchError> {
        let began = Instant::now();
        sleep(DRAIN).await;
        while began.elapsed() < DRAIN_LIMIT && self.joiner.media.missing().await? > 0 {
            sleep(DRAIN / 3).await;
        }
        Ok(())
    }

    /// A server that is gone has no figures.
    fn alive(&self, sent: u64) -> Result<(), BenchError> {
        let troubles = self.joiner.trouble.all();
        match troubles.first() {
            Some(first)
                if (sent == 0 && !self.options.idle) || troubles.len() >= self.members.len() =>
            {
                Err(BenchError::Disconnected(first.clone()))
            }
            _ => Ok(()),
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            server: self.server.and_then(|server| server.usage().ok()),
            own: own_usage(),
        }
    }

    fn report(
        &self,
        rows: Vec<Row>,
        joining: Duration,
        gap: Option<Gap>,
        errors: Errors,
    ) -> Report {
        let mut times = Histogram::default();
        self.joined.iter().for_each(|took| times.add(*took));
        let handshakes = self.joiner.handshakes.load(Ordering::Relaxed);
        let joins = Joins::new(&times, (handshakes, joining), gap);
        let counted = Counted {
            rows,
            joins,
            memory: self
                .memory
                .clone()
                .priced(self.joined.len(), FIRST_RECEIVERS),
            errors,
            troubles: self.joiner.trouble.all(),
        };
        Report::new(self.options, counted)
    }
}

fn process(pid: u32) -> Result<Process, BenchError> {
    Process::new(pid).map_err(|error| BenchError::System {
        what: "cannot look at the server's process",
        reason: format!("{pid}: {error}"),
    })
}
