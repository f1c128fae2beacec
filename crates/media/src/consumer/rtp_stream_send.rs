//! Statistics, reports and retransmissions of one sent RTP stream.
