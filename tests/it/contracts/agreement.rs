//! JSON Schemas and TypeScript are derived from the same types of the server, by two crates that read
//! them each in its own way. Here they must say the same: names, what may be left out, what may be
//! null, and which words there are.

use std::{collections::BTreeSet, slice::from_ref};

use serde_json::Value;

use super::{
    schemas::{ByEvent, Schemas, references},
    typescript::Types,
};

#[test]
fn schemas_and_types_agree() {
    let schemas = Schemas::of_native();
    let types = Types::of_native();
    let asked = |at: usize| {
        types
            .asked
            .iter()
            .map(move |(_, carried)| carried[at].as_str())
    };
    assert_eq!(asked(0).collect::<Vec<_>>(), names(&schemas.requests));
    assert_eq!(asked(1).collect::<Vec<_>>(), names(&schemas.answers));
    let told: Vec<_> = types.told.iter().map(|(_, carried)| carried).collect();
    assert_eq!(
        told,
        names(&schemas.notifications).iter().collect::<Vec<_>>()
    );
    for (name, declaration) in &types.declared {
        // mediasoup-client's own, and whatever its owner likes.
        if declaration.contains("= types.") || name == "AppData" {
            continue;
        }
        let schema = schemas.received.get(name).or(schemas.sent.get(name));
        let schema = schema.unwrap_or_else(|| panic!("{name} has no schema"));
        assert_agree(name, schema, declaration);
    }
}

/// What events carry, by name.
fn names(events: &ByEvent) -> Vec<String> {
    let named = events.iter().map(|(_, schema)| {
        let reference = schema.as_ref().and_then(|schema| references(schema).pop());
        reference.unwrap_or("undefined".into())
    });
    named.collect()
}

fn assert_agree(name: &str, schema: &Value, declaration: &str) {
    let Some(properties) = schema["properties"].as_object() else {
        let (_, text) = declaration.split_once('=').unwrap();
        return assert_type_agrees(name, schema, text);
    };
    let members = declaration.lines().filter_map(|line| {
        let line = line
            .strip_prefix("  ")
            .filter(|line| !line.starts_with("/**"))?;
        line.strip_suffix(';')?.split_once(": ")
    });
    let members: Vec<_> = members.collect();
    let mut written: Vec<_> = members
        .iter()
        .map(|(key, _)| key.trim_end_matches('?'))
        .collect();
    written.sort_unstable();
    let mut known: Vec<_> = properties.keys().map(String::as_str).collect();
    known.sort_unstable();
    assert_eq!(written, known, "{name}");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (key, text) in members {
        let member = key.trim_end_matches('?');
        let optional = !required.contains(&member.into());
        let context = format!("{name}.{member}");
        assert_eq!(key.ends_with('?'), optional, "{context} may be left out");
        assert_type_agrees(&context, &properties[member], text);
    }
}

/// Whether both allow null, and both name the same words and types.
fn assert_type_agrees(context: &str, schema: &Value, text: &str) {
    let nullable = text.split([' ', ';']).any(|part| part == "null");
    assert_eq!(nullable, allows_null(schema), "{context} may be null");
    let quoted = text.split('"').skip(1).step_by(2);
    let written: BTreeSet<_> = quoted.map(str::to_owned).collect();
    assert_eq!(written, words(schema), "{context}");
    for part in references(schema) {
        assert!(text.contains(&part), "{context} is {text}, not {part}");
    }
}

fn allows_null(schema: &Value) -> bool {
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.as_slice(),
        kind => from_ref(kind),
    };
    kinds.contains(&"null".into()) || alternatives(schema).any(allows_null)
}

/// Every text the schema names.
fn words(schema: &Value) -> BTreeSet<String> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let own = listed.chain(schema.get("const")).filter_map(Value::as_str);
    let own = own.map(str::to_owned);
    own.chain(alternatives(schema).flat_map(words)).collect()
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let several = ["oneOf", "anyOf"].into_iter();
    several.filter_map(|key| schema[key].as_array()).flatten()
}
