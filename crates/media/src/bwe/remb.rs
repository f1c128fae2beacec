//! Receiver-side bandwidth estimate from abs-send-time, told to a sender by REMB.
