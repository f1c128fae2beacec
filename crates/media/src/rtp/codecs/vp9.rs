//! What a forwarder must know of a VP9 payload: key frame, layers.
