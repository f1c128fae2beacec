//! Frontends an operator describes: an existing dialect under other names.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A dialect made of another one by renaming events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialectConfig {
    /// Its name, for logs and for clients that ask for it.
    pub name: String,
    /// The dialect whose payloads and answers it has.
    pub base: String,
    /// Sockets of this namespace speak it.
    pub namespace: Option<String>,
    /// Events that give it away, when they are the first a socket says.
    #[serde(default)]
    pub first: Vec<String>,
    /// What clients send: their name to the base's. Events that are not named keep theirs.
    #[serde(default)]
    pub events: BTreeMap<String, String>,
    /// What clients are told: the base's name to theirs. The others keep the base's.
    #[serde(default)]
    pub notifications: BTreeMap<String, String>,
}
