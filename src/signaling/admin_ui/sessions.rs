//! Sessions of operators: the page keeps one in place of the token, for when it connects again.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

/// So many are good; the oldest ends for a new one.
const KEPT: usize = 64;

/// What a page shows to be let in again: 122 bits from the system's source of randomness.
#[derive(Clone, Debug)]
pub(super) struct Id(String);

impl Id {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Those that are good.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<VecDeque<String>>);

impl Sessions {
    /// A fresh one.
    pub(super) fn open(&self) -> Id {
        let id = Uuid::new_v4().simple().to_string();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(id.clone());
        Id(id)
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|one| one == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_ends_for_a_new_one() {
        let sessions = Sessions::default();
        let first = sessions.open();
        assert!(sessions.knows(first.as_str()) && !sessions.knows("") && !sessions.knows("x"));
        let last = (0..KEPT).map(|_| sessions.open()).last().unwrap();
        assert!(!sessions.knows(first.as_str()) && sessions.knows(last.as_str()));
    }
}
