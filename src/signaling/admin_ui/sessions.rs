//! Sessions of operators: the page keeps one in place of the token, for when it connects again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
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

/// Those that are good, each with the token it stands for.
#[derive(Default)]
pub(super) struct Sessions(Mutex<VecDeque<(String, Arc<str>)>>);

impl Sessions {
    /// A fresh one.
    pub(super) fn open(&self, token: Arc<str>) -> Id {
        let id = Uuid::new_v4().simple().to_string();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((id.clone(), token));
        Id(id)
    }

    /// The token a session stands for, to be looked at again.
    pub(super) fn token(&self, id: &str) -> Option<Arc<str>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().find(|(known, _)| known == id);
        known.map(|(_, token)| Arc::clone(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_ends_for_a_new_one() {
        let sessions = Sessions::default();
        let first = sessions.open("a".into());
        assert_eq!(sessions.token(first.as_str()).as_deref(), Some("a"));
        assert!(sessions.token("").is_none() && sessions.token("x").is_none());
        let last = (0..KEPT).map(|_| sessions.open("b".into())).last().unwrap();
        assert!(sessions.token(first.as_str()).is_none());
        assert_eq!(sessions.token(last.as_str()).as_deref(), Some("b"));
    }
}
