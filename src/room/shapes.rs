//! How consumers are received, kept for whoever asks later. Consumers of one producer are received
//! alike but for their names, so what they share is kept once: a few dozen bytes each instead of
//! some thousand.

use std::sync::Arc;

use ortc::types::{RtpParameters, RtxEncoding};

/// Parameters without names, of consumers of one producer.
#[derive(Debug, Default)]
pub(super) struct Shapes(Vec<Arc<RtpParameters>>);

/// Kinds of receivers one producer is remembered for; further ones are kept each for itself. A
/// browser is one kind, in old and new versions perhaps two.
const MOST: usize = 16;

impl Shapes {
    /// Takes apart how a consumer is received.
    pub(super) fn keep(&mut self, mut parameters: RtpParameters) -> Received {
        let mid = parameters.mid.as_deref().and_then(|mid| mid.parse().ok());
        let mid = mid.filter(|mid: &u32| parameters.mid.as_deref() == Some(&mid.to_string()));
        if mid.is_some() {
            parameters.mid = None;
        }
        let first = parameters.encodings.first_mut();
        let (ssrc, rtx_ssrc) = first.map_or((None, None), |encoding| {
            let rtx = encoding.rtx.as_mut();
            (
                encoding.ssrc.take(),
                rtx.map(|rtx| std::mem::take(&mut rtx.ssrc)),
            )
        });
        Received {
            shape: self.shared(parameters),
            mid,
            ssrc,
            rtx_ssrc,
        }
    }

    fn shared(&mut self, parameters: RtpParameters) -> Arc<RtpParameters> {
        if let Some(known) = self.0.iter().find(|known| ***known == parameters) {
            return Arc::clone(known);
        }
        let shape = Arc::new(parameters);
        if self.0.len() < MOST {
            self.0.push(Arc::clone(&shape));
        }
        shape
    }
}

/// How one consumer is received.
#[derive(Debug)]
pub(super) struct Received {
    shape: Arc<RtpParameters>,
    mid: Option<u32>,
    ssrc: Option<u32>,
    rtx_ssrc: Option<u32>,
}

impl Received {
    /// Put together again.
    pub(super) fn rtp_parameters(&self) -> RtpParameters {
        let mut parameters = (*self.shape).clone();
        if let Some(mid) = self.mid {
            parameters.mid = Some(mid.to_string());
        }
        if let Some(encoding) = parameters.encodings.first_mut() {
            encoding.ssrc = self.ssrc;
            encoding.rtx = self.rtx_ssrc.map(|ssrc| RtxEncoding { ssrc });
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use ortc::types::RtpEncodingParameters;

    use super::*;

    fn parameters(mid: &str, ssrc: u32) -> RtpParameters {
        RtpParameters {
            mid: Some(mid.to_owned()),
            encodings: vec![RtpEncodingParameters {
                ssrc: Some(ssrc),
                rtx: Some(RtxEncoding { ssrc: ssrc + 1 }),
                ..RtpEncodingParameters::default()
            }],
            ..RtpParameters::default()
        }
    }

    #[test]
    fn what_is_kept_comes_out_as_it_was_and_is_kept_once() {
        let mut shapes = Shapes::default();
        let one = shapes.keep(parameters("0", 7));
        let two = shapes.keep(parameters("12", 9));
        assert!(Arc::ptr_eq(&one.shape, &two.shape));
        assert_eq!(one.rtp_parameters(), parameters("0", 7));
        assert_eq!(two.rtp_parameters(), parameters("12", 9));
    }

    #[test]
    fn names_of_other_kinds_are_kept_as_they_are() {
        let mut shapes = Shapes::default();
        for mid in ["video", "007", ""] {
            let kept = shapes.keep(parameters(mid, 1));
            assert_eq!(kept.rtp_parameters(), parameters(mid, 1));
        }
    }

    #[test]
    fn shapes_are_bounded() {
        let mut shapes = Shapes::default();
        for n in 0..100 {
            let kept = shapes.keep(parameters(&format!("m{n}"), 1));
            assert_eq!(kept.rtp_parameters(), parameters(&format!("m{n}"), 1));
        }
        assert_eq!(shapes.0.len(), MOST);
    }
}
