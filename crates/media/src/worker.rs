//! A worker: routers, and the tables that lead a datagram to its transport.

use std::time::Instant;

use crate::{Command, Event, RequestId, TransmitBatch, Tuple, WorkerConfig};

/// Everything one thread forwards.
#[derive(Debug)]
pub struct Worker {
    egress: TransmitBatch,
}

impl Worker {
    /// An empty worker.
    #[must_use]
    pub fn new(config: &WorkerConfig) -> Self {
        Self {
            egress: TransmitBatch::new(config.limits.transmit_bytes),
        }
    }

    /// Takes one datagram; `bytes` is decrypted in place.
    pub fn handle_datagram(&mut self, _now: Instant, _from: Tuple, _bytes: &mut [u8]) {}

    /// Carries out a command; its reply is an event.
    pub fn handle_command(&mut self, _now: Instant, _request: RequestId, _command: Command) {}

    /// Runs every timer that is due.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// The datagrams to send; the caller clears the batch after sending.
    pub fn poll_transmit(&mut self) -> &mut TransmitBatch {
        &mut self.egress
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// When to call [`Worker::handle_timeout`] next.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}
