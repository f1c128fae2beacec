//! What a forwarder must know of a H264 payload: key frame, layers.
