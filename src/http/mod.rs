//! HTTP beside Socket.IO.

pub mod rest;
