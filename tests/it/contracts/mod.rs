//! What the native dialect says, for machines: JSON Schemas and an AsyncAPI document in
//! `docs/protocol`, TypeScript (ts-rs) in `client-react`. All of it is written from the server's own types and
//! the page; these tests fail when a file is not what would be written now.
//! `UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts` writes them.

mod agreement;
mod asyncapi;
mod schemas;
mod typescript;

use std::{env, fs, path::Path};

use serde_json::{Value, json};

use schemas::Schemas;
use typescript::Types;

/// Fails unless the file holds this text; writes it if asked to.
fn assert_fresh(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("UPDATE_CONTRACTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{file} is stale: UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts"
    );
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap() + "\n"
}

#[test]
fn schemas_are_fresh() {
    let schemas = Schemas::of_native();
    for (name, document) in schemas.documents() {
        assert_fresh(
            &format!("docs/protocol/schema/{name}.json"),
            &pretty(&document),
        );
    }
}

#[test]
fn the_asyncapi_document_is_fresh() {
    let document = asyncapi::document(&Schemas::of_native());
    assert_fresh("docs/protocol/asyncapi.json", &pretty(&document));
}

#[test]
fn the_openapi_document_is_fresh() {
    let document = serde_json::to_value(miso::http::openapi::document()).unwrap();
    assert_fresh("docs/protocol/openapi.json", &pretty(&document));
}

#[test]
fn the_clients_types_are_fresh() {
    let text = Types::of_native().module();
    assert_fresh("client-react/src/protocol/generated.ts", &text);
}

/// Signalling passes the engine's counters on unseen, so their schema is a type of its own.
#[test]
fn counters_are_described_as_the_engine_writes_them() {
    let schemas = Schemas::of_native();
    let described = &schemas.sent["TransportStats"]["properties"];
    let written = json!(media::TransportStats::default());
    let names =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(names(described), names(&written));
}
