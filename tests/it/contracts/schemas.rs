//! JSON Schemas (draft 7) of everything the native dialect carries.

use std::collections::BTreeMap;

use miso::signaling::dialect::native::{ASKS, NOTICES, answers::ErrorAnswer, contract::Shape};
use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
    transform::{Transform, transform_subschemas},
};
use serde_json::{Map, Value, json};

/// By event: a reference to the schema of what it carries, `None` for nothing.
pub(super) type ByEvent = Vec<(&'static str, Option<Value>)>;

/// Everything, by event, and the schemas referred to, by name.
pub(super) struct Schemas {
    /// Payloads of clients.
    pub(super) requests: ByEvent,
    /// Acknowledgements of success.
    pub(super) answers: ByEvent,
    /// Payloads of the server.
    pub(super) notifications: ByEvent,
    /// An acknowledgement of failure.
    pub(super) error: Value,
    /// What requests are made of.
    pub(super) received: BTreeMap<String, Value>,
    /// What everything else is made of.
    pub(super) sent: BTreeMap<String, Value>,
}

impl Schemas {
    /// Those of the server's tables.
    pub(super) fn of_native() -> Self {
        let mut received = generator(Contract::Deserialize);
        let payloads = ASKS.iter().map(|ask| (ask.name, ask.payload));
        let requests = by_event(&mut received, payloads);
        let mut sent = generator(Contract::Serialize);
        let answers = by_event(
            &mut sent,
            ASKS.iter().map(|ask| (ask.name, Some(ask.answer))),
        );
        let notices = NOTICES.iter().map(|told| (told.name, Some(told.payload)));
        let notifications = by_event(&mut sent, notices);
        let error = sent.subschema_for::<ErrorAnswer>().to_value();
        Self {
            requests,
            answers,
            notifications,
            error,
            received: definitions(received),
            sent: definitions(sent),
        }
    }

    /// One file each: an object with a member per event.
    pub(super) fn documents(&self) -> [(&'static str, Value); 4] {
        let file = |title, events: &ByEvent, definitions| {
            let mut document = root(title, definitions);
            let members = events.iter().filter_map(|(name, schema)| {
                let schema = schema.clone()?;
                Some(((*name).to_owned(), schema))
            });
            document["type"] = json!("object");
            document["properties"] = members.collect::<Map<_, _>>().into();
            document
        };
        let requests = "What a client sends, by event";
        let answers = "What a client is answered, by event";
        let notifications = "What a client is told, by event";
        let mut error = root("What a client is answered when an event fails", &self.sent);
        error["allOf"] = json!([self.error]);
        [
            ("requests", file(requests, &self.requests, &self.received)),
            ("answers", file(answers, &self.answers, &self.sent)),
            (
                "notifications",
                file(notifications, &self.notifications, &self.sent),
            ),
            ("error", error),
        ]
        .map(|(name, document)| (name, without_strangers(document)))
    }
}

fn generator(contract: Contract) -> SchemaGenerator {
    let settings = SchemaSettings::draft07().with(|settings| settings.contract = contract);
    settings.with_transform(PlainNumbers).into_generator()
}

fn by_event(
    generator: &mut SchemaGenerator,
    events: impl Iterator<Item = (&'static str, Option<Shape>)>,
) -> ByEvent {
    let described = events.map(|(name, shape)| {
        let schema = shape.map(|shape| (shape.schema)(generator).to_value());
        (name, schema)
    });
    described.collect()
}

fn definitions(mut generator: SchemaGenerator) -> BTreeMap<String, Value> {
    generator.take_definitions(true).into_iter().collect()
}

fn root(title: &str, definitions: &BTreeMap<String, Value>) -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "definitions": definitions,
    })
}

/// Definitions nothing in the document leads to are left out.
fn without_strangers(mut document: Value) -> Value {
    let Value::Object(all) = document["definitions"].take() else {
        return document;
    };
    let mut wanted = BTreeMap::new();
    let mut open = references(&document);
    while let Some(name) = open.pop() {
        if !wanted.contains_key(&name) {
            open.extend(references(&all[&name]));
            wanted.insert(name.clone(), all[&name].clone());
        }
    }
    document["definitions"] = json!(wanted);
    document
}

/// Names of the definitions a schema refers to.
pub(super) fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.map(|path| path.rsplit('/').next().unwrap().to_owned());
            let inner = members.values().flat_map(references);
            own.into_iter().chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// `uint32` and the like are no formats of JSON Schema; their bounds stay.
#[derive(Clone, Debug)]
struct PlainNumbers;

impl Transform for PlainNumbers {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        let format = schema.get("format").and_then(Value::as_str);
        if format.is_some_and(|format| format != "uuid") {
            schema.remove("format");
        }
        transform_subschemas(self, schema);
    }
}
