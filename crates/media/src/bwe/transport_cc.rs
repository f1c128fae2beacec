//! Transport-wide congestion control feedback to a sender.
