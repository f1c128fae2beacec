//! What arrives: authenticate, refuse replays, decrypt; state is made after authentication only.

use std::fmt;

use super::header::{rtcp_ssrc, rtp_header};
use super::index::estimate;
use super::replay::ReplayWindow;
use super::ssrc_table::{Slot, SsrcTable};
use super::suite::{MasterKey, OwnedMasterKey, Purpose, RTCP_ENCRYPTED, Suite};
use super::{MAX_INBOUND_SSRCS, SrtpError, SrtpProfile};

/// The remote side's keys and what was seen of its SSRCs.
pub(crate) struct SrtpInbound {
    /// Boxed, to keep their holder small.
    keys: Box<Keys>,
    rtp_seen: SsrcTable<ReplayWindow>,
    rtcp_seen: SsrcTable<ReplayWindow>,
}

impl SrtpInbound {
    pub(super) fn new(profile: SrtpProfile, master: MasterKey<'_>) -> Result<Self, SrtpError> {
        Ok(Self {
            keys: Box::new(Keys {
                rtp: RtpKey::Master(OwnedMasterKey::new(profile, master)),
                rtcp: Suite::new(profile, master, Purpose::Rtcp)?,
            }),
            rtp_seen: SsrcTable::new(MAX_INBOUND_SSRCS),
            rtcp_seen: SsrcTable::new(MAX_INBOUND_SSRCS),
        })
    }

    /// Authenticates and decrypts an RTP packet in place; returns the plaintext's length. After an
    /// error the bytes are unspecified. The first packet of an SSRC is taken to have roll-over
    /// counter 0, as every sender's has.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let header = rtp_header(packet)?;
        match self.rtp_seen.find(header.ssrc) {
            Slot::Full => Err(SrtpError::TooManySsrcs),
            Slot::Vacant(vacancy) => {
                let index = u64::from(header.sequence);
                let len = self.keys.rtp.session()?.open_rtp(packet, header, index)?;
                vacancy.insert(ReplayWindow::starting_at(index));
                Ok(len)
            }
            Slot::Known(seen) => {
                let index = estimate(seen.highest(), header.sequence)
                    .filter(|index| seen.is_fresh(*index))
                    .ok_or(SrtpError::Replayed)?;
                let len = self.keys.rtp.session()?.open_rtp(packet, header, index)?;
                seen.accept(index);
                Ok(len)
            }
        }
    }

    /// The same for a compound RTCP packet.
    pub(crate) fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(packet)?;
        let word = self.keys.rtcp.rtcp_index_word(packet)?;
        if word & RTCP_ENCRYPTED == 0 {
            return Err(SrtpError::Unencrypted);
        }
        let index = word & !RTCP_ENCRYPTED;
        match self.rtcp_seen.find(ssrc) {
            Slot::Full => Err(SrtpError::TooManySsrcs),
            Slot::Vacant(vacancy) => {
                let len = self.keys.rtcp.open_rtcp(packet, ssrc, index)?;
                vacancy.insert(ReplayWindow::starting_at(u64::from(index)));
                Ok(len)
            }
            Slot::Known(seen) => {
                if !seen.is_fresh(u64::from(index)) {
                    return Err(SrtpError::Replayed);
                }
                let len = self.keys.rtcp.open_rtcp(packet, ssrc, index)?;
                seen.accept(u64::from(index));
                Ok(len)
            }
        }
    }

    /// Drops the state of an SSRC that is no longer expected.
    pub(crate) fn forget(&mut self, ssrc: u32) {
        self.rtp_seen.remove(ssrc);
        self.rtcp_seen.remove(ssrc);
    }

    /// SSRCs with state: RTP, RTCP.
    #[cfg(test)]
    pub(super) fn known(&self) -> (usize, usize) {
        (self.rtp_seen.len(), self.rtcp_seen.len())
    }
}

struct Keys {
    rtp: RtpKey,
    rtcp: Suite,
}

/// The key of RTP, which whoever only receives never sends: derived when the first packet comes.
enum RtpKey {
    Master(OwnedMasterKey),
    Session(Suite),
}

impl RtpKey {
    fn session(&mut self) -> Result<&Suite, SrtpError> {
        if let Self::Master(master) = self {
            *self = Self::Session(master.derive(Purpose::Rtp)?);
        }
        match self {
            Self::Session(suite) => Ok(suite),
            Self::Master(_) => Err(SrtpError::InvalidKeyingMaterial),
        }
    }
}

impl fmt::Debug for SrtpInbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtpInbound")
            .field("rtp_ssrcs", &self.rtp_seen.len())
            .field("rtcp_ssrcs", &self.rtcp_seen.len())
            .finish_non_exhaustive()
    }
}
