//! ICE username fragments and passwords (RFC 8445 §5.3); never logged.

use std::fmt;

use aws_lc_rs::rand;

/// `ice-char` of RFC 8839 §5.4: 64 of them, six bits each.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// 96 bits; the RFC asks for 24. It is also how the worker finds the transport, so it must not
/// repeat.
const USERNAME_FRAGMENT: usize = 16;
/// 192 bits; the RFC asks for 128.
const PASSWORD: usize = 32;

/// What one side of an ICE session is known by.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct IceCredentials {
    /// Username fragment.
    pub(crate) username_fragment: String,
    /// Password.
    pub(crate) password: String,
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes for ICE credentials")]
pub(crate) struct IceCredentialsError;

impl IceCredentials {
    /// Fresh credentials from the operating system's random source.
    pub(crate) fn generate() -> Result<Self, IceCredentialsError> {
        let mut bytes = [0; USERNAME_FRAGMENT + PASSWORD];
        rand::fill(&mut bytes).map_err(|_| IceCredentialsError)?;
        let (username_fragment, password) = bytes.split_at(USERNAME_FRAGMENT);
        Ok(Self {
            username_fragment: ice_chars(username_fragment),
            password: ice_chars(password),
        })
    }
}

/// Six bits of each byte.
fn ice_chars(random: &[u8]) -> String {
    random
        .iter()
        .map(|byte| char::from(ICE_CHARS[usize::from(byte & 63)]))
        .collect()
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials")
            .field("username_fragment", &self.username_fragment)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_hundred_thousand_credentials_are_unique_and_evenly_spread() {
        let mut seen = HashSet::new();
        let mut counts = [0_u64; 256];
        for _ in 0..100_000 {
            let credentials = IceCredentials::generate().unwrap();
            assert_eq!(credentials.username_fragment.len(), USERNAME_FRAGMENT);
            assert_eq!(credentials.password.len(), PASSWORD);
            for byte in credentials
                .username_fragment
                .bytes()
                .chain(credentials.password.bytes())
            {
                counts[usize::from(byte)] += 1;
            }
            assert!(seen.insert(credentials.username_fragment));
            assert!(seen.insert(credentials.password));
        }
        let used: Vec<f64> = ICE_CHARS
            .iter()
            .map(|c| counts[usize::from(*c)] as f64)
            .collect();
        let total: f64 = used.iter().sum();
        assert_eq!(total as usize, 100_000 * (USERNAME_FRAGMENT + PASSWORD));
        let expected = total / 64.0;
        let chi_squared: f64 = used.iter().map(|n| (n - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: more than 150 has a chance below one in 10^8.
        assert!(chi_squared < 150.0, "chi squared {chi_squared}");
    }

    #[test]
    fn the_password_is_not_printed() {
        let credentials = IceCredentials::generate().unwrap();
        assert!(!format!("{credentials:?}").contains(&credentials.password));
    }
}
