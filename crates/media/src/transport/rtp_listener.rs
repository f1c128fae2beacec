//! Which producer an incoming RTP stream belongs to: by SSRC, else by MID and RID (RFC 8843, RFC
//! 8852). Learned SSRCs are bounded by the slots producers announced.

use std::{cmp::Reverse, collections::HashMap};

use ortc::types::RtpParameters;

use crate::{CommandError, router::ProducerKey};

/// What an SSRC carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The producer.
    pub(crate) producer: ProducerKey,
    /// Which of its encodings.
    pub(crate) encoding: usize,
    /// Media, or the encoding's retransmissions (RFC 4588).
    pub(crate) rtx: bool,
}

/// The tables of one transport.
#[derive(Debug, Default)]
pub(crate) struct RtpListener {
    ssrcs: HashMap<u32, Stream>,
    /// In order of creation.
    slots: Vec<Slot>,
    /// Slots bound so far.
    bindings: u64,
}

/// A stream whose SSRC is known.
#[derive(Clone, Copy, Debug)]
struct Stream {
    target: Target,
    /// RTP timestamp of its latest packet.
    timestamp: Option<u32>,
}

/// An encoding announced without SSRC.
#[derive(Debug)]
struct Slot {
    mid: Option<String>,
    rid: Option<String>,
    target: Target,
    /// How many slots had been bound before it was.
    bound: Option<u64>,
}

/// What a packet says of its stream beside the SSRC.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StreamNames<'a> {
    /// MID header extension.
    pub(crate) mid: Option<&'a [u8]>,
    /// RID header extension.
    pub(crate) rid: Option<&'a [u8]>,
    /// Repaired RID header extension: the packet is a retransmission.
    pub(crate) repaired_rid: Option<&'a [u8]>,
    /// RTP timestamp; a retransmission has its original's (RFC 4588 §4).
    pub(crate) timestamp: u32,
}

impl RtpListener {
    /// Adds a producer's streams; refuses those another producer has.
    pub(crate) fn add(
        &mut self,
        producer: ProducerKey,
        parameters: &RtpParameters,
    ) -> Result<(), CommandError> {
        self.check_free(parameters)?;
        for (encoding, parameters_of) in parameters.encodings.iter().enumerate() {
            let media = Target {
                producer,
                encoding,
                rtx: false,
            };
            let repair = Target { rtx: true, ..media };
            if let Some(ssrc) = parameters_of.ssrc {
                self.ssrcs.insert(ssrc, Stream::new(media));
            } else {
                self.add_slot(parameters, encoding, media);
            }
            match &parameters_of.rtx {
                Some(rtx) => drop(self.ssrcs.insert(rtx.ssrc, Stream::new(repair))),
                None if parameters_of.ssrc.is_none() => {
                    self.add_slot(parameters, encoding, repair);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn add_slot(&mut self, parameters: &RtpParameters, encoding: usize, target: Target) {
        self.slots.push(Slot {
            mid: parameters.mid.clone(),
            rid: parameters.encodings[encoding].rid.clone(),
            target,
            bound: None,
        });
    }

    fn check_free(&self, parameters: &RtpParameters) -> Result<(), CommandError> {
        let ssrcs = parameters.encodings.iter().flat_map(|encoding| {
            encoding
                .ssrc
                .into_iter()
                .chain(encoding.rtx.map(|rtx| rtx.ssrc))
        });
        let mut seen = Vec::new();
        for ssrc in ssrcs {
            if self.ssrcs.contains_key(&ssrc) || seen.contains(&ssrc) {
                return Err(CommandError::StreamInUse(format!("SSRC {ssrc}")));
            }
            seen.push(ssrc);
        }
        Ok(())
    }

    /// Forgets a producer's streams; returns their SSRCs.
    pub(crate) fn remove(&mut self, producer: ProducerKey) -> Vec<u32> {
        self.slots.retain(|slot| slot.target.producer != producer);
        let gone = self
            .ssrcs
            .iter()
            .filter(|(_, stream)| stream.target.producer == producer);
        let gone: Vec<u32> = gone.map(|(ssrc, _)| *ssrc).collect();
        for ssrc in &gone {
            self.ssrcs.remove(ssrc);
        }
        gone
    }

    /// What an authenticated packet with this SSRC carries. An unknown SSRC is bound to the slot its
    /// names point at, once.
    pub(crate) fn find(&mut self, ssrc: u32, names: StreamNames<'_>) -> Option<Target> {
        if let Some(stream) = self.ssrcs.get_mut(&ssrc) {
            stream.timestamp = Some(names.timestamp);
            return Some(stream.target);
        }
        let index = self.choose_slot(names)?;
        let slot = &mut self.slots[index];
        slot.bound = Some(self.bindings);
        self.bindings += 1;
        let target = slot.target;
        let timestamp = Some(names.timestamp);
        self.ssrcs.insert(ssrc, Stream { target, timestamp });
        Some(target)
    }

    /// The free slot a packet's names point at. Clients without the MID extension give two sources
    /// (camera and screen) the same RIDs, and leave out top layers of small pictures: what then
    /// matches several producers goes by what else is known of them.
    fn choose_slot(&self, names: StreamNames<'_>) -> Option<usize> {
        let (rid, rtx) = match names.repaired_rid {
            Some(rid) => (Some(rid), true),
            None => (names.rid, false),
        };
        let slots = self.slots.iter().enumerate();
        let mut matching = slots
            .filter(|(_, slot)| slot.bound.is_none() && slot.matches(names.mid, rid, rtx))
            .map(|(index, _)| index);
        let first = matching.next()?;
        let Some(second) = matching.next() else {
            return Some(first);
        };
        let all = [first, second].into_iter().chain(matching);
        // Ties go to the oldest producer.
        if rtx {
            all.min_by_key(|index| self.distance(*index, names.timestamp))
        } else {
            all.min_by_key(|index| Reverse(self.last_binding(*index)))
        }
    }

    /// How far a retransmission's timestamp is from the stream a slot would repair: clocks of
    /// streams start at random.
    fn distance(&self, slot: usize, timestamp: u32) -> u32 {
        let media = Target {
            rtx: false,
            ..self.slots[slot].target
        };
        let repaired = self.ssrcs.values().find(|stream| stream.target == media);
        let latest = repaired.and_then(|stream| stream.timestamp);
        latest.map_or(u32::MAX, |latest| {
            (timestamp.wrapping_sub(latest) as i32).unsigned_abs()
        })
    }

    /// When a slot's producer last had a stream bound: layers of one source start together.
    fn last_binding(&self, slot: usize) -> Option<u64> {
        let producer = self.slots[slot].target.producer;
        let own = self
            .slots
            .iter()
            .filter(|slot| slot.target.producer == producer);
        own.filter_map(|slot| slot.bound).max()
    }

    /// SSRCs routed.
    pub(crate) fn len(&self) -> usize {
        self.ssrcs.len()
    }
}

impl Stream {
    fn new(target: Target) -> Self {
        Self {
            target,
            timestamp: None,
        }
    }
}

impl Slot {
    fn matches(&self, mid: Option<&[u8]>, rid: Option<&[u8]>, rtx: bool) -> bool {
        let same_mid = match (mid, &self.mid) {
            (Some(theirs), Some(ours)) => theirs == ours.as_bytes(),
            _ => true,
        };
        let same_rid = match (rid, &self.rid) {
            (Some(theirs), Some(ours)) => theirs == ours.as_bytes(),
            // Without a RID only a MID can name the stream.
            (None, None) => mid.is_some() && self.mid.is_some(),
            _ => false,
        };
        self.target.rtx == rtx && same_mid && same_rid
    }
}

#[cfg(test)]
mod tests {
    use ortc::types::{RtpEncodingParameters, RtxEncoding};
    use slotmap::SlotMap;

    use super::*;

    fn keys() -> [ProducerKey; 2] {
        let mut map = SlotMap::with_key();
        [map.insert(()), map.insert(())]
    }

    fn by_rid(rids: &[&str]) -> RtpParameters {
        let encoding = |rid: &&str| RtpEncodingParameters {
            rid: Some((*rid).to_owned()),
            ..Default::default()
        };
        RtpParameters {
            encodings: rids.iter().map(encoding).collect(),
            ..Default::default()
        }
    }

    fn by_ssrc(ssrc: u32, rtx: u32) -> RtpParameters {
        let encoding = RtpEncodingParameters {
            ssrc: Some(ssrc),
            rtx: Some(RtxEncoding { ssrc: rtx }),
            ..Default::default()
        };
        RtpParameters {
            encodings: vec![encoding],
            ..Default::default()
        }
    }

    fn named(rid: &str) -> StreamNames<'_> {
        StreamNames {
            rid: Some(rid.as_bytes()),
            ..Default::default()
        }
    }

    #[test]
    fn announced_ssrcs_are_found_and_cannot_be_taken() {
        let ([a, b], mut listener) = (keys(), RtpListener::default());
        listener.add(a, &by_ssrc(1, 2)).expect("free");
        assert_eq!(
            listener.find(2, StreamNames::default()),
            Some(Target {
                producer: a,
                encoding: 0,
                rtx: true
            })
        );
        assert!(
            listener.add(b, &by_ssrc(3, 1)).is_err(),
            "another producer's SSRC"
        );
        assert!(
            listener.add(b, &by_ssrc(4, 4)).is_err(),
            "the same SSRC twice"
        );
        assert_eq!(listener.find(9, StreamNames::default()), None);
    }

    #[test]
    fn a_rid_binds_once_to_the_oldest_free_slot() {
        let ([a, b], mut listener) = (keys(), RtpListener::default());
        for key in [a, b] {
            listener.add(key, &by_rid(&["r0", "r1"])).expect("free");
        }
        let first = listener.find(10, named("r1")).expect("slot of a");
        let second = listener.find(20, named("r1")).expect("slot of b");
        assert_eq!((first.producer, first.encoding), (a, 1));
        assert_eq!((second.producer, second.encoding), (b, 1));
        assert_eq!(listener.find(30, named("r1")), None, "no slot is left");
        assert_eq!(
            listener.find(10, StreamNames::default()),
            Some(first),
            "bound for good"
        );
    }

    #[test]
    fn an_ambiguous_rid_goes_to_the_source_that_started_last() {
        let ([camera, screen], mut listener) = (keys(), RtpListener::default());
        listener.add(camera, &by_rid(&["r0", "r1"])).expect("free");
        // The camera's second layer does not start.
        listener.find(10, named("r0"));
        listener.add(screen, &by_rid(&["r0", "r1"])).expect("free");
        listener.find(20, named("r0"));
        let top = listener.find(21, named("r1")).expect("a slot is free");
        assert_eq!((top.producer, top.encoding), (screen, 1));
        let late = listener
            .find(11, named("r1"))
            .expect("the camera's is left");
        assert_eq!((late.producer, late.encoding), (camera, 1));
    }

    #[test]
    fn an_ambiguous_retransmission_goes_to_the_stream_with_its_clock() {
        let ([camera, screen], mut listener) = (keys(), RtpListener::default());
        let at = |timestamp, names| StreamNames { timestamp, ..names };
        let repaired = StreamNames {
            repaired_rid: Some(b"r0"),
            ..Default::default()
        };
        for (key, ssrc, timestamp) in [(camera, 10, 5_000), (screen, 20, 4_000_000_000)] {
            listener.add(key, &by_rid(&["r0"])).expect("free");
            listener.find(ssrc, at(timestamp, named("r0")));
            listener.find(
                ssrc,
                at(timestamp.wrapping_add(90_000), StreamNames::default()),
            );
        }
        let late = at(4_000_050_000, repaired);
        assert_eq!(
            listener.find(21, late).expect("a slot is free").producer,
            screen
        );
        let late = at(60_000, repaired);
        assert_eq!(
            listener.find(11, late).expect("a slot is free").producer,
            camera
        );
    }

    #[test]
    fn a_repaired_rid_binds_the_retransmission_slot() {
        let ([a, _], mut listener) = (keys(), RtpListener::default());
        listener.add(a, &by_rid(&["r0"])).expect("free");
        let names = StreamNames {
            repaired_rid: Some(b"r0"),
            ..Default::default()
        };
        assert!(listener.find(11, names).expect("slot").rtx);
    }

    #[test]
    fn a_closed_producer_leaves_nothing() {
        let ([a, _], mut listener) = (keys(), RtpListener::default());
        listener.add(a, &by_rid(&["r0"])).expect("free");
        listener.find(10, named("r0"));
        assert_eq!(listener.remove(a), [10]);
        assert_eq!((listener.len(), listener.slots.len()), (0, 0));
    }
}
