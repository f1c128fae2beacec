//! The client's types: interfaces for everything of ours, mediasoup-client's own types for its objects,
//! and the two maps from events to what they carry.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Map, Value};

use super::schemas::{ByEvent, Schemas, references};

/// Objects that are mediasoup-client's.
const THEIRS: &[&str] = &[
    "DtlsParameters",
    "IceCandidate",
    "IceParameters",
    "MediaKind",
    "RtpCapabilities",
    "RtpParameters",
];

/// A union that is longer has a line for each part.
const LINE: usize = 90;

const HEAD: &str = "\
/* eslint-disable max-lines -- one declaration per type of the server */
// Written from the server's types by tests/it/contracts; do not edit.
// UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts
import type { types } from \"mediasoup-client\";
";

/// The module.
pub(super) fn module(schemas: &Schemas) -> String {
    let mut text = HEAD.to_owned();
    text.push('\n');
    for name in THEIRS {
        writeln!(text, "export type {name} = types.{name};").unwrap();
    }
    let requests = schemas
        .requests
        .iter()
        .filter_map(|(_, schema)| schema.as_ref());
    let all = schemas.answers.iter().chain(&schemas.notifications);
    let sent = all
        .filter_map(|(_, schema)| schema.as_ref())
        .chain([&schemas.error]);
    for (roots, definitions) in [
        (requests.collect::<Vec<_>>(), &schemas.received),
        (sent.collect(), &schemas.sent),
    ] {
        for name in reachable(&roots, |name| &definitions[name]) {
            if text.contains(&format!(" {name} ")) {
                continue;
            }
            text.push('\n');
            text.push_str(&declaration(&name, &definitions[&name]));
        }
    }
    text.push_str("\n/** What the client asks: event → [payload, answer]. */\n");
    text.push_str("export interface Requests {\n");
    for ((event, payload), (_, answer)) in schemas.requests.iter().zip(&schemas.answers) {
        let payload = payload.as_ref().map_or("undefined".into(), written);
        let answer = answer.as_ref().map_or("undefined".into(), written);
        writeln!(text, "  {}: [{payload}, {answer}];", key(event)).unwrap();
    }
    text.push_str("}\n\n/** What the server tells without being asked: event → payload. */\n");
    text.push_str(&notifications(&schemas.notifications));
    text
}

fn notifications(events: &ByEvent) -> String {
    let mut text = "export interface Notifications {\n".to_owned();
    for (event, payload) in events {
        let payload = payload.as_ref().map_or("undefined".into(), written);
        writeln!(text, "  {}: {payload};", key(event)).unwrap();
    }
    text + "}\n"
}

/// Names of ours that these schemas need, in order.
fn reachable<'a>(roots: &[&Value], definition: impl Fn(&str) -> &'a Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<_> = roots.iter().flat_map(|root| references(root)).collect();
    while let Some(name) = open.pop() {
        if !THEIRS.contains(&name.as_str()) && !found.contains(&name) {
            open.extend(references(definition(&name)));
            found.insert(name);
        }
    }
    found
}

fn declaration(name: &str, schema: &Value) -> String {
    let mut text = comment(schema, "");
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            writeln!(text, "export interface {name} {{").unwrap();
            text.push_str(&members(schema, properties));
            text.push_str("}\n");
        }
        None => match written(schema) {
            long if long.len() > LINE => {
                let lines = long.replace(" | ", "\n  | ");
                writeln!(text, "export type {name} =\n  | {lines};").unwrap();
            }
            short => writeln!(text, "export type {name} = {short};").unwrap(),
        },
    }
    text
}

fn members(schema: &Value, properties: &Map<String, Value>) -> String {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    for (name, property) in properties {
        let optional = if required.contains(&name.as_str().into()) {
            ""
        } else {
            "?"
        };
        text.push_str(&comment(property, "  "));
        writeln!(text, "  {}{optional}: {};", key(name), written(property)).unwrap();
    }
    text
}

fn comment(schema: &Value, indent: &str) -> String {
    let description = schema["description"].as_str().unwrap_or_default();
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.as_str() {
        "" => String::new(),
        line => format!("{indent}/** {line} */\n"),
    }
}

/// An event or a member as a property name.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric());
    if plain {
        name.into()
    } else {
        format!("{name:?}")
    }
}

/// A schema as a type expression.
fn written(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        return path.rsplit('/').next().unwrap().to_owned();
    }
    if let Some(only) = schema.get("const") {
        return only.to_string();
    }
    if let Some(words) = schema["enum"].as_array() {
        return union(words.iter().map(Value::to_string));
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[several].as_array() {
            return union(parts.iter().map(written));
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => union(kinds.iter().map(|kind| of_type(kind, schema))),
        kind => of_type(kind, schema),
    }
}

fn union(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" | ")
}

fn of_type(kind: &Value, schema: &Value) -> String {
    match kind.as_str() {
        Some("null") => "null".into(),
        Some("string") => "string".into(),
        Some("boolean") => "boolean".into(),
        Some("integer" | "number") => "number".into(),
        Some("array") => match written(&schema["items"]) {
            item if item.contains(' ') => format!("({item})[]"),
            item => format!("{item}[]"),
        },
        Some("object") => "Record<string, never>".into(),
        // Whatever it is: the client makes and reads objects.
        _ => "Record<string, unknown>".into(),
    }
}
