//! Which of the router's payload types a consumer takes, and what its receiver calls them.

use ortc::types::RtpParameters;

use super::types::is_rtx;
use crate::{CommandError, ConsumeOptions};

/// RTP has seven bits for a payload type (RFC 3550 §5.1).
const COUNT: usize = 128;

/// Payload types of one consumer. A receiver that was told the router's costs one comparison.
#[derive(Debug)]
pub(super) struct PayloadTypes {
    /// One bit per payload type of the router that is taken.
    taken: u128,
    /// The receiver's by the router's; none: they are the same.
    names: Option<Box<[u8; COUNT]>>,
}

impl PayloadTypes {
    /// Those of the media codecs in `options`.
    pub(super) fn new(options: &ConsumeOptions) -> Result<Self, CommandError> {
        let received = media_types(&options.rtp_parameters);
        if received == 0 {
            return Err(invalid("no media codec"));
        }
        if options.payload_types.is_empty() {
            return Ok(Self {
                taken: received,
                names: None,
            });
        }
        let (mut taken, mut names) = (0u128, Box::new([0; COUNT]));
        for (router, receiver) in options.payload_types.iter().copied() {
            let name = names.get_mut(usize::from(router));
            let Some(name) = name.filter(|_| usize::from(receiver) < COUNT) else {
                return Err(invalid("a payload type has seven bits"));
            };
            // Also those of RTX may be told; what is sent under them is not the router's.
            if received >> receiver & 1 == 1 {
                taken |= 1 << router;
                *name = receiver;
            }
        }
        if taken == 0 {
            return Err(invalid("no media codec has a payload type of the router"));
        }
        Ok(Self {
            taken,
            names: Some(names),
        })
    }

    /// Whether packets of this payload type of the router concern the receiver.
    pub(super) fn takes(&self, router: u8) -> bool {
        usize::from(router) < COUNT && self.taken >> router & 1 == 1
    }

    /// What the receiver calls a payload type of the router that is taken.
    pub(super) fn name(&self, router: u8) -> u8 {
        match &self.names {
            None => router,
            Some(names) => names[usize::from(router) % COUNT],
        }
    }
}

fn media_types(parameters: &RtpParameters) -> u128 {
    let media = parameters.codecs.iter().filter(|codec| !is_rtx(codec));
    media.fold(0, |types, codec| {
        types | 1u128 << (codec.payload_type & 0x7F)
    })
}

fn invalid(reason: &str) -> CommandError {
    CommandError::InvalidRtpParameters(reason.to_owned())
}
