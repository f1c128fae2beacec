//! The tables behind one shared port: remote address or ICE username fragment → transport.

use std::collections::HashMap;

use crate::{
    Tuple,
    router::{RouterKey, TransportKey},
};

/// Where a transport is.
pub(crate) type Place = (RouterKey, TransportKey);

/// Tables of one worker. Only tuples ICE has validated are in it.
#[derive(Debug, Default)]
pub(crate) struct WebRtcServer {
    tuples: HashMap<Tuple, Place>,
    ufrags: HashMap<String, Place>,
}

impl WebRtcServer {
    /// The transport that validated this tuple.
    pub(crate) fn by_tuple(&self, tuple: &Tuple) -> Option<Place> {
        self.tuples.get(tuple).copied()
    }

    /// The transport with this username fragment.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<Place> {
        self.ufrags.get(ufrag).copied()
    }

    /// A tuple was validated. The newest valid check wins: addresses are reused by NATs.
    pub(crate) fn add_tuple(&mut self, tuple: Tuple, place: Place) {
        self.tuples.insert(tuple, place);
    }

    /// A transport no longer uses a tuple.
    pub(crate) fn remove_tuple(&mut self, tuple: &Tuple, place: Place) {
        if self.tuples.get(tuple) == Some(&place) {
            self.tuples.remove(tuple);
        }
    }

    /// A transport answers checks for a username fragment.
    pub(crate) fn add_ufrag(&mut self, ufrag: String, place: Place) {
        self.ufrags.insert(ufrag, place);
    }

    /// It no longer does.
    pub(crate) fn remove_ufrag(&mut self, ufrag: &str) {
        self.ufrags.remove(ufrag);
    }

    /// Forgets a transport that validated these tuples and answers to these username fragments.
    pub(crate) fn remove<'a>(
        &mut self,
        place: Place,
        tuples: impl Iterator<Item = Tuple>,
        ufrags: impl Iterator<Item = &'a str>,
    ) {
        for tuple in tuples {
            self.remove_tuple(&tuple, place);
        }
        for ufrag in ufrags {
            self.ufrags.remove(ufrag);
        }
    }

    /// Tuples and username fragments known.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.tuples.len(), self.ufrags.len())
    }
}

/// What a datagram is, by its first byte (RFC 7983 §7) and, for RTCP, its second (RFC 5761 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

impl Protocol {
    /// Classifies a datagram.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_that_goes_leaves_nothing_and_takes_nothing_of_others() {
        let mut server = WebRtcServer::default();
        let place = |router: u64| {
            let key = slotmap::KeyData::from_ffi(1 << 32 | router);
            (RouterKey::from(key), TransportKey::from(key))
        };
        let tuple = |port| Tuple {
            socket: crate::SocketId(0),
            remote: ([192, 0, 2, 1], port).into(),
        };
        let (gone, other) = (place(1), place(2));
        for port in 1..=3 {
            server.add_tuple(tuple(port), gone);
        }
        server.add_ufrag("old".to_owned(), gone);
        server.add_ufrag("new".to_owned(), gone);
        server.add_ufrag("other".to_owned(), other);
        // Validated by another since.
        server.add_tuple(tuple(3), other);
        let ufrags = ["old", "new"].into_iter();
        server.remove(gone, (1..=3).map(tuple), ufrags);
        assert_eq!(server.len(), (1, 1));
        assert_eq!(server.by_tuple(&tuple(3)), Some(other));
        assert_eq!(server.by_ufrag("other"), Some(other));
    }

    #[test]
    fn datagrams_are_classified_as_rfc_7983_says() {
        let cases = [
            (&[0u8, 1][..], Protocol::Stun),
            (&[3], Protocol::Stun),
            (&[4], Protocol::Unknown),
            (&[22, 254], Protocol::Dtls),
            (&[63], Protocol::Dtls),
            (&[64], Protocol::Unknown),
            (&[128, 111], Protocol::Rtp),
            (&[128, 239], Protocol::Rtp),
            (&[128, 200], Protocol::Rtcp),
            (&[191, 206], Protocol::Rtcp),
            (&[128], Protocol::Unknown),
            (&[192, 0], Protocol::Unknown),
            (&[], Protocol::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Protocol::of(bytes), expected, "{bytes:?}");
        }
    }
}
