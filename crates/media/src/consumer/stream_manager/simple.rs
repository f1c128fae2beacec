//! One stream in, one stream out.
