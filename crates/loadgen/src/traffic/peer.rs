//! One peer: a socket, a transport, and what it does with them.

use std::{io, time::Instant};

use media::client::{ClientTransport, rtcp};
use tokio::sync::oneshot;

use super::{
    clock::Clock,
    command::{NewPeer, Role, SourceSetup},
    harvest::Errors,
    header::is_rtcp,
    publisher::{Publisher, Sending},
    receiver::Receiver,
    socket::{Inbox, Outbox, PeerSocket},
    window::Windows,
};

/// What all peers share.
pub(crate) struct Shared {
    /// Where datagrams arrive.
    pub(crate) inbox: Inbox,
    /// Where they leave.
    pub(crate) outbox: Outbox,
    /// Relates the clocks.
    pub(crate) clock: Clock,
    /// What counts.
    pub(crate) windows: Windows,
    /// What must not happen.
    pub(crate) errors: Errors,
}

/// A peer.
pub(crate) struct Peer {
    socket: PeerSocket,
    transport: Box<ClientTransport>,
    /// What it does.
    pub(crate) task: Task,
    /// When a timer is due; `None` for at once.
    due: Option<Instant>,
    connected: Option<oneshot::Sender<Result<Instant, String>>>,
    failed: bool,
}

/// What a peer does.
pub(crate) enum Task {
    /// Nothing, or not yet.
    Silent,
    /// Sends.
    Publish(Box<Publisher>),
    /// Receives.
    Receive(Box<Receiver>),
}

impl Peer {
    /// Opens its socket.
    pub(crate) fn open(
        new: NewPeer,
        gro: bool,
        now: Instant,
    ) -> Result<Self, (io::Error, NewPeer)> {
        let socket = match PeerSocket::open(new.server, gro) {
            Ok(socket) => socket,
            Err(error) => return Err((error, new)),
        };
        Ok(Self {
            socket,
            transport: new.transport,
            task: match new.role {
                Role::Silent | Role::Publisher => Task::Silent,
                Role::Receiver => Task::Receive(Box::new(Receiver::new(now))),
            },
            due: None,
            connected: Some(new.connected),
            failed: false,
        })
    }

    /// Starts to send.
    pub(crate) fn publish(&mut self, setup: SourceSetup, now: Instant) {
        self.task = Task::Publish(Box::new(Publisher::new(setup, now)));
        self.due = None;
    }

    /// Its local port.
    pub(crate) fn port(&self) -> u16 {
        self.socket.port()
    }

    /// Whether ICE and DTLS are still under way.
    pub(crate) fn is_connecting(&self) -> bool {
        self.connected.is_some()
    }

    /// When its next frame is due.
    pub(crate) fn next_frame(&self) -> Option<Instant> {
        match &self.task {
            Task::Publish(publisher) if !self.failed => Some(publisher.next_frame()),
            Task::Publish(_) | Task::Silent | Task::Receive(_) => None,
        }
    }

    /// Takes what arrived and does what is due.
    pub(crate) fn poll(&mut self, now: Instant, shared: &mut Shared) {
        self.receive(now, shared);
        if self.due.is_none_or(|due| due <= now) {
            self.run_timers(now, shared);
        }
        self.flush(shared);
        if self.is_connecting() || self.transport.failure().is_some() {
            self.settle(now, &mut shared.errors);
        }
    }

    /// Sends the frames that are due.
    pub(crate) fn send_frames(&mut self, now: Instant, shared: &mut Shared) {
        if let Task::Publish(publisher) = &mut self.task {
            let mut sending = Sending {
                transport: &mut self.transport,
                outbox: &mut shared.outbox,
                clock: &shared.clock,
            };
            publisher.send_frames(now, &mut sending);
            shared.outbox.flush(&self.socket);
        }
    }

    /// Says goodbye.
    pub(crate) fn close(&mut self, shared: &mut Shared) {
        self.transport.close();
        self.flush(shared);
    }

    fn receive(&mut self, now: Instant, shared: &mut Shared) {
        let Self {
            socket,
            transport,
            task,
            due,
            ..
        } = self;
        let Shared {
            inbox,
            clock,
            windows,
            errors,
            ..
        } = shared;
        inbox.receive(socket, |bytes, real| match bytes.first() {
            Some(128..=191) if is_rtcp(bytes) => {
                let Some(length) = transport.open_rtcp(bytes) else {
                    errors.undecryptable += u64::from(transport.is_connected());
                    return;
                };
                rtcp::read(&bytes[..length], |incoming| match task {
                    Task::Silent => {}
                    Task::Publish(publisher) => publisher.handle_rtcp(incoming, errors),
                    Task::Receive(receiver) => receiver.handle_rtcp(now, incoming),
                });
            }
            Some(128..=191) => {
                if let Task::Receive(receiver) = task {
                    let arrival = clock.arrival(real);
                    receiver.handle_rtp(bytes, arrival, (transport, windows, errors));
                    // What came may be due to be told of, or asked for.
                    *due = due.map(|due| due.min(receiver.poll_timeout()));
                }
            }
            Some(_) => {
                transport.handle_datagram(now, bytes);
                *due = None;
            }
            None => {}
        });
    }

    fn run_timers(&mut self, now: Instant, shared: &mut Shared) {
        self.transport.handle_timeout(now);
        let task = if self.transport.is_connected() {
            match &mut self.task {
                Task::Silent => None,
                Task::Publish(publisher) => {
                    let mut sending = Sending {
                        transport: &mut self.transport,
                        outbox: &mut shared.outbox,
                        clock: &shared.clock,
                    };
                    publisher.report(now, &mut sending);
                    Some(publisher.poll_timeout())
                }
                Task::Receive(receiver) => {
                    receiver.report(now, &mut self.transport, &mut shared.outbox);
                    Some(receiver.poll_timeout())
                }
            }
        } else {
            None
        };
        self.due = self.transport.poll_timeout().into_iter().chain(task).min();
    }

    fn flush(&mut self, shared: &mut Shared) {
        while let Some(datagram) = self.transport.poll_transmit() {
            shared.outbox.push(&datagram);
        }
        shared.outbox.flush(&self.socket);
    }

    /// Tells whoever waits how connecting went.
    fn settle(&mut self, now: Instant, errors: &mut Errors) {
        let result = match self.transport.failure() {
            Some(failure) => Err(failure.to_string()),
            None if self.transport.is_connected() => Ok(now),
            None => return,
        };
        if let Err(reason) = &result
            && !self.failed
        {
            self.failed = true;
            errors.failed += 1;
            errors
                .first
                .get_or_insert_with(|| format!("a transport failed: {reason}"));
        }
        if let Some(connected) = self.connected.take() {
            // Whoever waited has given up: then the join has failed already.
            let _ = connected.send(result);
        }
    }
}
