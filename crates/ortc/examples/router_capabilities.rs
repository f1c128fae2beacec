//! Prints the default router's capabilities as a client of the given profile is told of them:
//! `cargo run -p ortc --example router_capabilities -- compat`.

use ortc::{HeaderExtensionProfile, default_media_codecs, router_rtp_capabilities};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let profile: HeaderExtensionProfile = serde_json::from_value(name.into())?;
    let router = router_rtp_capabilities(&default_media_codecs())?;
    println!("{}", serde_json::to_string_pretty(&profile.apply(&router))?);
    Ok(())
}
