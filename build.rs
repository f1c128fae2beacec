//! Rebuilds the server when the browser client was built anew. Writes nothing.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is not there would count as changed at every build.
    let dist = "client-react/dist";
    if Path::new(dist).exists() {
        println!("cargo::rerun-if-changed={dist}");
    }
}
