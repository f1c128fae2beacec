//! How datagrams travel, and when to be content with less. Makes no system call; it is handed one.

use std::io;

use nix::errno::Errno;

use super::datagrams::{Datagram, leading_run};

/// Runs refused in a row, while their pieces are taken, after which no more are tried.
const REFUSALS: u32 = 32;

/// How datagrams travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// One by one.
    Single,
    /// In batches.
    Batches,
    /// In batches of runs: datagrams to one destination as one message (segmentation offload).
    Runs {
        /// Runs refused since the last one that was taken.
        refused: u32,
    },
}

impl Means {
    /// Runs, none of which was refused.
    pub(super) const RUNS: Self = Self::Runs { refused: 0 };
}

/// Hands datagrams to the kernel. A run that it refuses goes piece by piece: one destination may be
/// behind something that takes no runs, an IPsec policy say. If no run goes through any more, the
/// device itself is at fault and none is tried again.
pub(super) fn send_some(
    means: &mut Means,
    datagrams: &[Datagram<'_>],
    mut with: impl FnMut(Means, &[Datagram<'_>]) -> io::Result<usize>,
) -> io::Result<usize> {
    let Means::Runs { refused } = means else {
        return with(*means, datagrams);
    };
    let error = match with(Means::RUNS, datagrams) {
        Err(error) if refuses_run(&error) => error,
        outcome => {
            // Looked at only where it matters: this is every packet's way out.
            if *refused > 0 && outcome.is_ok() && leading_run(datagrams) > 1 {
                *refused = 0;
            }
            return outcome;
        }
    };
    let run = leading_run(datagrams);
    if run < 2 {
        return Err(error);
    }
    let sent = with(Means::Batches, &datagrams[..run])?;
    *refused += 1;
    if *refused >= REFUSALS {
        tracing::warn!(%error, "segmentation offload fails here and is not used any more");
        *means = Means::Batches;
    }
    Ok(sent)
}

/// Whether an error can be about the run and not about its destination.
fn refuses_run(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(Errno::EIO | Errno::EINVAL | Errno::EMSGSIZE | Errno::EOPNOTSUPP)
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    /// Five datagrams to each port, in turn.
    fn fives(ports: &[u16]) -> Vec<Datagram<'static>> {
        let five = |port: &u16| {
            let remote = SocketAddr::from(([127, 0, 0, 1], *port));
            [Datagram {
                remote,
                contents: b"media",
            }; 5]
        };
        ports.iter().flat_map(five).collect()
    }

    /// Sends everything through a kernel that takes no runs to `bad` ports; the datagrams it took.
    fn send_all(means: &mut Means, datagrams: &[Datagram<'_>], bad: &[u16]) -> usize {
        let mut sent = 0;
        while sent < datagrams.len() {
            let kernel = |means, some: &[Datagram<'_>]| match means {
                Means::Runs { .. } if bad.contains(&some[0].remote.port()) => {
                    Err(Errno::EIO.into())
                }
                Means::Runs { .. } => Ok(leading_run(some)),
                Means::Single | Means::Batches => Ok(some.len()),
            };
            sent += send_some(means, &datagrams[sent..], kernel).unwrap();
        }
        sent
    }

    #[test]
    fn a_kernel_that_refuses_runs_gets_datagrams_from_then_on() {
        let mut means = Means::RUNS;
        for _ in 0..REFUSALS {
            assert_ne!(means, Means::Batches);
            assert_eq!(send_all(&mut means, &fives(&[9]), &[9]), 5);
        }
        assert_eq!(means, Means::Batches);
    }

    #[test]
    fn a_destination_that_takes_no_runs_costs_the_others_nothing() {
        let mut means = Means::RUNS;
        for _ in 0..10 * REFUSALS {
            assert_eq!(send_all(&mut means, &fives(&[9, 8, 9]), &[9]), 15);
        }
        assert_ne!(means, Means::Batches);
    }

    #[test]
    fn a_destination_that_refuses_everything_does_not_end_offload() {
        let mut means = Means::RUNS;
        for _ in 0..2 * REFUSALS {
            let outcome = send_some(&mut means, &fives(&[0]), |_, _| Err(Errno::EINVAL.into()));
            assert!(outcome.is_err());
        }
        assert_eq!(means, Means::RUNS);
    }
}
