//! Sends consumers the newest group of pictures of their producer, where that is kept; when and how
//! fast is each consumer's affair.

use std::time::{Duration, Instant};

use super::{ConsumerKey, Outlet, Router};
use crate::{
    consumer::{Forward, Source},
    producer::Producer,
};

/// Bytes that may wait to be sent before a portion is put off: many viewers may come at one moment,
/// and what is forwarded must not wait for all of theirs.
const MAX_WAITING: usize = 512 * 1024;

/// A publisher that sends nothing for so long has stopped, or is not there.
const SILENCE: Duration = Duration::from_secs(1);

impl Router {
    /// Whether a consumer that wants a key frame of an encoding is sent its group instead, now or
    /// already. It may also be sent one of a smaller encoding until that key frame comes.
    pub(super) fn replay_instead(
        &mut self,
        now: Instant,
        key: ConsumerKey,
        encoding: usize,
    ) -> bool {
        let Some(route) = self.consumers.get_mut(key) else {
            return false;
        };
        let Some(producer) = self.producers.get(route.producer) else {
            return false;
        };
        if let Some(replayed) = route.consumer.replayed_encoding() {
            return replayed == encoding && producer.group(encoding).is_some();
        }
        let needs = |candidate: usize, lives: bool| {
            let source = source(now, producer, candidate);
            let source = source.filter(|source| source.goes_on || !lives);
            source.is_some_and(|source| route.consumer.needs_replay(now, candidate, source))
        };
        // One that sends no more is better than none.
        let mut candidates = route.consumer.down_from(encoding);
        let needed = candidates.find(|&candidate| needs(candidate, true));
        let mut candidates = route.consumer.down_from(encoding);
        let needed = needed.or_else(|| candidates.find(|&candidate| needs(candidate, false)));
        if let Some(found) = needed {
            route.consumer.begin_replay(now, found);
        }
        needed == Some(encoding)
    }

    /// Sends the next portion of a group to a consumer for which one is due.
    pub(super) fn replay(&mut self, now: Instant, key: ConsumerKey, out: &mut Outlet<'_>) {
        let Self {
            transports,
            producers,
            consumers,
            ..
        } = self;
        let Some(route) = consumers.get_mut(key) else {
            return;
        };
        let producer = producers.get(route.producer);
        let Some((producer, transport)) = producer.zip(transports.get_mut(route.transport)) else {
            return;
        };
        if out.egress.bytes() >= MAX_WAITING {
            return route.consumer.put_replay_off(now);
        }
        let encoding = route.consumer.replayed_encoding();
        let group = encoding.and_then(|encoding| producer.group(encoding));
        let group = group.and_then(|group| Some((group, group.start_sequence()?, group.live()?)));
        let Some((group, start, live)) = group else {
            return route.consumer.abandon_replay(now);
        };
        let bitrate = encoding.map_or(0, |encoding| producer.bitrate_of(now, encoding));
        let from = route.consumer.begin_portion(now, start, bitrate);
        let mut packets = group.from(from);
        while route.consumer.may_replay(now) {
            let Some((media, built)) = packets.next() else {
                return route.consumer.end_replay(now);
            };
            let forward = route.consumer.replay_rtp(now, &media, built.len(), live);
            if let Forward::Send(rewrite) = forward {
                transport.send_rtp(now, built, &rewrite, &route.extensions, out.egress);
            }
        }
    }
}

/// How an encoding is doing, where a group of it is kept.
fn source(now: Instant, producer: &Producer, encoding: usize) -> Option<Source> {
    let newest = producer.group(encoding)?.live()?;
    Some(Source {
        goes_on: now.saturating_duration_since(newest.at) < SILENCE,
        deaf: producer.is_deaf(now, encoding),
    })
}
