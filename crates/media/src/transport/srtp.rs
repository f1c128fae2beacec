//! SRTP and SRTCP in place (RFC 3711, RFC 7714); knows nothing of streams or media.
