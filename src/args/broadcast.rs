//! Flags of WHIP and WHEP.

use std::time::Duration;

use clap::Args;
use miso::config::{BroadcastConfig, IceServer, MaxConsumers, WhenFull};

use super::values;

/// Publishing and watching by WHIP and WHEP.
#[derive(Debug, Args)]
pub(super) struct BroadcastArgs {
    /// Hours a broadcast id is good after it was last used.
    ///
    /// Tomorrow's show is on the same link.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = values::hours)]
    broadcast_expiry: usize,

    /// Peers of one room that may receive at once. [default: no limit]
    ///
    /// In a call everybody receives everybody.
    #[arg(long, value_name = "N", value_parser = values::positive)]
    max_consumers: Option<usize>,

    /// What becomes of one more: reject, or evict-oldest.
    ///
    /// Who watches already is not disturbed by who comes later.
    #[arg(long, value_name = "reject|evict-oldest", default_value = "reject", value_parser = values::when_full)]
    when_full: WhenFull,

    /// Refuse viewers who come before the broadcaster, instead of letting them wait.
    ///
    /// A viewer who waits sees the picture when it begins, without asking again.
    #[arg(long)]
    refuse_early_viewers: bool,

    /// STUN or TURN server that WHIP and WHEP clients and miso's own page are told of; repeatable.
    ///
    /// Clients reach a server with a public address without any; TURN helps those behind a firewall
    /// that lets neither UDP nor its TCP ports through.
    #[arg(long, value_name = "URL[,USER,PASSWORD]", hide_env_values = true)]
    ice_server: Vec<IceServer>,

    /// Megabytes kept of each WHIP publisher's newest group of pictures, so that viewers start at
    /// once; 0: none.
    ///
    /// 20 seconds at 6 Mb/s, which is what encoders are set to for 1080p; their encoders ignore
    /// requests for key frames.
    #[arg(long, value_name = "MB", default_value_t = 16, value_parser = values::megabytes)]
    group_of_pictures: usize,
}

impl BroadcastArgs {
    /// How many may receive in a room.
    pub(super) fn max_consumers(&self) -> Option<MaxConsumers> {
        let when_full = self.when_full;
        let of = |count| MaxConsumers { count, when_full };
        self.max_consumers.map(of)
    }

    /// All but that.
    pub(super) fn config(self) -> BroadcastConfig {
        let hours = u64::try_from(self.broadcast_expiry).unwrap_or(u64::MAX);
        BroadcastConfig {
            expiry: Duration::from_secs(hours.saturating_mul(3600)),
            viewers_wait: !self.refuse_early_viewers,
            ice_servers: self.ice_server,
            group_of_pictures_bytes: self.group_of_pictures.saturating_mul(1 << 20),
            ..BroadcastConfig::default()
        }
    }
}
