//! Checks as a client of a lite agent sends them, and the answers it takes (RFC 8445 §7.2); keeps
//! no state. The client half lives beside the server's so that rtc-stun has one home.

use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::crypto::providers::AwsLcRsCrypto;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};

use super::IceCredentials;

/// Priority of a peer-reflexive candidate of the highest local preference (RFC 8445 §5.1.2.1).
const PRIORITY: u32 = 110 << 24 | 65_535 << 8 | 255;

/// Names one check.
pub(crate) type CheckId = [u8; 12];

/// A Binding request that nominates its pair at once, as browsers send to a lite agent; `None` when
/// the credentials do not fit a STUN message.
pub(crate) fn request(
    remote: &IceCredentials,
    local_username_fragment: &str,
    tie_breaker: u64,
    id: CheckId,
) -> Option<Vec<u8>> {
    let username = format!("{}:{local_username_fragment}", remote.username_fragment);
    let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
        remote.password.clone(),
        &AwsLcRsCrypto,
    );
    let mut message = Message::new();
    message.typ = BINDING_REQUEST;
    message.transaction_id = TransactionId(id);
    message.write_header();
    message.add(ATTR_USERNAME, username.as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &tie_breaker.to_be_bytes());
    message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
    message.add(ATTR_USE_CANDIDATE, &[]);
    integrity.add_to(&mut message).ok()?;
    FINGERPRINT.add_to(&mut message).ok()?;
    Some(message.raw)
}

/// Which check an authentic success response answers.
pub(crate) fn answered(bytes: &[u8], remote: &IceCredentials) -> Option<CheckId> {
    let mut message = Message::new();
    message.unmarshal_binary(bytes).ok()?;
    FINGERPRINT.check(&message).ok()?;
    MessageIntegrity::check(&mut message, remote.password.as_bytes(), &AwsLcRsCrypto).ok()?;
    (message.typ == BINDING_SUCCESS).then_some(message.transaction_id.0)
}
