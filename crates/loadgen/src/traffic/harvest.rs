//! What was counted in one window, added up over all peers. Plain numbers.

use std::time::Duration;

use crate::measure::Histogram;

/// The counts of one window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Harvest {
    /// Length of the window.
    pub(crate) window: Duration,
    /// Packets publishers sent in it.
    pub(crate) sent: u64,
    /// Packets all receivers together should have got.
    pub(crate) expected: u64,
    /// Those that came, each once.
    pub(crate) received: u64,
    /// Streams received.
    pub(crate) streams: u64,
    /// Datagrams the kernel dropped at receivers' sockets.
    pub(crate) dropped: u64,
    /// Packets that were decrypted and compared byte for byte.
    pub(crate) verified: u64,
    /// From sending to the kernel's receipt, of verified packets.
    pub(crate) latency: Histogram,
    /// Sending again.
    pub(crate) recovery: RecoveryCounts,
    /// CPU time of the media thread in the window.
    pub(crate) cpu: Duration,
}

/// What is asked for again.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecoveryCounts {
    /// Packets a receiver pretended to have lost.
    pub(crate) pretended: u64,
    /// Packets asked for.
    pub(crate) asked: u64,
    /// Packets that came back.
    pub(crate) served: u64,
    /// Those of them that had to be asked for more than once.
    pub(crate) late: u64,
    /// Packets that did not come back.
    pub(crate) never: u64,
    /// From the first request to the packet.
    pub(crate) delay: Histogram,
}

impl RecoveryCounts {
    /// Adds another stream's.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.pretended += other.pretended;
        self.asked += other.asked;
        self.served += other.served;
        self.late += other.late;
        self.never += other.never;
        self.delay.merge(&other.delay);
    }
}

/// What must not happen, since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errors {
    /// Payloads with another byte than was sent.
    pub(crate) corrupt: u64,
    /// Packets older than one that came before, retransmissions excepted.
    pub(crate) out_of_order: u64,
    /// Packets that came twice.
    pub(crate) duplicates: u64,
    /// Packets that could not be decrypted.
    pub(crate) undecryptable: u64,
    /// Pictures whose id does not follow the one before.
    pub(crate) picture_ids: u64,
    /// Times a stream's numbering or encoding changed.
    pub(crate) renumbered: u64,
    /// Streams whose numbering was not seen again after the window.
    pub(crate) unproven: u64,
    /// Packets of streams nobody asked for.
    pub(crate) foreign: u64,
    /// Datagrams the kernel did not take from us.
    pub(crate) not_sent: u64,
    /// Packets the server asked publishers for.
    pub(crate) nacked: u64,
    /// Key frames publishers were asked for.
    pub(crate) key_frames: u64,
    /// Transports that ended.
    pub(crate) failed: u64,
    /// The first corrupt payload or failed transport, in words.
    pub(crate) first: Option<String>,
}

/// The longest silence of a receiver that was in before the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Between two arrivals.
    pub(crate) longest: Duration,
    /// The same, less the time between the two sendings.
    pub(crate) added: Duration,
}
