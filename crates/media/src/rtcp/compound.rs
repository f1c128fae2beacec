//! Splits compound RTCP (RFC 3550 §6.1, RFC 5506) into what the router acts on.
