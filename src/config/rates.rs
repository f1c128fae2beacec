//! How often one address may do what; plain data, nothing reads the environment here.

/// So many in a second in the long run, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In a second; 0 is without limit.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// What one address (one /64 in IPv6) may do how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateConfig {
    /// Requests of HTTP, and connections of Socket.IO that are opened.
    pub requests: Rate,
    /// Rooms entered, by a socket or over HTTP.
    pub joins: Rate,
    /// Tokens shown that are none.
    pub token_failures: Rate,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            // A page is 15 requests; a class room of 64 behind one address opens it at once.
            requests: Rate {
                per_second: 100,
                burst: 1_000,
            },
            // The same class room, three times over, when its network comes back.
            joins: Rate {
                per_second: 20,
                burst: 200,
            },
            // Half the class room with tokens of yesterday. Nobody guesses 16 characters like this.
            token_failures: Rate {
                per_second: 1,
                burst: 30,
            },
        }
    }
}

impl RateConfig {
    /// Without any limit: behind a reverse proxy everybody has one address.
    #[must_use]
    pub fn unlimited() -> Self {
        let none = Rate {
            per_second: 0,
            burst: 0,
        };
        Self {
            requests: none,
            joins: none,
            token_failures: none,
        }
    }
}
