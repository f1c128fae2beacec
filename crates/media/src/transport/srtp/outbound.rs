//! What leaves: number, encrypt, append the tag; never the same index twice for other bytes.

use std::fmt;

use super::header::{rtcp_ssrc, rtp_header};
use super::index::estimate;
use super::ssrc_table::{Slot, SsrcTable};
use super::suite::{MasterKey, RTCP_ENCRYPTED, SessionKeys};
use super::{MAX_OUTBOUND_SSRCS, SrtpError, SrtpProfile};

/// Our keys and how far our SSRCs have come.
pub(crate) struct SrtpOutbound {
    keys: Box<SessionKeys>,
    /// The highest index sent.
    rtp_sent: SsrcTable<u64>,
    /// One counter for all SSRCs: the nonce holds the SSRC beside it, and indices may skip.
    next_rtcp_index: u32,
}

impl SrtpOutbound {
    pub(super) fn new(profile: SrtpProfile, master: MasterKey<'_>) -> Result<Self, SrtpError> {
        Ok(Self {
            keys: SessionKeys::derive(profile, master)?,
            rtp_sent: SsrcTable::new(MAX_OUTBOUND_SSRCS),
            next_rtcp_index: 0,
        })
    }

    /// Seals the RTP packet `arena[start..]` in place and appends its tag. A sequence number may be
    /// sent again only with the same bytes (or under its RTX SSRC): GCM loses its authentication
    /// key when one index seals two texts.
    pub(crate) fn protect_rtp(
        &mut self,
        arena: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SrtpError> {
        let header = rtp_header(arena.get(start..).ok_or(SrtpError::Malformed)?)?;
        match self.rtp_sent.find(header.ssrc) {
            Slot::Full => Err(SrtpError::TooManySsrcs),
            Slot::Vacant(vacancy) => {
                let index = u64::from(header.sequence);
                vacancy.insert(index);
                self.keys.rtp.seal_rtp(arena, start, header, index)
            }
            Slot::Known(highest) => {
                let index = estimate(*highest, header.sequence).ok_or(SrtpError::NoIndex)?;
                *highest = index.max(*highest);
                self.keys.rtp.seal_rtp(arena, start, header, index)
            }
        }
    }

    /// Seals the compound RTCP packet `arena[start..]` in place and appends index and tag.
    pub(crate) fn protect_rtcp(
        &mut self,
        arena: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SrtpError> {
        let ssrc = rtcp_ssrc(arena.get(start..).ok_or(SrtpError::Malformed)?)?;
        let index = self.next_rtcp_index;
        if index >= RTCP_ENCRYPTED {
            return Err(SrtpError::NoIndex);
        }
        self.next_rtcp_index += 1;
        self.keys.rtcp.seal_rtcp(arena, start, ssrc, index)
    }

    /// Drops the state of an SSRC. It must not be used again under these keys: its roll-over
    /// counter would start anew, and its nonces would repeat.
    pub(crate) fn forget(&mut self, ssrc: u32) {
        self.rtp_sent.remove(ssrc);
    }
}

impl fmt::Debug for SrtpOutbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtpOutbound")
            .field("rtp_ssrcs", &self.rtp_sent.len())
            .field("next_rtcp_index", &self.next_rtcp_index)
            .finish_non_exhaustive()
    }
}
