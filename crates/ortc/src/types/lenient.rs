//! Deserialisers for what browsers' JSON really holds; they accept more shapes, never more values.

use serde::{Deserialize, Deserializer, de};

/// `null` and a missing member both mean the default.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A bitrate a browser computed with floating point: `330000.00000000006` is 330000.
pub(super) fn whole_number<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u64),
        Real(f64),
    }

    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Number::Whole(value)) => Ok(Some(value)),
        // Every f64 in this range has an exact whole part below 2^53.
        Some(Number::Real(value)) if (0.0..=MAX_SAFE_INTEGER).contains(&value) => {
            Ok(Some(value as u64))
        }
        Some(Number::Real(_)) => Err(de::Error::custom("number out of range")),
    }
}

/// ECMAScript's `Number.MAX_SAFE_INTEGER`: what a browser can state exactly.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
