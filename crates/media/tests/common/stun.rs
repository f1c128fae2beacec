//! STUN for the simulated client, on `rtc-stun`: the controlling side of ICE (RFC 8445).

use std::net::SocketAddr;

use rtc_stun::attributes::{
    ATTR_ERROR_CODE, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, Setter, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;

/// One side's username fragment and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub ufrag: String,
    pub password: String,
}

/// What the server answered, authenticated with its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub id: [u8; 12],
    /// Our address as the server sees it; `Err` holds the STUN error code.
    pub mapped: Result<SocketAddr, u16>,
}

/// A binding request as a browser sends it to a lite agent: nominating at once.
pub fn binding_request(local: &Credentials, remote: &Credentials, id: [u8; 12]) -> Vec<u8> {
    let mut message = request(local, remote, id);
    message.add(ATTR_USE_CANDIDATE, &[]);
    sign(&mut message, &remote.password);
    message.raw
}

/// The same without nomination.
pub fn consent_request(local: &Credentials, remote: &Credentials, id: [u8; 12]) -> Vec<u8> {
    let mut message = request(local, remote, id);
    sign(&mut message, &remote.password);
    message.raw
}

fn request(local: &Credentials, remote: &Credentials, id: [u8; 12]) -> Message {
    unsigned_request(&format!("{}:{}", remote.ufrag, local.ufrag), id)
}

/// A binding request without USE-CANDIDATE, MESSAGE-INTEGRITY and FINGERPRINT.
pub fn unsigned_request(username: &str, id: [u8; 12]) -> Message {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.transaction_id = TransactionId(id);
    message.write_header();
    message.add(ATTR_USERNAME, username.as_bytes());
    message.add(
        ATTR_ICE_CONTROLLING,
        &0x1234_5678_9ABC_DEF0_u64.to_be_bytes(),
    );
    message.add(ATTR_PRIORITY, &0x6E00_1EFF_u32.to_be_bytes());
    message
}

/// Adds MESSAGE-INTEGRITY and FINGERPRINT.
pub fn sign(message: &mut Message, password: &str) {
    let provider = rtc_stun::crypto::default_provider().expect("aws-lc-rs is compiled in");
    MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        provider.crypto(),
    )
    .add_to(message)
    .expect("integrity fits");
    FINGERPRINT.add_to(message).expect("fingerprint fits");
}

/// Reads a response and checks everything RFC 8445 asks of it.
pub fn read_response(bytes: &[u8], remote_password: &str) -> Result<Response, String> {
    let mut message = Message::new();
    message
        .unmarshal_binary(bytes)
        .map_err(|error| format!("malformed: {error}"))?;
    FINGERPRINT
        .check(&message)
        .map_err(|error| format!("fingerprint: {error}"))?;
    let provider = rtc_stun::crypto::default_provider().expect("aws-lc-rs is compiled in");
    MessageIntegrity::check(&mut message, remote_password.as_bytes(), provider.crypto())
        .map_err(|error| format!("integrity: {error}"))?;
    let mapped = if message.typ == BINDING_SUCCESS {
        let mut address = XorMappedAddress::default();
        address
            .get_from(&message)
            .map_err(|error| format!("mapped address: {error}"))?;
        Ok(SocketAddr::new(address.ip, address.port))
    } else if message.typ == BINDING_ERROR {
        let code = message.get(ATTR_ERROR_CODE).map_err(|e| e.to_string())?;
        Err(u16::from(code[2]) * 100 + u16::from(code[3]))
    } else {
        return Err(format!("unexpected {}", message.typ));
    };
    Ok(Response {
        id: message.transaction_id.0,
        mapped,
    })
}
