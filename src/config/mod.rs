//! Configuration: the parts' own structs, read once at start. Knows no file format and no
//! environment; `main` fills it in.

mod auth;
mod authority;
mod broadcast;
mod dialects;
mod listen;
mod live;
mod log;
mod media;
mod network;
mod rates;
mod room;
mod signaling;

pub use auth::{AuthConfig, Grants, Rooms, Secret, StaticToken, same_secret};
pub use authority::{Authority, LETS_ENCRYPT};
pub use broadcast::{BroadcastConfig, IceServer};
pub use dialects::DialectConfig;
pub use listen::{AdminListen, ListenConfig, Origins, TlsMode};
pub use live::Live;
pub use log::{LogConfig, LogFormat};
pub use media::{MediaConfig, UdpBackend};
pub use network::Network;
pub use rates::{Rate, RateConfig};
pub use room::{MaxConsumers, RoomConfig, WhenFull};
pub use signaling::SignalingConfig;

/// Everything the server is told at start.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The page, the REST API and the signalling.
    pub listen: ListenConfig,
    /// The media workers.
    pub media: MediaConfig,
    /// Rooms and peers.
    pub room: RoomConfig,
    /// Sockets.
    pub signaling: SignalingConfig,
    /// WHIP and WHEP.
    pub broadcast: BroadcastConfig,
    /// Who may do what.
    pub auth: AuthConfig,
    /// How often one address may do what.
    pub rates: RateConfig,
}

impl Config {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.listen.validate()?;
        self.auth.validate()?;
        self.listen.check_admin(&self.auth)?;
        self.media.validate()
    }
}

/// A setting that cannot be used, as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);
