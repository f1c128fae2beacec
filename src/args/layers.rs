//! What was said before the command line was: the file, then the environment. Every value is checked
//! alone, so that what is wrong is told by the name it was written under. Becomes clap's defaults.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Command;

use super::keys::{self, Key, Kind};
use crate::file::{Entry, File, Value};

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of the file.
    File(usize),
    /// A variable.
    Environment,
}

/// What one key was given.
#[derive(Debug)]
struct Given {
    name: String,
    values: Vec<String>,
    origin: Origin,
}

/// What was said before the command line.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// By clap's names.
    given: BTreeMap<String, Given>,
    path: PathBuf,
}

impl Layers {
    /// What file and environment say.
    ///
    /// # Errors
    /// One line that names the key.
    pub(super) fn new(
        command: &Command,
        file: Option<&File>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let mut layers = Self::default();
        if let Some(file) = file {
            layers.path.clone_from(&file.path);
            for entry in &file.entries {
                let fail = |text: String| file.at(entry.line, &text);
                layers.add_entry(command, entry).map_err(fail)?;
            }
        }
        for key in keys::of(command) {
            let variable = key.variable();
            let Some(text) = environment.get(&variable) else {
                continue;
            };
            // An empty variable is how many tools write one that is not set.
            if text.trim().is_empty() {
                continue;
            }
            let values = if key.is_list() {
                text.split_whitespace().map(str::to_owned).collect()
            } else {
                vec![text.clone()]
            };
            let fail = |text| format!("{variable}: {text}");
            layers.add(key, values, Origin::Environment).map_err(fail)?;
        }
        Ok(layers)
    }

    fn add_entry(&mut self, command: &Command, entry: &Entry) -> Result<(), String> {
        let name = entry.name.as_str();
        if name == keys::FILE {
            return Err(format!("{name}: a file cannot name another"));
        }
        let key = keys::of(command).find(|key| key.name() == name);
        let key = key.ok_or_else(|| unknown(command, name))?;
        let named = |text| format!("{name}: {text}");
        let values = words(key, &entry.value).map_err(named)?;
        self.add(key, values, Origin::File(entry.line))
            .map_err(named)
    }

    fn add(&mut self, key: Key<'_>, values: Vec<String>, origin: Origin) -> Result<(), String> {
        key.check(&values)?;
        let name = key.name().to_owned();
        let given = Given {
            name,
            values,
            origin,
        };
        self.given.insert(key.id().to_owned(), given);
        Ok(())
    }

    /// The commands with what was said as their defaults.
    pub(super) fn fill(&self, command: Command) -> Command {
        keys::adapt(command, &|arg| {
            let given = self.given.get(arg.get_id().as_str());
            match given.filter(|given| !given.values.is_empty()) {
                Some(given) => arg.default_values(given.values.clone()),
                None => arg,
            }
        })
    }

    /// A sentence about settings, under the names they were written: it calls them as flags.
    pub(super) fn blame(&self, sentence: &str, is_flag: impl Fn(&str) -> bool) -> String {
        let (mut text, mut line) = (String::new(), None);
        for (at, word) in sentence.split(' ').enumerate() {
            if at > 0 {
                text.push(' ');
            }
            let bare = word.trim_end_matches([':', ',', ';', '.']);
            let given = bare.strip_prefix("--").and_then(|name| {
                let mut given = self.given.iter().filter(|(id, _)| !is_flag(id));
                given.find(|(_, given)| given.name == name)
            });
            match given.map(|(_, given)| (given, given.origin)) {
                None => text.push_str(word),
                Some((given, Origin::File(at))) => {
                    line.get_or_insert(at);
                    text.push_str(&word.replacen(bare, &given.name, 1));
                }
                Some((given, Origin::Environment)) => {
                    let variable = given.name.replace('-', "_").to_uppercase();
                    text.push_str(&word.replacen(bare, &(keys::PREFIX.to_owned() + &variable), 1));
                }
            }
        }
        match line {
            Some(line) => at(&self.path, line, &text),
            None => text,
        }
    }
}

/// A sentence about a line of a file.
pub(crate) fn at(path: &Path, line: usize, text: &str) -> String {
    format!("{}:{line}: {text}", path.display())
}

/// A value of the file as the words a command line would have.
fn words(key: Key<'_>, value: &Value) -> Result<Vec<String>, String> {
    match (key.is_list(), value) {
        (true, Value::List(values)) => values.iter().map(|value| word(key, value)).collect(),
        (true, other) => Err(format!(
            "expected a list, as in {} = [\"…\"], found {}",
            key.name(),
            other.what()
        )),
        (false, value) => Ok(vec![word(key, value)?]),
    }
}

fn word(key: Key<'_>, value: &Value) -> Result<String, String> {
    match (key.kind(), value) {
        (Kind::Switch, Value::Switch(on)) => Ok(on.to_string()),
        (Kind::Number, Value::Number(number)) if *number < 0 => {
            Err("it cannot be negative".to_owned())
        }
        (Kind::Number, Value::Number(number)) => Ok(number.to_string()),
        (Kind::Text, Value::Text(text)) => Ok(text.clone()),
        (kind, other) => Err(format!(
            "expected {}, found {}",
            kind.expected(),
            other.what()
        )),
    }
}

fn unknown(command: &Command, name: &str) -> String {
    let names: Vec<_> = keys::of(command)
        .map(Key::name)
        .chain(crate::file::TABLES.iter().copied())
        .collect();
    let shown: String = name.chars().take(64).collect();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let shown = if !shown.is_empty() && shown.chars().all(is_bare) {
        shown
    } else {
        format!("{shown:?}")
    };
    let plain = name.to_lowercase().replace('_', "-");
    let plain = plain.trim_start_matches("miso-").trim_matches('-');
    match nearest(plain, &names) {
        Some(near) => format!("unknown key {shown}; did you mean {near}?"),
        None => format!("unknown key {shown}; docs/configuration.md lists them"),
    }
}

/// The one that was probably meant.
pub(super) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let likeness = |other: &&'a str| strsim::jaro_winkler(name, other);
    let near = names
        .iter()
        .copied()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    near.filter(|near| likeness(near) > 0.85)
}
