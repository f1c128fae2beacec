//! Statistics and reports of one received RTP stream.
