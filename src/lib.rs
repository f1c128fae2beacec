//! miso: a WebRTC SFU in one binary.
