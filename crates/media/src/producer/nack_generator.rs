//! Decides which missing packets to ask for again, and when.
