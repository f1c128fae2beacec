//! Streams a transport may send again under the SSRC they had: where each of them ended.
//!
//! A receiver whose session cannot be renegotiated sees one stream, however often the source behind
//! it goes and comes back. Its numbers must then go on: a number that is sealed a second time under
//! the same SSRC and key gives the key away (RFC 7714 §8.2). So nothing here is ever forgotten while
//! the transport lives; what is beyond the limit is refused beforehand.

use crate::{
    CommandError,
    consumer::{MediaEnd, RepairEnd},
};

/// SSRCs of one transport that may be used again: sound and picture of 32 sources with their
/// retransmissions. Those in use count as well. Far below what SRTP keeps roll-over counters of.
const MAX_SSRCS: usize = 128;

/// The streams of one transport that may be taken up again.
#[derive(Debug, Default)]
pub(crate) struct ResumableStreams {
    streams: Vec<(u32, Place)>,
}

/// Where a stream stands.
#[derive(Debug)]
enum Place {
    /// A consumer sends it, or it was never begun.
    Open,
    /// Its consumer is gone.
    Media(Box<MediaEnd>),
    /// Its consumer is gone; it carried retransmissions.
    Repair(RepairEnd),
}

impl ResumableStreams {
    /// Notes SSRCs that must be found again.
    pub(crate) fn promise(
        &mut self,
        ssrcs: impl Iterator<Item = u32> + Clone,
    ) -> Result<(), CommandError> {
        let new = ssrcs.clone().filter(|ssrc| !self.contains(*ssrc)).count();
        if self.streams.len() + new > MAX_SSRCS {
            let why = "too many streams to take up again on this transport";
            return Err(CommandError::InvalidRtpParameters(why.to_owned()));
        }
        for ssrc in ssrcs {
            if !self.contains(ssrc) {
                self.streams.push((ssrc, Place::Open));
            }
        }
        Ok(())
    }

    /// Whether none was promised.
    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether an SSRC was promised.
    pub(crate) fn contains(&self, ssrc: u32) -> bool {
        self.streams.iter().any(|(known, _)| *known == ssrc)
    }

    /// Whether an SSRC last carried the other kind of stream, which it cannot continue.
    pub(crate) fn is_other_kind(&self, ssrc: u32, repair: bool) -> bool {
        self.streams.iter().any(|(known, place)| {
            let other = match place {
                Place::Open => false,
                Place::Media(_) => repair,
                Place::Repair(_) => !repair,
            };
            *known == ssrc && other
        })
    }

    /// Where a media stream ended, for the consumer that goes on with it.
    pub(crate) fn take_media(&mut self, ssrc: u32) -> Option<MediaEnd> {
        let (_, place) = self.streams.iter_mut().find(|(known, _)| *known == ssrc)?;
        match std::mem::replace(place, Place::Open) {
            Place::Media(end) => Some(*end),
            other => {
                *place = other;
                None
            }
        }
    }

    /// Where a retransmission stream ended.
    pub(crate) fn take_repair(&mut self, ssrc: u32) -> Option<RepairEnd> {
        let (_, place) = self.streams.iter_mut().find(|(known, _)| *known == ssrc)?;
        match std::mem::replace(place, Place::Open) {
            Place::Repair(end) => Some(end),
            other => {
                *place = other;
                None
            }
        }
    }

    /// Keeps where a promised stream ended.
    pub(crate) fn leave_media(&mut self, ssrc: u32, end: MediaEnd) {
        self.leave(ssrc, Place::Media(Box::new(end)));
    }

    /// Keeps where a promised retransmission stream ended.
    pub(crate) fn leave_repair(&mut self, ssrc: u32, end: RepairEnd) {
        self.leave(ssrc, Place::Repair(end));
    }

    fn leave(&mut self, ssrc: u32, end: Place) {
        let mut streams = self.streams.iter_mut();
        if let Some((_, place)) = streams.find(|(known, _)| *known == ssrc) {
            *place = end;
        }
    }
}
