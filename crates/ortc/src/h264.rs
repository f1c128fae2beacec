//! H.264 `profile-level-id` (RFC 6184 §8.1): parsing, comparing and answering; no other codec.

use crate::types::{CodecParameters, ParameterValue};

/// A profile and the highest level of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProfileLevelId {
    profile: Profile,
    level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    ConstrainedHigh,
    High,
    PredictiveHigh444,
}

/// A level by ten times its number; 1b, between 1 and 1.1, is [`Level::ONE_B`].
///
/// The order of the numbers is the order of the levels: 1 (10) < 1b < 1.1 (11), so levels are kept
/// doubled and 1b takes the odd place between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Level(u8);

impl ProfileLevelId {
    /// What an absent `profile-level-id` means: not RFC 6184's Baseline 1, but what WebRTC
    /// endpoints that leave it out have always meant.
    const DEFAULT: Self = Self {
        profile: Profile::ConstrainedBaseline,
        level: Level::from_idc(31),
    };

    /// Of a codec; `None` when it states one that is malformed or unknown.
    pub(crate) fn of(parameters: &CodecParameters) -> Option<Self> {
        match stated(parameters) {
            None => Some(Self::DEFAULT),
            Some(ParameterValue::Text(text)) => Self::parse(text),
            Some(_) => None,
        }
    }

    /// Whether both have the same profile, whatever their levels.
    pub(crate) fn same_profile(self, other: Self) -> bool {
        self.profile == other.profile
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, idc, iop, level_idc] = u32::from_str_radix(text, 16).ok()?.to_be_bytes();
        let level = Level::parse(level_idc, iop)?;
        PROFILES
            .iter()
            .find(|row| row.idc == idc && iop & row.mask == row.bits)
            .map(|row| Self {
                profile: row.profile,
                level,
            })
    }
}

impl Level {
    /// Between 1 (20) and 1.1 (22).
    const ONE_B: Self = Self(21);

    const fn from_idc(idc: u8) -> Self {
        Self(idc * 2)
    }

    fn parse(idc: u8, iop: u8) -> Option<Self> {
        match idc {
            11 if iop & CONSTRAINT_SET3 != 0 => Some(Self::ONE_B),
            10..=13 | 20..=22 | 30..=32 | 40..=42 | 50..=52 => Some(Self::from_idc(idc)),
            _ => None,
        }
    }
}

/// The `profile-level-id` to answer with when `ours` matches `theirs` in profile: our level if both
/// sides allow asymmetry, else the lower one. `None` when neither states one.
pub(crate) fn answer(ours: &CodecParameters, theirs: &CodecParameters) -> Option<String> {
    if stated(ours).is_none() && stated(theirs).is_none() {
        return None;
    }
    let (local, remote) = (ProfileLevelId::of(ours)?, ProfileLevelId::of(theirs)?);
    let level = if allows_asymmetry(ours) && allows_asymmetry(theirs) {
        local.level
    } else {
        local.level.min(remote.level)
    };
    write(ProfileLevelId { level, ..local })
}

/// The parameter, unless it is absent or empty.
fn stated(parameters: &CodecParameters) -> Option<&ParameterValue> {
    parameters
        .get("profile-level-id")
        .filter(|value| !value.is_falsy())
}

fn allows_asymmetry(parameters: &CodecParameters) -> bool {
    parameters
        .get("level-asymmetry-allowed")
        .is_some_and(|value| match value {
            ParameterValue::Bool(allowed) => *allowed,
            ParameterValue::Text(text) => text == "1",
            ParameterValue::Integer(_) | ParameterValue::Float(_) => value.as_integer() == Some(1),
        })
}

/// Canonical form; `None` for level 1b in a profile that has none.
fn write(ProfileLevelId { profile, level }: ProfileLevelId) -> Option<String> {
    if level == Level::ONE_B {
        return match profile {
            Profile::ConstrainedBaseline => Some("42f00b".to_owned()),
            Profile::Baseline => Some("42100b".to_owned()),
            Profile::Main => Some("4d100b".to_owned()),
            Profile::ConstrainedHigh | Profile::High | Profile::PredictiveHigh444 => None,
        };
    }
    let profile = match profile {
        Profile::ConstrainedBaseline => "42e0",
        Profile::Baseline => "4200",
        Profile::Main => "4d00",
        Profile::ConstrainedHigh => "640c",
        Profile::High => "6400",
        Profile::PredictiveHigh444 => "f400",
    };
    Some(format!("{profile}{:02x}", level.0 / 2))
}

/// `profile_idc`, and which bits of `profile_iop` must have which value (RFC 6184 table 5).
struct ProfileRow {
    idc: u8,
    mask: u8,
    bits: u8,
    profile: Profile,
}

const fn row(idc: u8, mask: u8, bits: u8, profile: Profile) -> ProfileRow {
    ProfileRow {
        idc,
        mask,
        bits,
        profile,
    }
}

const PROFILES: &[ProfileRow] = &[
    row(0x42, 0b0100_1111, 0b0100_0000, Profile::ConstrainedBaseline),
    row(0x4d, 0b1000_1111, 0b1000_0000, Profile::ConstrainedBaseline),
    row(0x58, 0b1100_1111, 0b1100_0000, Profile::ConstrainedBaseline),
    row(0x42, 0b0100_1111, 0b0000_0000, Profile::Baseline),
    row(0x58, 0b1100_1111, 0b1000_0000, Profile::Baseline),
    row(0x4d, 0b1010_1111, 0b0000_0000, Profile::Main),
    row(0x64, 0b1111_1111, 0b0000_0000, Profile::High),
    row(0x64, 0b1111_1111, 0b0000_1100, Profile::ConstrainedHigh),
    row(0xf4, 0b1111_1111, 0b0000_0000, Profile::PredictiveHigh444),
];

/// Bit of `profile_iop` that makes level 11 mean 1b.
const CONSTRAINT_SET3: u8 = 0x10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parameters(id: &str, asymmetry: i64) -> CodecParameters {
        [
            (
                "profile-level-id".to_owned(),
                ParameterValue::Text(id.to_owned()),
            ),
            (
                "level-asymmetry-allowed".to_owned(),
                ParameterValue::Integer(asymmetry),
            ),
        ]
        .into()
    }

    fn same(a: &str, b: &str) -> bool {
        match (ProfileLevelId::parse(a), ProfileLevelId::parse(b)) {
            (Some(a), Some(b)) => a.same_profile(b),
            _ => false,
        }
    }

    #[test]
    fn constrained_baseline_has_three_spellings() {
        assert!(same("42e01f", "42f00b"));
        assert!(same("42e01f", "4d800a"));
        assert!(same("42e01f", "58f01f"));
        assert!(!same("42e01f", "42001f"));
        assert!(!same("640c1f", "64001f"));
    }

    #[test]
    fn refuses_what_is_not_six_hex_digits_of_a_known_profile_and_level() {
        for text in [
            "", "42e01", "42e01f0", "42e0zz", "+2e01f", "42e0ff", "aaaaaa", "000000",
        ] {
            assert!(ProfileLevelId::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn absent_or_empty_means_constrained_baseline_3_1() {
        let absent = CodecParameters::new();
        assert_eq!(ProfileLevelId::of(&absent), ProfileLevelId::parse("42e01f"));
        assert_eq!(
            ProfileLevelId::of(&parameters("", 1)),
            ProfileLevelId::parse("42e01f")
        );
    }

    #[test]
    fn a_number_is_not_a_profile() {
        let number = [(
            "profile-level-id".to_owned(),
            ParameterValue::Integer(420_010),
        )]
        .into();
        assert_eq!(ProfileLevelId::of(&number), None);
    }

    #[test]
    fn answers_our_level_when_both_allow_asymmetry() {
        let (ours, theirs) = (parameters("42e034", 1), parameters("42e01f", 1));
        assert_eq!(answer(&ours, &theirs).as_deref(), Some("42e034"));
    }

    #[test]
    fn answers_the_lower_level_otherwise() {
        let (ours, theirs) = (parameters("42e034", 0), parameters("42e01f", 1));
        assert_eq!(answer(&ours, &theirs).as_deref(), Some("42e01f"));
        assert_eq!(answer(&theirs, &ours).as_deref(), Some("42e01f"));
    }

    #[test]
    fn level_1b_lies_between_1_and_1_1() {
        let answer = |a, b| answer(&parameters(a, 0), &parameters(b, 0));
        assert_eq!(answer("42f00b", "42e00b").as_deref(), Some("42f00b"));
        assert_eq!(answer("42f00b", "42e00a").as_deref(), Some("42e00a"));
        assert_eq!(answer("42100b", "42001f").as_deref(), Some("42100b"));
        assert_eq!(answer("4d100b", "4d001f").as_deref(), Some("4d100b"));
    }

    #[test]
    fn answers_nothing_when_nothing_was_stated() {
        assert_eq!(
            answer(&CodecParameters::new(), &CodecParameters::new()),
            None
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,8}") {
            let _ = ProfileLevelId::parse(&text);
        }

        #[test]
        fn an_answer_keeps_the_profile(text in "(42|4d|58|64|f4)(e0|f0|00|0c|80|10)(0a|0b|1f|34)") {
            if let Some(id) = ProfileLevelId::parse(&text) {
                let written = write(id).unwrap();
                prop_assert!(same(&written, &text), "{written} for {text}");
            }
        }
    }
}
