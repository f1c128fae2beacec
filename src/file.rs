//! The configuration file: TOML into keys with their lines, and the tables no flag can say. Knows no
//! key by name but those tables.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use miso::config::{DialectConfig, SignalingConfig};
use serde::Deserialize;
use toml::Spanned;

/// The largest file that is read: a hundred times one with every key and comment.
const MAX_BYTES: u64 = 1024 * 1024;

/// Keys that are tables.
pub(crate) const TABLES: &[&str] = &["dialect", "namespaces"];

/// The tables.
#[derive(Default, Deserialize)]
struct Tables {
    /// `[[dialect]]`
    #[serde(default)]
    dialect: Vec<DialectConfig>,
    /// `[namespaces]`: a namespace and the dialect all its sockets speak.
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
}

/// What a file says.
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its keys but the tables, in its order.
    pub(crate) entries: Vec<Entry>,
    tables: Tables,
}

/// One key.
pub(crate) struct Entry {
    /// As written.
    pub(crate) name: String,
    /// As written.
    pub(crate) value: Value,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// What a key can be given.
pub(crate) enum Value {
    /// `true`
    Switch(bool),
    /// `1`
    Number(i64),
    /// `"1"`
    Text(String),
    /// `[1]`
    List(Vec<Self>),
    /// What no key takes.
    Other(&'static str),
}

impl Value {
    /// What it is, for whoever expected another.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Switch(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Other(what) => what,
        }
    }
}

impl From<toml::Value> for Value {
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::Boolean(on) => Self::Switch(on),
            toml::Value::Integer(number) => Self::Number(number),
            toml::Value::String(text) => Self::Text(text),
            toml::Value::Array(values) => Self::List(values.into_iter().map(Self::from).collect()),
            toml::Value::Float(_) => Self::Other("a number with a point"),
            toml::Value::Datetime(_) => Self::Other("a date"),
            toml::Value::Table(_) => Self::Other("a table"),
        }
    }
}

impl File {
    /// Reads it.
    ///
    /// # Errors
    /// A line that names the file, and where in it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let fail = |error: &dyn fmt::Display| format!("cannot read {}: {error}", path.display());
        let about = std::fs::metadata(path).map_err(|error| fail(&error))?;
        if about.len() > MAX_BYTES {
            return Err(fail(&"it is larger than a megabyte"));
        }
        let bytes = std::fs::read(path).map_err(|error| fail(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| fail(&"it is not UTF-8 text"))?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let fail = |error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = line(text, start);
            let written = text.lines().nth(line - 1).unwrap_or_default();
            crate::args::at(path, line, &in_words(written, error.message()))
        };
        let keys: BTreeMap<Spanned<String>, toml::Value> = toml::from_str(text).map_err(fail)?;
        let tables = toml::from_str(text).map_err(fail)?;
        let mut entries: Vec<_> = keys
            .into_iter()
            .filter(|(name, _)| !TABLES.contains(&name.get_ref().as_str()))
            .map(|(name, value)| Entry {
                line: line(text, name.span().start),
                name: name.into_inner(),
                value: value.into(),
            })
            .collect();
        entries.sort_by_key(|entry| entry.line);
        let path = path.to_owned();
        Ok(Self {
            path,
            entries,
            tables,
        })
    }

    /// A sentence about a line of it.
    pub(crate) fn at(&self, line: usize, text: &str) -> String {
        crate::args::at(&self.path, line, text)
    }

    /// Adds what the tables say.
    pub(crate) fn add_tables(self, signaling: &mut SignalingConfig) {
        signaling.dialects = self.tables.dialect;
        signaling.namespaces = self.tables.namespaces;
    }
}

/// What the parser says of a line, with the key it is about.
fn in_words(line: &str, message: &str) -> String {
    let (key, value) = line.split_once('=').unwrap_or_default();
    let (key, value) = (key.trim(), value.trim());
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    // A message of several lines shows the place, which is named already.
    let message = if message.contains(" as i128") {
        "the number is too large".to_owned()
    } else if value.starts_with(|c: char| c.is_alphabetic()) && message.starts_with("invalid ") {
        "expected a value; a string needs quotes".to_owned()
    } else {
        message.lines().collect::<Vec<_>>().join("; ")
    };
    if key.is_empty() || !key.chars().all(is_bare) {
        return message;
    }
    format!("{key}: {message}")
}

/// The line of a place in a text, counted from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<File, String> {
        File::parse(Path::new("x.toml"), text)
    }

    #[test]
    fn the_example_of_the_documents_is_understood() {
        let page = include_str!("../docs/adding-a-dialect.md");
        let example = page.split("```toml\n").nth(1).unwrap();
        let file = parsed(example.split("```").next().unwrap()).ok().unwrap();
        let mut config = SignalingConfig::default();
        file.add_tables(&mut config);
        assert_eq!(config.dialects[0].base, "c");
        miso::signaling::dialect::Dialects::new(&config).unwrap();
    }

    #[test]
    fn words_nobody_knows_are_errors() {
        let error = parsed("[[dialect]]\nname = \"x\"\nbase = \"c\"\nevnts = {}").err();
        let error = error.unwrap();
        assert!(
            error.starts_with("x.toml:4: evnts: unknown field `evnts`"),
            "{error}"
        );
    }

    #[test]
    fn keys_know_their_lines() {
        let file = parsed("# one\n\nworkers = 2\n\"udp\" = \"auto\"\n")
            .ok()
            .unwrap();
        let lines: Vec<_> = file
            .entries
            .iter()
            .map(|one| (one.name.as_str(), one.line))
            .collect();
        assert_eq!(lines, [("workers", 3), ("udp", 4)]);
    }
}
