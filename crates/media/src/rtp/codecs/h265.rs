//! What a forwarder must know of a H265 payload: key frame, layers.
