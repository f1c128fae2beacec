//! Datagrams one by one, for systems without batches; the same shape as `udp`.

use std::io;

use mio::net::UdpSocket;

use super::datagrams::{Datagram, Inbound, RECEIVE_BATCH, SEND_BATCH};

/// Takes up to [`RECEIVE_BATCH`] datagrams that are waiting; never waits itself.
///
/// # Errors
/// `WouldBlock` when nothing waits, or what the system says of the first.
pub(super) fn recv_batch(socket: &UdpSocket, inbound: &mut Inbound) -> io::Result<()> {
    inbound.clear();
    for index in 0..RECEIVE_BATCH {
        match socket.recv_from(inbound.slot_mut(index)) {
            Ok((length, from)) => inbound.fill(index, from, length, None),
            Err(error) if inbound.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Hands datagrams to the system, in order, and tells how many it took.
///
/// # Errors
/// What the system says of the first datagram; the others were not tried.
pub(super) fn send_batch(socket: &UdpSocket, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    for (sent, datagram) in datagrams.iter().take(SEND_BATCH).enumerate() {
        match socket.send_to(datagram.contents, datagram.remote) {
            Ok(_) => {}
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
        }
    }
    Ok(datagrams.len().min(SEND_BATCH))
}
