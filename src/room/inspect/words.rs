//! The words that states and kinds are written as, for whoever describes the answers. The values
//! themselves come from where they are decided.

use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $case:literal { $($word:ident)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, ToSchema)]
            #[schema(rename_all = $case)]
            #[allow(missing_docs)] // the words say it
            pub enum $name { $($word),+ }
        )+
    };
}

words! {
    /// What is carried.
    Kind = "lowercase" { Audio Video }
    /// How layers are carried: one stream, several streams of one source, or one stream with layers.
    LayersIn = "lowercase" { Simple Simulcast Svc Pipe }
    /// What a transport is for, seen from the client; `either` where the client did not say.
    Direction = "lowercase" { Send Receive Either }
    /// State of ICE: `connected` once checks succeed, `completed` once a pair is nominated.
    Ice = "lowercase" { New Connected Completed Disconnected Closed }
    /// State of DTLS.
    Dtls = "lowercase" { New Connecting Connected Failed Closed }
}
