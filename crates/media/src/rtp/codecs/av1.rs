//! What a forwarder must know of a AV1 payload: key frame, layers.
