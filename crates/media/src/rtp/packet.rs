//! A view on the bytes of an RTP packet (RFC 3550, RFC 8285); allocates nothing.
