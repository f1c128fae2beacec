//! Flags of what stands in front of the server.

use clap::Args;
use miso::config::Network;

#[derive(Debug, Args)]
pub(super) struct ProxyArgs {
    /// Reverse proxy that is believed about who came to it (X-Forwarded-For), as 127.0.0.1 or
    /// 10.0.0.0/8; repeatable. [default: none, and all its clients count as one]
    ///
    /// Whoever reaches the server itself could write any address into that header.
    #[arg(long, value_name = "IP or CIDR")]
    pub(super) trusted_proxy: Vec<Network>,
}
