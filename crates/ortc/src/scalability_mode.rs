//! `L3T3_KEY` ⇄ layers (W3C WebRTC-SVC); never fails: what is not a mode means one layer.

use std::fmt;

/// How many layers one encoding has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalabilityMode {
    /// Spatial layers, at least 1.
    pub spatial_layers: u8,
    /// Temporal layers, at least 1.
    pub temporal_layers: u8,
    /// Whether spatial layers depend on each other at key frames only (`_KEY`).
    pub ksvc: bool,
}

impl ScalabilityMode {
    /// One spatial and one temporal layer.
    pub const SINGLE: Self = Self {
        spatial_layers: 1,
        temporal_layers: 1,
        ksvc: false,
    };

    /// Reads `L<n>T<n>` or `S<n>T<n>` with an optional `_KEY`; whatever follows is ignored, as in
    /// `L3T3_KEY_SHIFT`. Anything else is [`SINGLE`](Self::SINGLE).
    pub fn parse(text: &str) -> Self {
        Self::parse_prefix(text).unwrap_or(Self::SINGLE)
    }

    /// Whether there is more than one layer of either kind.
    pub fn is_layered(self) -> bool {
        self.spatial_layers > 1 || self.temporal_layers > 1
    }

    fn parse_prefix(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(['L', 'S'])?;
        let (spatial_layers, rest) = layer_count(rest)?;
        let (temporal_layers, rest) = layer_count(rest.strip_prefix('T')?)?;
        Some(Self {
            spatial_layers,
            temporal_layers,
            ksvc: rest.starts_with("_KEY"),
        })
    }
}

impl fmt::Display for ScalabilityMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.ksvc { "_KEY" } else { "" };
        write!(f, "L{}T{}{key}", self.spatial_layers, self.temporal_layers)
    }
}

/// One or two digits, the first not zero, and what follows them.
fn layer_count(text: &str) -> Option<(u8, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (count, rest) = text.split_at(digits);
    match count.parse() {
        Ok(count) if !text.starts_with('0') => Some((count, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layers(text: &str) -> (u8, u8, bool) {
        let mode = ScalabilityMode::parse(text);
        (mode.spatial_layers, mode.temporal_layers, mode.ksvc)
    }

    #[test]
    fn reads_layers_and_key() {
        assert_eq!(layers("L1T3"), (1, 3, false));
        assert_eq!(layers("S3T2"), (3, 2, false));
        assert_eq!(layers("L3T3_KEY"), (3, 3, true));
        assert_eq!(layers("L3T3_KEY_SHIFT"), (3, 3, true));
        assert_eq!(layers("L10T12"), (10, 12, false));
        assert_eq!(layers("L1T3h"), (1, 3, false));
    }

    #[test]
    fn anything_else_is_one_layer() {
        for text in [
            "", "L", "L0T3", "L3", "L3T", "L3T0", "l3t3", "L100T1", "T3L3", "L３T3", "é",
        ] {
            assert_eq!(
                ScalabilityMode::parse(text),
                ScalabilityMode::SINGLE,
                "{text}"
            );
        }
    }

    #[test]
    fn only_two_digits_count() {
        assert_eq!(layers("L1T100"), (1, 10, false));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".*") {
            let mode = ScalabilityMode::parse(&text);
            prop_assert!(mode.spatial_layers >= 1 && mode.temporal_layers >= 1);
        }

        #[test]
        fn what_is_written_reads_back(s in 1u8..100, t in 1u8..100, ksvc: bool) {
            let mode = ScalabilityMode { spatial_layers: s, temporal_layers: t, ksvc };
            prop_assert_eq!(ScalabilityMode::parse(&mode.to_string()), mode);
        }
    }
}
