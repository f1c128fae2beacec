//! The place nearest the network inside the independent peer: shows a test what arrives, and loses
//! what it is told to lose. Alters nothing else.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Instant,
};

use bytes::Bytes;
use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp, rtp,
    sansio::Protocol,
    shared::error::Error,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Something that passed, in the clear and well-formed.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Media or a retransmission, as it was on the wire.
    Rtp(rtp::Packet),
    /// The packets of one compound that arrived.
    Rtcp(Vec<Box<dyn rtcp::Packet>>),
    /// The packets of one compound that left.
    SentRtcp(Vec<Box<dyn rtcp::Packet>>),
}

/// Ends of payloads to lose, each once.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    /// On their way in.
    pub(crate) inbound: Mutex<Vec<Bytes>>,
    /// On their way out.
    pub(crate) outbound: Mutex<Vec<Bytes>>,
}

/// The interceptor.
pub(crate) struct Wire {
    heard: UnboundedSender<Heard>,
    loss: Arc<Loss>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Wire {
    /// One, with what it hears and what it loses.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Heard>, Arc<Loss>) {
        let (sender, heard) = unbounded_channel();
        let loss = Arc::<Loss>::default();
        let wire = Self {
            heard: sender,
            loss: Arc::clone(&loss),
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
        };
        (wire, heard, loss)
    }
}

/// Whether it is to be lost; it will not be a second time.
fn lost(packet: &Packet, doomed: &Mutex<Vec<Bytes>>) -> bool {
    match packet {
        Packet::Rtp(packet) => {
            let mut doomed = doomed.lock().unwrap();
            let before = doomed.len();
            doomed.retain(|end| !packet.payload.ends_with(end));
            doomed.len() < before
        }
        _ => false,
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Wire {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if lost(&packet.message.packet, &self.loss.inbound) {
            return Ok(());
        }
        let heard = match &packet.message.packet {
            Packet::Rtp(rtp) => Some(Heard::Rtp(rtp.clone())),
            Packet::Rtcp(rtcp) => Some(Heard::Rtcp(rtcp.clone())),
            _ => None,
        };
        if let Some(heard) = heard {
            // A test that is over listens no more.
            let _ = self.heard.send(heard);
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(rtcp) = &packet.message.packet {
            let _ = self.heard.send(Heard::SentRtcp(rtcp.clone()));
        }
        if !lost(&packet.message.packet, &self.loss.outbound) {
            self.outbound.push_back(packet);
        }
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Wire {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
