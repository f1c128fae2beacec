//! The client's types: the declarations ts-rs makes, and the two maps from events to what they carry.
//! Only laid out here; what a type is, its own derivation says.

use std::fmt::Write as _;

use miso::signaling::dialect::native::{
    ASKS, NOTICES,
    answers::ErrorAnswer,
    contract::{Declarations, Shape},
};

const HEAD: &str = "\
/* eslint-disable max-lines -- one declaration per type of the server */
// Written from the server's types by tests/it/contracts; do not edit.
// UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts
import type { types } from \"mediasoup-client\";
";

/// Everything the native dialect carries, as types.
pub(super) struct Types {
    /// Events of a client, with what they carry and what they are answered.
    pub(super) asked: Vec<(&'static str, [String; 2])>,
    /// Events of the server, with what they carry.
    pub(super) told: Vec<(&'static str, String)>,
    /// Declarations, laid out, by the name of what they declare.
    pub(super) declared: Vec<(String, String)>,
}

impl Types {
    /// Those of the server's tables.
    pub(super) fn of_native() -> Self {
        let mut all = Declarations::default();
        let mut named = |shape: Option<Shape>| {
            shape.map_or("undefined".into(), |shape| (shape.typescript)(&mut all))
        };
        let asked = ASKS.iter();
        let asked = asked.map(|ask| (ask.name, [ask.payload, Some(ask.answer)].map(&mut named)));
        let asked = asked.collect();
        let told = NOTICES.iter();
        let told = told.map(|told| (told.name, named(Some(told.payload))));
        let told = told.collect();
        all.declare::<ErrorAnswer>();
        let declared = all.by_name.into_iter();
        Self {
            asked,
            told,
            declared: declared
                .map(|(name, text)| (name, laid_out(&text)))
                .collect(),
        }
    }

    /// The module.
    pub(super) fn module(&self) -> String {
        let mut text = HEAD.to_owned();
        for (_, declaration) in &self.declared {
            text.push('\n');
            text.push_str(declaration);
        }
        text.push_str("\n/** What the client asks: event → [payload, answer]. */\n");
        text.push_str("export interface Requests {\n");
        for (event, carried) in &self.asked {
            writeln!(text, "  {}: [{}];", key(event), carried.join(", ")).unwrap();
        }
        text.push_str("}\n\n/** What the server tells without being asked: event → payload. */\n");
        text.push_str("export interface Notifications {\n");
        for (event, payload) in &self.told {
            writeln!(text, "  {}: {payload};", key(event)).unwrap();
        }
        text + "}\n"
    }
}

/// An event as a property name.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric());
    if plain {
        name.into()
    } else {
        format!("{name:?}")
    }
}

/// A declaration with a line per member, short comments on one line, and long unions on several.
fn laid_out(declaration: &str) -> String {
    let text = declaration
        .replace("/**\n * ", "/** ")
        .replace("\n */", " */");
    let Some((head, members)) = text.split_once("= {") else {
        let (head, union) = text.rsplit_once("= ").unwrap();
        if union.len() <= LINE {
            return text + "\n";
        }
        let parts = union.replace(" | ", "\n  | ");
        return format!("{head}=\n  | {parts}\n");
    };
    let members = members.trim_end_matches("};").replace(", \n", ",\n");
    let lines = members.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    let lines: String = lines
        .map(|line| match line.strip_suffix(',') {
            Some(member) => format!("  {member};\n"),
            None => format!("  {line}\n"),
        })
        .collect();
    format!("{head}= {{\n{lines}}};\n")
}

/// A union that is longer has a line for each part.
const LINE: usize = 90;
