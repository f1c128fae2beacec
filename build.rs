//! Rebuilds the server when the browser client was built anew, and says when there is none. Writes
//! nothing.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is not there would count as changed at every build.
    for built in [
        "client-react/dist",
        "client-react/node_modules/socket.io-client/dist/socket.io.min.js",
    ] {
        if Path::new(built).exists() {
            println!("cargo::rerun-if-changed={built}");
        }
    }
    if !Path::new("client-react/dist/index.html").exists() {
        println!(
            "cargo::warning=the browser client is not built: the server will show a page that says \
             how (`make client` first, or `make run`)"
        );
    }
}
