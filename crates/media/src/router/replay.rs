//! Sends consumers the newest group of pictures of their producer, where that is kept; when and how
//! fast is each consumer's affair.

use std::time::{Duration, Instant};

use super::{ConsumerKey, Outlet, Router, burst::Burst, router::Route};
use crate::{
    TransmitBatch,
    consumer::{Forward, ReplayWish},
    transport::web_rtc::WebRtcTransport,
};

/// Bytes that may wait to be sent before a portion is put off: many viewers may come at one moment,
/// and what is forwarded must not wait for all of theirs.
const MAX_WAITING: usize = 512 * 1024;

/// A publisher that sends nothing for so long has stopped, or is not there.
const SILENCE: Duration = Duration::from_secs(1);

impl Router {
    /// Whether a consumer that wants a key frame is sent the group instead, now or already.
    pub(super) fn replay_instead(&mut self, now: Instant, key: ConsumerKey) -> bool {
        let Some(route) = self.consumers.get_mut(key) else {
            return false;
        };
        let producer = self.producers.get(route.producer);
        let Some(producer) = producer.filter(|producer| producer.group().is_some()) else {
            return false;
        };
        // Whoever asks because nothing comes any more has seen what is kept.
        let newest = producer.group().and_then(|group| group.live());
        let goes_on =
            newest.is_some_and(|newest| now.saturating_duration_since(newest.at) < SILENCE);
        let deaf = goes_on && producer.is_deaf(now);
        let wish = route.consumer.replay_wish(now, deaf);
        if wish == ReplayWish::Replay {
            route.consumer.begin_replay(now);
        }
        wish != ReplayWish::Ask
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
        let group = producer.group();
        let group = group.and_then(|group| Some((group, group.start_sequence()?, group.live()?)));
        let Some((group, start, live)) = group else {
            return route.consumer.abandon_replay(now);
        };
        let from = route
            .consumer
            .begin_portion(now, start, producer.bitrate(now));
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

/// Forwards what comes to a consumer that is still being sent what came before: only what its
/// cursor has passed, the rest it finds in the group.
pub(super) fn forward_late(
    now: Instant,
    burst: &Burst,
    route: &mut Route,
    transport: &mut WebRtcTransport,
    egress: &mut TransmitBatch,
) {
    for (media, built) in burst.run() {
        if route.consumer.is_behind_cursor(media.sequence)
            && let Forward::Send(rewrite) = route.consumer.forward_rtp(now, &media)
        {
            transport.send_rtp(now, built, &rewrite, &route.extensions, egress);
        }
    }
}
