//! Everything a worker can be given: datagrams from anywhere, sealed packets of participants,
//! commands, time. Keys are known, so that what lies behind authentication is reached.
//!
//! A room with three transports: one connected that sends, one connected that receives, one that has
//! done ICE and is in its handshake. The input is a sequence of operations.
#![no_main]

#[allow(dead_code)]
#[path = "../../media/tests/common/forge.rs"]
mod forge;
#[path = "worker/input.rs"]
mod input;
#[path = "worker/room.rs"]
mod room;
#[allow(dead_code)]
#[path = "../../media/tests/common/stun.rs"]
mod stun;

use libfuzzer_sys::fuzz_target;

use input::Input;
use room::Room;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut room = Room::new();
    for _ in 0..200 {
        let Some(operation) = input.byte() else { break };
        match operation % 10 {
            0 => room.datagram(&mut input),
            1 => room.checked_datagram(&mut input),
            2..=4 => room.rtp(&mut input),
            5 => room.rtcp(&mut input),
            6 => room.sealed(&mut input),
            7 => room.let_time_pass(&mut input),
            _ => room.command(&mut input),
        }
        room.drain();
    }
    room.finish();
});
