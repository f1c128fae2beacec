//! DTLS 1.2 handshake on dimpl; the only file that names it.
