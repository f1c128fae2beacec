//! ICE-lite (RFC 8445 §2.5): answers checks, never sends any.
//!
//! A tuple is remembered only after a request from it was authenticated with the transport's
//! password; consent (RFC 7675) is that such requests keep coming.

#[cfg(feature = "client")]
pub(crate) mod check;
mod credentials;
mod known_checks;
mod stun;

#[cfg(test)]
mod tests;

pub(crate) use credentials::IceCredentials;

use std::time::{Duration, Instant};

use ortc::types::IceParameters;

use crate::{IceState, MediaLimits, Tuple};
use known_checks::KnownChecks;
use stun::{Incoming, Request};

/// How long the old credentials outlive a restart (B-21).
const OLD_CREDENTIALS: Duration = Duration::from_secs(30);
/// How long nothing at all may come from the selected tuple while a check comes from another: longer
/// than Chromium's checks are apart (2.5 s) and shorter than those of Firefox (4 to 6 s), which nominates
/// once. Where no media flows, a lost check of Chromium's and one of another path's can move it; its next
/// nomination moves it back.
const UNCHECKED: Duration = Duration::from_millis(3_500);
/// The same while media comes from another: clients send on one path, and that one it is then.
const UNUSED: Duration = Duration::from_secs(1);
/// The selected tuple and one that may take its place.
const MIN_TUPLES: usize = 2;

/// The username fragments of a Binding request, ours first, read without any validation: only to
/// find whom it is for.
pub(crate) fn request_username(bytes: &[u8]) -> Option<(&str, &str)> {
    stun::username(bytes)?.split_once(':')
}

/// The server's side of one ICE session.
#[derive(Debug)]
pub(crate) struct IceLite {
    credentials: IceCredentials,
    /// Of before a restart, which are rare.
    old: Option<Box<OldCredentials>>,
    tuples: Vec<ValidTuple>,
    selected: Option<Tuple>,
    /// When anything authentic last came from the selected tuple.
    heard: Instant,
    /// When media last came from it, or it was selected.
    media: Instant,
    /// Somebody nominated the selected tuple.
    nominated: bool,
    /// The highest number of a renominating client.
    nomination: u32,
    known: KnownChecks,
    state: IceState,
    consent: Option<Consent>,
    consent_timeout: Duration,
    max_tuples: usize,
    now: Instant,
}

#[derive(Debug)]
struct OldCredentials {
    credentials: IceCredentials,
    until: Instant,
}

/// A remote address that sent an authentic request, and when it last did.
#[derive(Clone, Copy, Debug)]
struct ValidTuple {
    tuple: Tuple,
    seen: Instant,
}

/// When an authentic request last came from anywhere.
#[derive(Clone, Copy, Debug)]
enum Consent {
    Fresh(Instant),
    Expired,
}

/// What an input changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IceOutcome {
    /// A tuple became valid.
    pub(crate) added: Option<Tuple>,
    /// A tuple is no longer valid: too many, or silent for the consent timeout.
    pub(crate) removed: Option<Tuple>,
    /// [`IceLite::selected`] changed.
    pub(crate) selected_changed: bool,
    /// [`IceLite::state`] changed.
    pub(crate) state_changed: bool,
    /// Consent is gone: the transport is to be closed.
    pub(crate) expired: bool,
    /// The datagram was malformed or not authentic, and nothing was changed by it.
    pub(crate) rejected: bool,
    /// Requests to this username fragment are no longer answered.
    pub(crate) old_ufrag_dropped: Option<String>,
}

impl IceLite {
    /// A session nobody has sent a check to. Until the first valid one there is no timer here; the
    /// transport's connect timeout runs.
    pub(crate) fn new(credentials: IceCredentials, limits: &MediaLimits, now: Instant) -> Self {
        Self {
            credentials,
            old: None,
            tuples: Vec::new(),
            selected: None,
            heard: now,
            media: now,
            nominated: false,
            nomination: 0,
            known: KnownChecks::default(),
            state: IceState::New,
            consent: None,
            consent_timeout: limits.consent_timeout,
            max_tuples: limits.tuples_per_transport.max(MIN_TUPLES),
            now,
        }
    }

    /// What the client is told.
    pub(crate) fn parameters(&self) -> IceParameters {
        IceParameters {
            username_fragment: self.credentials.username_fragment.clone(),
            password: self.credentials.password.clone(),
            ice_lite: Some(true),
        }
    }

    /// The username fragments requests may be addressed to: ours and, during a restart, the old.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.credentials)
            .chain(self.old.as_ref().map(|old| &old.credentials))
            .map(|credentials| credentials.username_fragment.as_str())
    }

    /// Where valid requests came from, and nothing was forgotten since.
    pub(crate) fn tuples(&self) -> impl Iterator<Item = Tuple> {
        self.tuples.iter().map(|valid| valid.tuple)
    }

    /// Takes a datagram whose first byte is 0 to 3 (RFC 7983). `reply` is emptied, and filled when
    /// something is to be sent to `from`; never longer than `bytes`.
    pub(crate) fn handle_stun(
        &mut self,
        now: Instant,
        from: Tuple,
        bytes: &[u8],
        reply: &mut Vec<u8>,
    ) -> IceOutcome {
        reply.clear();
        self.now = self.now.max(now);
        let rejected = IceOutcome {
            rejected: true,
            ..IceOutcome::default()
        };
        let mut request = match Incoming::parse(bytes) {
            Incoming::Request(request) => request,
            Incoming::Indication => return IceOutcome::default(),
            Incoming::Rejected => return rejected,
        };
        let Some(credentials) = self.credentials_for(request.our_username_fragment()) else {
            return rejected;
        };
        if !request.is_authentic(&credentials.password) {
            return rejected;
        }
        if let Some(refusal) = request.refusal() {
            request.refuse(refusal, &credentials.password, reply);
            return rejected;
        }
        request.accept(from.remote, &credentials.password, reply);
        self.handle_valid(from, &request)
    }

    /// New credentials; the old ones stay valid until the new ones are first used, 30 s at most.
    /// Returns the username fragment that a restart before this one had kept alive.
    pub(crate) fn restart(&mut self, credentials: IceCredentials, now: Instant) -> Option<String> {
        self.now = self.now.max(now);
        let old = OldCredentials {
            credentials: std::mem::replace(&mut self.credentials, credentials),
            until: self.now + OLD_CREDENTIALS,
        };
        self.nomination = 0;
        let older = self.old.replace(Box::new(old))?;
        Some(older.credentials.username_fragment)
    }

    /// Runs what is due, one thing at a time: call it until [`Self::poll_timeout`] is later.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> IceOutcome {
        self.now = self.now.max(now);
        let mut outcome = IceOutcome::default();
        if self.old.as_ref().is_some_and(|old| old.until <= self.now) {
            outcome.old_ufrag_dropped = self.drop_old_credentials();
        }
        let Some(Consent::Fresh(seen)) = self.consent else {
            return outcome;
        };
        if seen + self.consent_timeout / 2 <= self.now {
            outcome.state_changed = self.set_state(IceState::Disconnected);
        }
        if seen + self.consent_timeout <= self.now {
            self.consent = Some(Consent::Expired);
            outcome.expired = true;
        } else if let Some(silent) = self.longest_silent().filter(|t| self.is_silent(t)) {
            outcome.removed = Some(silent.tuple);
            outcome.selected_changed = self.remove(silent.tuple);
        }
        outcome
    }

    /// When to call [`Self::handle_timeout`] next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let old = self.old.as_ref().map(|old| old.until);
        let Some(Consent::Fresh(seen)) = self.consent else {
            return old;
        };
        let consent = if self.state == IceState::Disconnected {
            seen + self.consent_timeout
        } else {
            seen + self.consent_timeout / 2
        };
        let tuple = self.longest_silent().map(|t| t.seen + self.consent_timeout);
        [old, Some(consent), tuple].into_iter().flatten().min()
    }

    /// Authentic media came from a tuple. A client that moved sends it from where it is now, and may
    /// not nominate that: the first valid tuple it comes from takes the place of a silent one.
    pub(crate) fn hear(&mut self, now: Instant, from: Tuple) {
        self.now = self.now.max(now);
        if self.selected != Some(from) {
            // Checks do not hold it: anybody who saw one can send it again.
            let unused = self.media + UNUSED <= self.now || self.is_lost(UNUSED);
            if !unused || !self.is_validated(&from) {
                return;
            }
            self.selected = Some(from);
        }
        (self.heard, self.media) = (self.now, self.now);
    }

    /// Whether `tuple` sent an authentic request within the consent timeout.
    pub(crate) fn is_validated(&self, tuple: &Tuple) -> bool {
        self.tuples.iter().any(|valid| valid.tuple == *tuple)
    }

    /// Where to send to.
    pub(crate) fn selected(&self) -> Option<Tuple> {
        self.selected
    }

    /// How far it is.
    pub(crate) fn state(&self) -> IceState {
        self.state
    }

    fn credentials_for(&self, username_fragment: &str) -> Option<&IceCredentials> {
        std::iter::once(&self.credentials)
            .chain(self.old.as_ref().map(|old| &old.credentials))
            .find(|credentials| credentials.username_fragment == username_fragment)
    }

    fn handle_valid(&mut self, from: Tuple, request: &Request) -> IceOutcome {
        let mut outcome = IceOutcome::default();
        let fresh = self.known.is_new(request.mark());
        let lost = self.is_lost(if fresh {
            UNCHECKED
        } else {
            self.consent_timeout / 2
        });
        if !fresh && !lost && !self.is_validated(&from) {
            // Whoever saw a check can send it again from anywhere.
            return outcome;
        }
        if request.our_username_fragment() == self.credentials.username_fragment {
            outcome.old_ufrag_dropped = self.drop_old_credentials();
        }
        (outcome.added, outcome.removed) = self.remember(from);
        self.consent = Some(Consent::Fresh(self.now));
        let nominated =
            fresh && request.nominates() && self.is_newest_nomination(request.nomination());
        if nominated || lost {
            outcome.selected_changed = self.selected != Some(from);
            if outcome.selected_changed {
                self.media = self.now;
            }
            self.selected = Some(from);
            self.nominated |= nominated;
        }
        if fresh && self.selected == Some(from) {
            self.heard = self.now;
        }
        let state = if self.nominated {
            IceState::Completed
        } else {
            IceState::Connected
        };
        outcome.state_changed = self.set_state(state);
        outcome
    }

    /// A client that numbers its nominations may send an older one later.
    fn is_newest_nomination(&mut self, nomination: Option<u32>) -> bool {
        let Some(nomination) = nomination else {
            return true;
        };
        let newest = nomination >= self.nomination;
        self.nomination = self.nomination.max(nomination);
        newest
    }

    /// Whether any valid tuple is better than the selected one: there is none, or nothing has come
    /// from it for so long, or no check for half the consent timeout, whatever else does.
    fn is_lost(&self, silence: Duration) -> bool {
        let mut tuples = self.tuples.iter();
        let selected = tuples.find(|valid| Some(valid.tuple) == self.selected);
        selected.is_none_or(|valid| {
            self.heard + silence <= self.now || valid.seen + self.consent_timeout / 2 <= self.now
        })
    }

    /// Marks a tuple as seen now; returns what was added, and what had to go for it.
    fn remember(&mut self, tuple: Tuple) -> (Option<Tuple>, Option<Tuple>) {
        if let Some(valid) = self.tuples.iter_mut().find(|valid| valid.tuple == tuple) {
            valid.seen = self.now;
            return (None, None);
        }
        let evicted = if self.tuples.len() >= self.max_tuples {
            self.tuples
                .iter()
                .filter(|valid| Some(valid.tuple) != self.selected)
                .min_by_key(|valid| valid.seen)
                .map(|valid| valid.tuple)
        } else {
            None
        };
        self.tuples.retain(|valid| Some(valid.tuple) != evicted);
        self.tuples.push(ValidTuple {
            tuple,
            seen: self.now,
        });
        (Some(tuple), evicted)
    }

    /// Forgets a tuple; the one seen last takes its place if it was selected. Returns whether that
    /// changed the selection.
    fn remove(&mut self, tuple: Tuple) -> bool {
        self.tuples.retain(|valid| valid.tuple != tuple);
        if self.selected != Some(tuple) {
            return false;
        }
        let newest = self.tuples.iter().max_by_key(|valid| valid.seen);
        self.selected = newest.map(|valid| valid.tuple);
        self.heard = newest.map_or(self.heard, |valid| valid.seen);
        self.media = self.now;
        true
    }

    fn longest_silent(&self) -> Option<ValidTuple> {
        self.tuples.iter().min_by_key(|valid| valid.seen).copied()
    }

    fn is_silent(&self, valid: &ValidTuple) -> bool {
        valid.seen + self.consent_timeout <= self.now
    }

    fn drop_old_credentials(&mut self) -> Option<String> {
        let old = self.old.take()?;
        Some(old.credentials.username_fragment)
    }

    fn set_state(&mut self, state: IceState) -> bool {
        let changed = self.state != state;
        self.state = state;
        changed
    }
}
