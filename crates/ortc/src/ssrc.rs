//! Runs of consecutive SSRCs from the caller's randomness; never 0, which clients take for "none".

use crate::validate::limits::MAX_ENCODINGS;

/// Room kept above a base for two runs, so that counting up never wraps.
const ROOM: u32 = 2 * MAX_ENCODINGS as u32;

/// The first SSRC of a run of at most [`MAX_ENCODINGS`].
pub(crate) fn base(random: &mut impl FnMut() -> u32) -> u32 {
    random().clamp(1, u32::MAX - ROOM)
}

/// The first SSRCs of two runs of `count` that do not overlap.
pub(crate) fn two_bases(random: &mut impl FnMut() -> u32, count: usize) -> (u32, u32) {
    let count = u32::try_from(count).unwrap_or(ROOM).min(ROOM / 2);
    let first = base(random);
    let second = base(random);
    let overlap = first.abs_diff(second) < count;
    (
        first,
        if overlap {
            first.max(second) + count
        } else {
            second
        },
    )
}

/// The SSRC at `index` in the run that starts at `base`.
pub(crate) fn at(base: u32, index: usize) -> u32 {
    base.wrapping_add(u32::try_from(index).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_never_zero_never_wrap_and_never_overlap(
            a in prop_oneof![any::<u32>(), 0u32..40, (u32::MAX - 40)..=u32::MAX],
            offset in -20i64..20,
            count in 1..=MAX_ENCODINGS,
        ) {
            let b = u32::try_from((i64::from(a) + offset).rem_euclid(1 << 32)).unwrap();
            let mut draws = [a, b].into_iter();
            let (first, second) = two_bases(&mut || draws.next().unwrap(), count);
            let all: std::collections::HashSet<u32> =
                (0..count).flat_map(|i| [at(first, i), at(second, i)]).collect();
            prop_assert_eq!(all.len(), 2 * count);
            prop_assert!(!all.contains(&0));
        }
    }

    #[test]
    fn distant_draws_are_taken_as_they_are() {
        let mut draws = [100, 900].into_iter();
        assert_eq!(two_bases(&mut || draws.next().unwrap(), 3), (100, 900));
    }
}
