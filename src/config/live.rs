//! A setting that can change while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

/// Settings as they are now; everybody who has a clone sees the same. Read when something is asked
/// for, so that what is under way keeps what it was given.
#[derive(Debug)]
pub struct Live<T>(Arc<RwLock<Arc<T>>>);

impl<T> Live<T> {
    /// What it is from the start.
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// What it is now.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        // Nothing panics while it is held.
        let now = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&now)
    }

    /// What it is from now on.
    pub fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
