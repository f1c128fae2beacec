//! The objects that are mediasoup-client's, as TypeScript: by its own names for them. They travel both
//! ways and may lack other members in each, so no one type made from ours would be right in both.

use std::path::PathBuf;

use ts_rs::{Config, TS};

use super::{DtlsParameters, IceCandidate, IceParameters, RtpCapabilities, RtpParameters};

/// A declaration that names the type of the same name in mediasoup-client's `types`.
macro_rules! of_mediasoup_client {
    ($($name:ident)*) => {$(
        impl TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            fn name(_: &Config) -> String {
                stringify!($name).into()
            }

            fn inline(config: &Config) -> String {
                format!("types.{}", Self::name(config))
            }

            fn decl(config: &Config) -> String {
                format!("type {} = {};", Self::name(config), Self::inline(config))
            }

            fn output_path() -> Option<PathBuf> {
                Some(concat!(stringify!($name), ".ts").into())
            }
        }
    )*};
}

of_mediasoup_client!(DtlsParameters IceCandidate IceParameters RtpCapabilities RtpParameters);
