//! Tests of the whole product.
mod architecture;
