//! Every dialect a server speaks: the built-in ones, those its operator describes by renaming
//! another's events, and the namespaces pinned to one of them.

use std::collections::BTreeSet;

use super::{ALL, Dialect, Event, Hello, Start, detect};
use crate::config::{ConfigError, DialectConfig, SignalingConfig};

/// The dialects of a server.
#[derive(Debug)]
pub struct Dialects {
    described: Vec<Described>,
    namespaces: Vec<(String, &'static Dialect)>,
}

/// A dialect the operator describes.
#[derive(Debug)]
struct Described {
    dialect: &'static Dialect,
    first: Vec<String>,
}

impl Dialects {
    /// The built-in dialects and what the configuration adds.
    ///
    /// # Errors
    /// A sentence that names what does not exist or exists twice.
    pub fn new(config: &SignalingConfig) -> Result<Self, ConfigError> {
        let mut all = Self {
            described: Vec::new(),
            namespaces: Vec::new(),
        };
        for one in &config.dialects {
            if all.named(&one.name).is_some() {
                return Err(ConfigError(format!(
                    "dialect {}: the name is taken",
                    one.name
                )));
            }
            let dialect: &'static Dialect = Box::leak(Box::new(describe(one)?));
            if let Some(namespace) = &one.namespace {
                all.namespaces.push((namespace.clone(), dialect));
            }
            let first = one.first.clone();
            all.described.push(Described { dialect, first });
        }
        for (namespace, name) in &config.namespaces {
            let dialect = all.named(name);
            let unknown = || ConfigError(format!("namespace {namespace}: no dialect {name}"));
            all.namespaces
                .push((namespace.clone(), dialect.ok_or_else(unknown)?));
        }
        all.check_namespaces()?;
        Ok(all)
    }

    fn check_namespaces(&self) -> Result<(), ConfigError> {
        let fail = |name: &str, why| Err(ConfigError(format!("namespace {name}: {why}")));
        let mut seen = BTreeSet::new();
        for (name, _) in &self.namespaces {
            if !name.starts_with('/') {
                return fail(name, "begin it with a slash");
            }
            if !seen.insert(name) {
                return fail(name, "it is named twice");
            }
        }
        Ok(())
    }

    /// Namespaces beside the usual ones.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(|(name, _)| name.as_str())
    }

    /// What a connection tells before the first event.
    #[must_use]
    pub fn start(&self, path: &str, namespace: &str, query: &str) -> Start {
        let mut pairs = query.split('&');
        let asked = pairs.find_map(|pair| pair.strip_prefix("dialect="));
        let of_namespace = || {
            let mut pinned = self.namespaces.iter();
            let found = pinned.find(|(name, _)| name == namespace);
            found.map(|(_, dialect)| *dialect)
        };
        match asked
            .and_then(|name| self.named(name))
            .or_else(of_namespace)
        {
            Some(dialect) => Start {
                dialect,
                pinned: true,
            },
            None => detect::start(path, namespace),
        }
    }

    /// The dialect an event gives away, if it does.
    #[must_use]
    pub fn detect(&self, hello: &Hello<'_>) -> Option<&'static Dialect> {
        let described = self.described.iter();
        let mut told = described.filter(|one| one.first.iter().any(|first| first == hello.event));
        told.next()
            .map(|one| one.dialect)
            .or_else(|| detect::detect(hello))
    }

    /// Whether any dialect has an event of this name.
    #[must_use]
    pub fn any_knows(&self, event: &str) -> bool {
        let described = self.described.iter().map(|one| one.dialect);
        let mut all = ALL.iter().copied().chain(described);
        all.any(|dialect| dialect.event(event).is_some())
    }

    fn named(&self, name: &str) -> Option<&'static Dialect> {
        let described = self.described.iter().map(|one| one.dialect);
        let mut all = ALL.iter().copied().chain(described);
        all.find(|dialect| dialect.name == name)
    }
}

/// The base with other names. It lives as long as the process does, as every dialect.
fn describe(config: &DialectConfig) -> Result<Dialect, ConfigError> {
    let fail = |text: String| ConfigError(format!("dialect {}: {text}", config.name));
    let mut all = ALL.iter();
    let base = all.find(|dialect| dialect.name == config.base);
    let base = base.ok_or_else(|| fail(format!("no base {}", config.base)))?;
    let mut events: Vec<Event> = Vec::new();
    for (theirs, ours) in &config.events {
        let event = base.event(ours);
        let event = *event.ok_or_else(|| fail(format!("{} has no event {ours}", base.name)))?;
        let name = leak(theirs);
        events.push(Event { name, ..event });
    }
    let renamed = |event: &&Event| !config.events.values().any(|ours| ours == event.name);
    let kept = base.events.iter().filter(renamed);
    events.extend(kept.filter(|event| !config.events.contains_key(event.name)));
    let known = |ours: &&String| !TOLD.contains(&ours.as_str());
    if let Some(ours) = config.notifications.keys().find(known) {
        return Err(fail(format!("nobody is ever told {ours}")));
    }
    let told = config.notifications.iter();
    let told: Vec<_> = told
        .map(|(ours, theirs)| (leak(ours), leak(theirs)))
        .collect();
    Ok(Dialect {
        name: leak(&config.name),
        events: Vec::leak(events),
        // What the base only shares with others would come back under the old names.
        also: &[],
        renamed: Vec::leak(told),
        ..**base
    })
}

/// Everything a built-in dialect tells its clients.
pub const TOLD: &[&str] = &[
    "connection-success",
    "consume-producers",
    "consumer-layers-changed",
    "consumer-paused",
    "consumer-resumed",
    "consumerClosed",
    "message",
    "new-peer",
    "new-pipe-producer",
    "new-producer",
    "new-transport",
    "newProducer",
    "newProducers",
    "notice",
    "peer-left",
    "producer-add",
    "producer-closed",
    "producer-paused",
    "producer-remove",
    "producer-resumed",
    "producer-score",
    "producerClosed",
    "remove video",
    "room-closed",
    "server-draining",
    "status-change",
    "transport-closed",
    "update-peer-list",
];

fn leak(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::signaling::request::{Payload, Request};

    fn described() -> DialectConfig {
        DialectConfig {
            name: "acme".into(),
            base: "c".into(),
            first: vec!["enter".into()],
            events: [("enter".to_owned(), "joinRoom".to_owned())].into(),
            notifications: [("new-producer".to_owned(), "publisher".to_owned())].into(),
            ..DialectConfig::default()
        }
    }

    fn dialects(one: DialectConfig, namespaces: &[(&str, &str)]) -> Result<Dialects, ConfigError> {
        let text = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        Dialects::new(&SignalingConfig {
            dialects: vec![one],
            namespaces: namespaces.iter().map(text).collect(),
            ..SignalingConfig::default()
        })
    }

    #[test]
    fn a_described_dialect_is_its_base_under_other_names() {
        let all = dialects(described(), &[]).unwrap();
        let payload = Payload::new(vec![json!({"roomName": "x"})]);
        let hello = Hello {
            namespace: "/",
            event: "enter",
            payload: &payload,
            acknowledged: true,
            speaks: all.start("/socket.io/", "/", "").dialect,
        };
        let acme = all.detect(&hello).unwrap();
        assert_eq!(acme.name, "acme");
        let request = (acme.event("enter").unwrap().decode)(&payload).unwrap();
        assert!(matches!(request, Request::Join(join) if join.room.as_deref() == Some("x")));
        assert!(acme.event("joinRoom").is_none(), "the name is another now");
        assert!(
            acme.event("transport-connect").is_some(),
            "the rest is as it was"
        );
        assert_eq!(acme.told_as("new-producer"), "publisher");
        assert_eq!(acme.told_as("producer-closed"), "producer-closed");
        assert!(all.any_knows("enter"));
    }

    #[test]
    fn namespaces_and_queries_pin() {
        let all = dialects(described(), &[("/mediasoup", "acme"), ("/x", "h")]).unwrap();
        let begins = |namespace, query| {
            let start = all.start("/socket.io/", namespace, query);
            (start.dialect.name, start.pinned)
        };
        assert_eq!(begins("/mediasoup", "EIO=4"), ("acme", true));
        assert_eq!(begins("/x", ""), ("h", true));
        assert_eq!(begins("/", "EIO=4&dialect=acme"), ("acme", true));
        assert_eq!(begins("/x", "dialect=native&EIO=4"), ("native", true));
        assert_eq!(begins("/", "dialect=nativer"), ("unknown", false));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let change = |change: fn(&mut DialectConfig)| {
            let mut one = described();
            change(&mut one);
            dialects(one, &[]).unwrap_err().0
        };
        assert!(change(|one| one.base = "z".into()).contains("no base z"));
        assert!(change(|one| one.name = "c".into()).contains("taken"));
        let unknown = change(|one| {
            one.events.insert("a".into(), "nothing".into());
        });
        assert!(unknown.contains("no event nothing"));
        let untold = change(|one| {
            one.notifications.insert("new-producr".into(), "x".into());
        });
        assert!(untold.contains("new-producr"));
        let mut twice = described();
        twice.namespace = Some("/x".into());
        assert!(dialects(twice, &[("/x", "c")]).is_err());
        assert!(dialects(described(), &[("/x", "z")]).is_err());
        assert!(dialects(described(), &[("x", "c")]).is_err());
    }
}
