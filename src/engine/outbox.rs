//! Datagrams the kernel would not take yet: a bounded queue that drops the oldest, because old
//! media is the least useful. Makes no system call; it is handed one.

use std::{collections::VecDeque, io, net::SocketAddr};

use super::datagrams::{Datagram, SEND_BATCH};

/// Sends, and keeps what cannot be sent now.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<(SocketAddr, Box<[u8]>)>,
    bytes: usize,
    capacity: usize,
    counts: SendCounts,
}

/// What became of datagrams, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SendCounts {
    /// Taken by the kernel.
    pub(super) sent: u64,
    /// Dropped because the kernel took nothing for too long.
    pub(super) dropped: u64,
    /// Refused by the kernel: no route, peer gone, too long.
    pub(super) refused: u64,
}

impl Outbox {
    /// Keeps at most `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
            capacity,
            counts: SendCounts::default(),
        }
    }

    /// Sends `datagrams` after what waits already; what the kernel would not take now is kept.
    pub(super) fn send(
        &mut self,
        datagrams: &[Datagram<'_>],
        mut with: impl FnMut(&[Datagram<'_>]) -> io::Result<usize>,
    ) {
        let taken = if self.flush(&mut with) {
            push(datagrams, &mut self.counts, &mut with)
        } else {
            0
        };
        for datagram in &datagrams[taken..] {
            self.keep(datagram);
        }
    }

    /// Sends what waits; whether nothing waits any more.
    pub(super) fn flush(
        &mut self,
        mut with: impl FnMut(&[Datagram<'_>]) -> io::Result<usize>,
    ) -> bool {
        while !self.waiting.is_empty() {
            let run: Vec<_> = self.waiting.iter().take(SEND_BATCH).map(borrow).collect();
            let (offered, taken) = (run.len(), push(&run, &mut self.counts, &mut with));
            for (_, contents) in self.waiting.drain(..taken) {
                self.bytes -= contents.len();
            }
            if taken < offered {
                return false;
            }
        }
        true
    }

    /// Whether datagrams wait for the kernel.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What became of datagrams.
    pub(super) fn counts(&self) -> SendCounts {
        self.counts
    }

    fn keep(&mut self, datagram: &Datagram<'_>) {
        self.bytes += datagram.contents.len();
        self.waiting
            .push_back((datagram.remote, datagram.contents.into()));
        while self.bytes > self.capacity {
            let Some((_, oldest)) = self.waiting.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
            self.counts.dropped += 1;
        }
    }
}

fn borrow((remote, contents): &(SocketAddr, Box<[u8]>)) -> Datagram<'_> {
    Datagram {
        remote: *remote,
        contents,
    }
}

/// Offers datagrams until all are dealt with or the kernel is full; how many are dealt with.
fn push(
    datagrams: &[Datagram<'_>],
    counts: &mut SendCounts,
    with: &mut impl FnMut(&[Datagram<'_>]) -> io::Result<usize>,
) -> usize {
    let mut done = 0;
    while done < datagrams.len() {
        match with(&datagrams[done..]) {
            Ok(sent) => {
                done += sent;
                counts.sent += sent as u64;
                if sent == 0 {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // One destination is no reason to keep the others waiting.
            Err(_) => {
                done += 1;
                counts.refused += 1;
            }
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel that takes `room` datagrams and refuses those whose first byte is `bad`.
    struct Kernel {
        room: usize,
        bad: Option<u8>,
        taken: Vec<u8>,
    }

    impl Kernel {
        fn offer(&mut self, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
            if Some(datagrams[0].contents[0]) == self.bad {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let good = datagrams.iter().map(|d| d.contents[0]);
            let fits: Vec<u8> = good
                .take_while(|b| Some(*b) != self.bad)
                .take(self.room)
                .collect();
            if fits.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.room -= fits.len();
            self.taken.extend(&fits);
            Ok(fits.len())
        }
    }

    fn send(outbox: &mut Outbox, kernel: &mut Kernel, bytes: &[u8]) {
        let contents: Vec<[u8; 10]> = bytes.iter().map(|byte| [*byte; 10]).collect();
        let datagrams: Vec<_> = contents
            .iter()
            .map(|contents| Datagram {
                remote: ([127, 0, 0, 1], 9).into(),
                contents,
            })
            .collect();
        outbox.send(&datagrams, |run| kernel.offer(run));
    }

    #[test]
    fn what_the_kernel_refuses_now_leaves_later_in_order() {
        let (mut outbox, mut kernel) = (Outbox::new(1000), kernel(2, None));
        send(&mut outbox, &mut kernel, &[1, 2, 3, 4]);
        assert!(!outbox.is_empty());
        send(&mut outbox, &mut kernel, &[5]);
        kernel.room = 100;
        assert!(outbox.flush(|run| kernel.offer(run)));
        assert_eq!(kernel.taken, [1, 2, 3, 4, 5]);
        assert_eq!(outbox.counts().sent, 5);
    }

    #[test]
    fn a_full_outbox_drops_the_oldest_and_counts() {
        let (mut outbox, mut kernel) = (Outbox::new(30), kernel(0, None));
        send(&mut outbox, &mut kernel, &[1, 2, 3, 4, 5]);
        kernel.room = 100;
        outbox.flush(|run| kernel.offer(run));
        assert_eq!(kernel.taken, [3, 4, 5]);
        assert_eq!(outbox.counts().dropped, 2);
    }

    #[test]
    fn an_unreachable_destination_costs_only_its_own_datagrams() {
        let (mut outbox, mut kernel) = (Outbox::new(1000), kernel(100, Some(2)));
        send(&mut outbox, &mut kernel, &[1, 2, 3]);
        assert_eq!(kernel.taken, [1, 3]);
        assert_eq!(outbox.counts().refused, 1);
        assert!(outbox.is_empty());
    }

    fn kernel(room: usize, bad: Option<u8>) -> Kernel {
        Kernel {
            room,
            bad,
            taken: Vec::new(),
        }
    }
}
