//! Several streams of one source in, the best living one out.
