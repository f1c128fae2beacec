//! Binding requests read and answered (RFC 8489, RFC 8445 §7.3) on rtc-stun, which only this file
//! names; decides nothing about tuples.

use std::net::SocketAddr;

use rtc_stun::attributes::{
    ATTR_FINGERPRINT, ATTR_ICE_CONTROLLED, ATTR_MESSAGE_INTEGRITY, ATTR_PRIORITY,
    ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType, RawAttribute,
};
use rtc_stun::crypto::providers::AwsLcRsCrypto;
use rtc_stun::error_code::{ErrorCode, ErrorCodeAttribute};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, CLASS_INDICATION, Message, MessageType, Setter,
};
use rtc_stun::uattrs::UnknownAttributes;
use rtc_stun::xoraddr::XorMappedAddress;

use super::known_checks::Mark;

/// Bytes before the attributes.
const HEADER: usize = 20;
/// RFC 8489 §5.
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Browsers' requests have some 100 bytes; what exceeds an IPv6 minimum MTU is not ICE.
const MAX_REQUEST: usize = 1280;
/// What libwebrtc's renomination sends beside USE-CANDIDATE: a growing 32-bit number.
const ATTR_NOMINATION: AttrType = AttrType(0xc001);

/// What a datagram that starts like STUN is.
pub(super) enum Incoming {
    /// A Binding request, not authenticated yet.
    Request(Request),
    /// A Binding indication: a keepalive, which needs no answer.
    Indication,
    /// Anything else.
    Rejected,
}

/// A well-formed Binding request.
pub(super) struct Request {
    message: Message,
    /// USERNAME: `ours:theirs`.
    username: String,
    /// Attributes before MESSAGE-INTEGRITY; only these are authentic (RFC 8489 §14.5).
    authentic: usize,
}

/// An answer other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 420, with the attributes that are not understood.
    UnknownAttributes,
    /// 487.
    RoleConflict,
}

impl Incoming {
    /// Reads a datagram; its length, framing and FINGERPRINT are right, or it is rejected.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        if !is_stun(bytes) || bytes.len() > MAX_REQUEST {
            return Self::Rejected;
        }
        let mut message = Message::new();
        if message.unmarshal_binary(bytes).is_err() {
            return Self::Rejected;
        }
        let checked = if message.contains(ATTR_FINGERPRINT) {
            FINGERPRINT.check(&message).is_ok()
        } else {
            true
        };
        match message.typ {
            _ if !checked => Self::Rejected,
            BINDING_REQUEST => Request::new(message).map_or(Self::Rejected, Self::Request),
            MessageType { class, .. } if class == CLASS_INDICATION => Self::Indication,
            _ => Self::Rejected,
        }
    }
}

impl Request {
    fn new(message: Message) -> Option<Self> {
        let attributes = &message.attributes.0;
        let authentic = attributes
            .iter()
            .position(|attribute| attribute.typ == ATTR_MESSAGE_INTEGRITY)?;
        let username = attributes[..authentic]
            .iter()
            .find(|attribute| attribute.typ == ATTR_USERNAME)?;
        let username = String::from_utf8(username.value.clone()).ok()?;
        Some(Self {
            message,
            username,
            authentic,
        })
    }

    /// The username fragment it is addressed to.
    pub(super) fn our_username_fragment(&self) -> &str {
        self.username.split_once(':').map_or("", |(ours, _)| ours)
    }

    /// Whether it was made with `password`; compared in constant time.
    pub(super) fn is_authentic(&mut self, password: &str) -> bool {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), &AwsLcRsCrypto).is_ok()
    }

    /// What tells it from every other request of the session; means something once it is authentic.
    pub(super) fn mark(&self) -> Mark {
        let integrity = &self.message.attributes.0[self.authentic].value;
        integrity
            .first_chunk()
            .map_or(0, |mark| Mark::from_be_bytes(*mark))
    }

    /// Whether it nominates its pair.
    pub(super) fn nominates(&self) -> bool {
        self.find(ATTR_USE_CANDIDATE).is_some()
    }

    /// Its place in the order of nominations, when the client renominates.
    pub(super) fn nomination(&self) -> Option<u32> {
        let value = self.find(ATTR_NOMINATION)?.value.as_slice();
        Some(u32::from_be_bytes(value.try_into().ok()?))
    }

    /// Why an authentic request cannot be carried out.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        if self.unknown_attributes().next().is_some() {
            Some(Refusal::UnknownAttributes)
        } else if self.find(ATTR_ICE_CONTROLLED).is_some() {
            // A lite agent is always the controlled one (RFC 8445 §6.1.1).
            Some(Refusal::RoleConflict)
        } else {
            None
        }
    }

    /// Writes a success response with the request's source address.
    pub(super) fn accept(&self, from: SocketAddr, password: &str, reply: &mut Vec<u8>) {
        let mapped = XorMappedAddress {
            ip: from.ip().to_canonical(),
            port: from.port(),
        };
        self.answer(BINDING_SUCCESS, &[&mapped], password, reply);
    }

    /// Writes an error response.
    pub(super) fn refuse(&self, refusal: Refusal, password: &str, reply: &mut Vec<u8>) {
        let error = |code| ErrorCodeAttribute {
            code: ErrorCode(code),
            reason: Vec::new(),
        };
        match refusal {
            Refusal::RoleConflict => self.answer(BINDING_ERROR, &[&error(487)], password, reply),
            Refusal::UnknownAttributes => {
                let unknown = UnknownAttributes(self.unknown_attributes().collect());
                self.answer(BINDING_ERROR, &[&error(420), &unknown], password, reply);
            }
        }
    }

    /// Nothing is written when the answer would be longer than the request: the source address may
    /// be somebody else's, and must not get more than was sent here in its name.
    fn answer(
        &self,
        kind: MessageType,
        attributes: &[&dyn Setter],
        password: &str,
        reply: &mut Vec<u8>,
    ) {
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
            password.to_owned(),
            &AwsLcRsCrypto,
        );
        let mut message = Message::new();
        message.typ = kind;
        message.transaction_id = self.message.transaction_id;
        message.write_header();
        let complete = attributes
            .iter()
            .try_for_each(|attribute| attribute.add_to(&mut message))
            .and_then(|()| integrity.add_to(&mut message))
            .and_then(|()| FINGERPRINT.add_to(&mut message));
        if complete.is_ok() && message.raw.len() <= self.message.raw.len() {
            reply.extend_from_slice(&message.raw);
        }
    }

    fn find(&self, kind: AttrType) -> Option<&RawAttribute> {
        self.message.attributes.0[..self.authentic]
            .iter()
            .find(|attribute| attribute.typ == kind)
    }

    /// Attributes that must be understood and are not (RFC 8489 §6.3.1).
    fn unknown_attributes(&self) -> impl Iterator<Item = AttrType> {
        self.message.attributes.0[..self.authentic]
            .iter()
            .map(|attribute| attribute.typ)
            .filter(|kind| {
                kind.required()
                    && ![ATTR_USERNAME, ATTR_PRIORITY, ATTR_USE_CANDIDATE].contains(kind)
            })
    }
}

/// USERNAME of a Binding request, read without any validation.
pub(super) fn username(bytes: &[u8]) -> Option<&str> {
    if !is_stun(bytes) || bytes.len() > MAX_REQUEST || bytes[..2] != [0, 1] {
        return None;
    }
    let mut attributes = &bytes[HEADER..];
    loop {
        let (header, rest) = attributes.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let value = rest.get(..length)?;
        if header[..2] == ATTR_USERNAME.0.to_be_bytes() {
            return std::str::from_utf8(value).ok();
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
}

/// Whether header, cookie and length are those of a STUN message that fills the datagram.
fn is_stun(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return false;
    };
    header[0] < 4
        && header[4..8] == MAGIC_COOKIE
        && HEADER + usize::from(u16::from_be_bytes([header[2], header[3]])) == bytes.len()
}
