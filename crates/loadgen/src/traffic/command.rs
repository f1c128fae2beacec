//! What the media thread is told, and by what names.

use std::{net::SocketAddr, time::Instant};

use media::client::ClientTransport;
use ortc::types::MediaKind;
use tokio::sync::oneshot;

use super::harvest::{Errors, Gap, Harvest};
use crate::options::Traffic;

/// Names a peer of the media thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerId(pub(crate) usize);

/// What a peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing but keeping consent.
    Silent,
    /// Sends.
    Publisher,
    /// Receives.
    Receiver,
}

/// A source and how it was negotiated.
#[derive(Clone, Debug)]
pub(crate) struct SourceSetup {
    /// Which of all publishers.
    pub(crate) publisher: u32,
    /// What it sends.
    pub(crate) traffic: Traffic,
    /// Its place among all publishers, 0 to 1: their frames are spread over time.
    pub(crate) phase: f64,
    /// Payload type.
    pub(crate) payload_type: u8,
    /// SSRC of each encoding, smallest encoding first.
    pub(crate) ssrcs: Vec<u32>,
    /// Canonical name.
    pub(crate) cname: String,
}

/// A stream to receive and how it was negotiated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamSetup {
    /// Whose.
    pub(crate) publisher: u32,
    /// Audio or video.
    pub(crate) kind: MediaKind,
    /// Media stream.
    pub(crate) ssrc: u32,
    /// Retransmission stream.
    pub(crate) rtx_ssrc: Option<u32>,
    /// Header-extension id of transport-wide sequence numbers; 0 for none.
    pub(crate) wide_id: u8,
    /// The best of the publisher's encodings.
    pub(crate) best_encoding: u8,
    /// Decrypt and compare everything.
    pub(crate) verify: bool,
    /// Look for silence while others join.
    pub(crate) watch_gaps: bool,
    /// Per cent to lose on purpose; asks for what is missing when there.
    pub(crate) loss: Option<f64>,
}

/// A new peer.
pub(crate) struct NewPeer {
    /// Its name.
    pub(crate) id: PeerId,
    /// Where the server receives its media.
    pub(crate) server: SocketAddr,
    /// Its half of the transport.
    pub(crate) transport: Box<ClientTransport>,
    /// What it will do.
    pub(crate) role: Role,
    /// Told when the transport is connected, or why it will not be.
    pub(crate) connected: oneshot::Sender<Result<Instant, String>>,
}

/// One thing to do.
pub(crate) enum Command {
    /// Opens a socket and connects.
    Add(Box<NewPeer>),
    /// A publisher starts to send.
    Publish(PeerId, Box<SourceSetup>),
    /// A receiver expects a stream; told when its first packet came.
    Subscribe(PeerId, StreamSetup, oneshot::Sender<Instant>),
    /// Nobody joins any more: the longest silence of those who were in.
    Joined(oneshot::Sender<Option<Gap>>),
    /// Publishers send so many packets per second from now on.
    SetRate(u32),
    /// What is sent from now on counts.
    Begin(oneshot::Sender<()>),
    /// What is sent from now on does not.
    End(oneshot::Sender<()>),
    /// How many packets of the window have not come yet.
    Missing(oneshot::Sender<u64>),
    /// What the window counted, and what went wrong since the start.
    Collect(oneshot::Sender<(Harvest, Errors)>),
    /// Says goodbye on every transport and ends the thread.
    Stop,
}
