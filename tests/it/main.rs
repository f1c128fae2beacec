//! Tests of the whole product.
mod architecture;
mod engine;
mod support;
