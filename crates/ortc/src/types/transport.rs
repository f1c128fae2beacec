//! ICE and DTLS parameters of a transport, as mediasoup-client reads and writes them.

use serde::{Deserialize, Serialize};

/// The router's ICE credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IceParameters {
    /// Username fragment (RFC 8445 §5.3).
    pub username_fragment: String,
    /// Password.
    pub password: String,
    /// Always true: a router only answers checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_lite: Option<bool>,
}

/// One address a client may send to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// Groups candidates of one base and type (RFC 8445 §5.1.1.3).
    pub foundation: String,
    /// RFC 8445 §5.1.2.
    pub priority: u32,
    /// Address or host name, as old clients read it.
    pub ip: String,
    /// The same, as new clients read it.
    pub address: String,
    /// Transport protocol.
    pub protocol: IceProtocol,
    /// Port.
    pub port: u16,
    /// Always `host`.
    #[serde(rename = "type")]
    pub kind: IceCandidateType,
    /// `passive` for TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_type: Option<IceTcpType>,
}

/// Transport protocol of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IceProtocol {
    /// UDP.
    Udp,
    /// TCP with RFC 4571 framing.
    Tcp,
}

/// Candidate type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IceCandidateType {
    /// An address of this host, or one announced for it.
    Host,
}

/// TCP candidate type (RFC 6544).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IceTcpType {
    /// The client opens the connection.
    Passive,
}

/// DTLS role and certificate fingerprints of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DtlsParameters {
    /// The role of the side that states it.
    #[serde(default)]
    pub role: DtlsRole,
    /// Digests of its certificate.
    pub fingerprints: Vec<DtlsFingerprint>,
}

/// DTLS role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DtlsRole {
    /// Decided by the other side.
    #[default]
    Auto,
    /// Sends the ClientHello.
    Client,
    /// Waits for it.
    Server,
}

/// A certificate digest (RFC 8122).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DtlsFingerprint {
    /// `sha-256`, `sha-384`, `sha-512`…
    pub algorithm: String,
    /// Colon-separated hexadecimal; either case.
    pub value: String,
}
