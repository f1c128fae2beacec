//! Writes the RTCP packets the router sends.
