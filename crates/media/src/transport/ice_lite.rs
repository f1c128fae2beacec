//! ICE-lite (RFC 8445 §2.5): answers checks, never sends any; the only file that names rtc-stun.
