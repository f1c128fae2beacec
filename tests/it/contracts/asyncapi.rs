//! The AsyncAPI 3 document: events, acknowledgements, notifications and errors, with the page's words
//! and examples.

use std::collections::BTreeMap;

use miso::signaling::dialect::native::{
    ASKS, NOTICES,
    contract::{Ask, COMMON},
};
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use crate::support::page::{examples, page, prose};

/// Where messages of the channel are.
const CHANNEL: &str = "#/channels/mediasoup";

/// The document.
pub(super) fn document(schemas: &Schemas) -> Value {
    let page = page();
    let components = Components::of(schemas);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "miso, native dialect",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "localhost:3000",
                "protocol": "wss",
                "description": "Socket.IO 5 (or 4) over WebSocket or HTTP polling, at /socket.io/.",
            },
        },
        "channels": {
            "mediasoup": {
                "address": "/mediasoup",
                "title": "The namespace",
                "description": "Every event of a client and of the server.",
                "messages": messages(&page, schemas, &components),
            },
        },
        "operations": operations(&page),
        "components": { "schemas": components.schemas },
    })
}

const ABOUT: &str = "Socket.IO events of namespace `/mediasoup` for clients that connect with the \
    query `dialect=native`. A message's name is the event's, its payload the event's only argument; \
    a reply is the argument of the acknowledgement. Members a reader does not know are to be ignored. \
    In words: protocol.md.";

/// Requests and everything else are described apart, since what may be left out on the way in is
/// always there on the way out. Here they are together.
struct Components {
    schemas: BTreeMap<String, Value>,
    /// Names that mean something else in requests, and what they are called here.
    renamed: BTreeMap<String, String>,
}

impl Components {
    fn of(all: &Schemas) -> Self {
        let differs =
            |name: &String, schema: &Value| all.sent.get(name).is_some_and(|sent| sent != schema);
        let mut renamed = BTreeMap::new();
        // A schema whose parts are renamed is another one, too.
        loop {
            let found = all.received.iter().find(|(name, schema)| {
                let shared = all.sent.contains_key(*name) && !renamed.contains_key(*name);
                let parts = super::schemas::references(schema);
                shared
                    && (differs(name, schema)
                        || parts.iter().any(|part| renamed.contains_key(part)))
            });
            let Some((name, _)) = found else { break };
            renamed.insert(name.clone(), format!("Client{name}"));
        }
        let mut components = Self {
            schemas: BTreeMap::new(),
            renamed,
        };
        for (name, schema) in &all.sent {
            let schema = components.placed(schema, false);
            components.schemas.insert(name.clone(), schema);
        }
        for (name, schema) in &all.received {
            let placed = components.placed(schema, true);
            let name = components.renamed.get(name).unwrap_or(name).clone();
            components.schemas.insert(name, placed);
        }
        components
    }

    /// The schema with references to where things are here.
    fn placed(&self, schema: &Value, received: bool) -> Value {
        match schema {
            Value::Object(members) => {
                let placed = members.iter().map(|(key, value)| {
                    let value = match value.as_str() {
                        Some(path) if key == "$ref" => self.reference(path, received),
                        _ => self.placed(value, received),
                    };
                    (key.clone(), value)
                });
                Value::Object(placed.collect())
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.placed(item, received))
                .collect(),
            other => other.clone(),
        }
    }

    fn reference(&self, path: &str, received: bool) -> Value {
        let name = path.rsplit('/').next().unwrap();
        let renamed = self.renamed.get(name).filter(|_| received);
        let name = renamed.map_or(name, String::as_str);
        json!(format!("#/components/schemas/{name}"))
    }
}

/// Everything that travels on the channel, by a name of its own.
fn messages(page: &str, schemas: &Schemas, components: &Components) -> Map<String, Value> {
    let mut messages = Map::new();
    for (event, schema) in &schemas.requests {
        let mut message = json!({ "name": event, "title": event, "summary": summary(page, event) });
        if let Some(schema) = schema {
            message["payload"] = components.placed(schema, true);
            message["examples"] = json!([{ "payload": examples(page, event)[0] }]);
        }
        messages.insert((*event).to_owned(), message);
    }
    for (event, schema) in &schemas.answers {
        let message = json!({
            "name": event,
            "title": format!("{event}, acknowledged"),
            "payload": schema.as_ref().map(|schema| components.placed(schema, false)),
            "examples": [{ "payload": examples(page, event).last() }],
        });
        messages.insert(acknowledgement(event), message);
    }
    for (event, schema) in &schemas.notifications {
        let message = json!({
            "name": event,
            "title": event,
            "summary": summary(page, event),
            "payload": schema.as_ref().map(|schema| components.placed(schema, false)),
            "examples": [{ "payload": examples(page, event)[0] }],
        });
        messages.insert((*event).to_owned(), message);
    }
    let failed = json!({
        "name": "error",
        "title": "any event, failed",
        "payload": components.placed(&schemas.error, false),
    });
    messages.insert("error".into(), failed);
    messages
}

fn acknowledgement(event: &str) -> String {
    format!("{event}.ack")
}

fn summary(page: &str, event: &str) -> String {
    let prose = prose(page, event);
    prose.split("\n\n").next().unwrap().to_owned()
}

/// What the server does with each message.
fn operations(page: &str) -> Map<String, Value> {
    let message = |name: &str| json!({ "$ref": format!("{CHANNEL}/messages/{name}") });
    let operation = |action: &str, name: &str| {
        json!({
            "action": action,
            "channel": { "$ref": CHANNEL },
            "title": name,
            "description": prose(page, name),
            "messages": [message(name)],
        })
    };
    let asked = ASKS.iter().map(|ask| {
        let mut operation = operation("receive", ask.name);
        operation["reply"] = json!({
            "channel": { "$ref": CHANNEL },
            "messages": [message(&acknowledgement(ask.name)), message("error")],
        });
        operation["x-errors"] = errors(ask).into();
        (ask.name.to_owned(), operation)
    });
    let told = NOTICES
        .iter()
        .map(|notice| (notice.name.to_owned(), operation("send", notice.name)));
    asked.chain(told).collect()
}

/// Every word the event may fail with.
fn errors(ask: &Ask) -> Vec<&'static str> {
    let joined = !["joinRoom", "leaveRoom"].contains(&ask.name);
    let common = COMMON.iter().chain(ask.errors).map(|code| code.as_str());
    common.chain(joined.then_some("not-joined")).collect()
}
