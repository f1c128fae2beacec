//! Debounces key-frame requests to one producer stream.
