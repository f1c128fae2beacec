//! From 16-bit sequence numbers to 48-bit packet indices (RFC 3711 §3.3.1); holds no state.

/// Half the sequence-number space.
const HALF: u16 = 0x8000;
/// Indices have 48 bits: a 32-bit roll-over counter and a sequence number.
const INDEX_END: u64 = 1 << 48;

/// The index nearest to `highest` that ends in `sequence`; `None` when it would lie before the
/// first packet or beyond the key's life.
pub(super) fn estimate(highest: u64, sequence: u16) -> Option<u64> {
    let last = highest as u16;
    let roll_over = highest >> 16;
    let roll_over = if last < HALF {
        if sequence.saturating_sub(last) > HALF {
            roll_over.checked_sub(1)?
        } else {
            roll_over
        }
    } else if last - HALF > sequence {
        roll_over + 1
    } else {
        roll_over
    };
    let index = roll_over << 16 | u64::from(sequence);
    (index < INDEX_END).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_forward_and_backward_around_the_counter() {
        assert_eq!(estimate(0x0_fffe, 3), Some(0x1_0003));
        assert_eq!(estimate(0x1_0003, 0xfffe), Some(0x0_fffe));
        assert_eq!(estimate(0x1_0003, 4), Some(0x1_0004));
        assert_eq!(estimate(0x5_fff0, 0xfff8), Some(0x5_fff8));
    }

    #[test]
    fn there_is_no_index_before_the_first_or_after_the_last() {
        assert_eq!(estimate(3, 0xfffe), None);
        assert_eq!(estimate(INDEX_END - 1, 0), None);
        assert_eq!(estimate(INDEX_END - 1, 0xfff0), Some(INDEX_END - 16));
    }

    #[test]
    fn exactly_half_the_space_away_keeps_the_roll_over_counter() {
        assert_eq!(estimate(0x1_0001, 0x8001), Some(0x1_8001));
        assert_eq!(estimate(0x1_8001, 0x0001), Some(0x1_0001));
    }

    #[test]
    fn every_estimate_is_within_half_the_space() {
        for highest in (0x2_0000_u64..0x4_0000).step_by(257) {
            for sequence in (0..=u16::MAX).step_by(509) {
                let index = estimate(highest, sequence).unwrap();
                assert_eq!(index as u16, sequence);
                assert!(index.abs_diff(highest) <= u64::from(HALF));
            }
        }
    }
}
