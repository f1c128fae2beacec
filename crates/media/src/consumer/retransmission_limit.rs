//! Bounds what a receiver can make a consumer send again; knows no packets.

/// A quarter of what is sent may be sent again: enough for 20 % loss of packets and repairs alike.
const SHARE: u32 = 4;

/// Bytes that can be sent again before anything was earned: a small key frame.
const FIRST: u32 = 16 * 1024;

/// Bytes that can be saved up: a burst loss of some fifty packets, or one large key frame.
const MOST: u32 = 64 * 1024;

/// A token bucket filled by what is sent, not by time, so that it follows the media bitrate.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetransmissionLimit {
    /// Bytes, in units of `1 / SHARE`.
    tokens: u32,
}

impl RetransmissionLimit {
    pub(super) const fn new() -> Self {
        Self {
            tokens: FIRST * SHARE,
        }
    }

    /// `bytes` of media were sent.
    pub(super) fn earn(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(bytes).min(MOST * SHARE);
    }

    /// Whether `bytes` may be sent again; they are taken off.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let cost = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .saturating_mul(SHARE);
        let left = self.tokens.checked_sub(cost);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_what_is_sent_can_be_sent_again() {
        let mut limit = RetransmissionLimit::new();
        while limit.spend(1_000) {}
        let mut again = 0;
        for _ in 0..10_000 {
            limit.earn(1_000);
            again += u32::from(limit.spend(1_000));
        }
        assert!((2_490..=2_501).contains(&again), "{again}");
    }

    #[test]
    fn savings_are_bounded() {
        let mut limit = RetransmissionLimit::new();
        limit.earn(usize::MAX);
        let again = (0..1_000).take_while(|_| limit.spend(1_024)).count();
        assert_eq!(again, 64);
    }
}
