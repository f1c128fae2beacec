//! The controlling ICE agent of a client that knows one address of a lite agent: checks until one
//! is answered, then keeps consent fresh (RFC 8445 §6.1.1, RFC 7675). Chooses nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::ClientError;
use crate::transport::ice_lite::IceCredentials;
use crate::transport::ice_lite::check::{self, CheckId};

/// Pace of checks until one is answered (RFC 8445 §14.2 asks for 50 ms at least between two).
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// Consent checks come this often, 20 % more or less at random (RFC 7675 §5.1).
const CONSENT_INTERVAL: Duration = Duration::from_secs(5);
/// Without an answer for so long nothing may be sent any more (RFC 7675 §5.1).
const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Checks whose answers are still taken.
const PENDING: usize = 8;

/// The client's side of one ICE session.
#[derive(Debug)]
pub(super) struct IceAgent {
    remote: IceCredentials,
    username_fragment: String,
    tie_breaker: u64,
    random: Rng,
    pending: VecDeque<CheckId>,
    next_check: Instant,
    /// When an answer last came.
    answered: Option<Instant>,
    started: Instant,
}

impl IceAgent {
    /// An agent that checks at once.
    pub(super) fn new(
        remote: IceCredentials,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ClientError> {
        let local =
            IceCredentials::generate().map_err(|error| ClientError::Setup(error.to_string()))?;
        let mut random = Rng::with_seed(seed);
        Ok(Self {
            remote,
            username_fragment: local.username_fragment,
            tie_breaker: random.u64(..),
            random,
            pending: VecDeque::with_capacity(PENDING),
            next_check: now,
            answered: None,
            started: now,
        })
    }

    /// Whether a check was answered, ever.
    pub(super) fn is_connected(&self) -> bool {
        self.answered.is_some()
    }

    /// Whether nothing was answered for so long that nothing may be sent.
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        let since = self.answered.unwrap_or(self.started);
        now.saturating_duration_since(since) > CONSENT_TIMEOUT
    }

    /// A STUN datagram; `true` when it is the first answer.
    pub(super) fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let Some(id) = check::answered(bytes, &self.remote) else {
            return false;
        };
        let Some(at) = self.pending.iter().position(|pending| *pending == id) else {
            return false;
        };
        self.pending.drain(..=at);
        self.next_check = now + self.consent_pause();
        self.answered.replace(now).is_none()
    }

    /// The check that is due, if one is.
    pub(super) fn poll_check(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_check > now {
            return None;
        }
        let pause = if self.is_connected() && self.pending.is_empty() {
            self.consent_pause()
        } else {
            // Nobody answers: ask again soon, but not as often as at the start.
            CHECK_INTERVAL * if self.is_connected() { 10 } else { 1 }
        };
        self.next_check = now + pause;
        let mut id = CheckId::default();
        self.random.fill(&mut id);
        if self.pending.len() == PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(id);
        check::request(&self.remote, &self.username_fragment, self.tie_breaker, id)
    }

    /// When [`Self::poll_check`] has one.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.next_check
    }

    fn consent_pause(&mut self) -> Duration {
        CONSENT_INTERVAL.mul_f64(0.8 + 0.4 * self.random.f64())
    }
}
