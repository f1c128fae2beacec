//! How what travels is described to machines: JSON Schemas by schemars, TypeScript by ts-rs. Only the
//! tests that write the contracts have it; it must not reach the server.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use ts_rs::{Config, TS, TypeVisitor};

use crate::{error::ErrorCode, signaling::request::Id};

/// What can be described.
pub trait Described: JsonSchema + TS + 'static {}

impl<T: JsonSchema + TS + 'static> Described for T {}

/// What a JSON value looks like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its schema, or a reference to it.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Its type in TypeScript, declared with all it is made of.
    pub typescript: fn(&mut Declarations) -> String,
}

impl Shape {
    pub(super) const fn of<T: Described>() -> Self {
        Self {
            schema: SchemaGenerator::subschema_for::<T>,
            typescript: Declarations::declare::<T>,
        }
    }
}

/// The TypeScript of types that were asked for, and of those they are made of.
#[derive(Debug, Default)]
pub struct Declarations {
    /// Comment and declaration, by name.
    pub by_name: BTreeMap<String, String>,
}

impl Declarations {
    /// What the type is called; declares it.
    pub fn declare<T: Described>(&mut self) -> String {
        self.visit::<T>();
        T::name(&config())
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Whatever is no type of ours (a text, a list) has no file it would be written to.
        let declared = T::output_path().is_some();
        let name = T::ident(&config());
        if declared && !self.by_name.contains_key(&name) {
            let docs = T::docs().unwrap_or_default();
            let text = format!("{docs}export {}", T::decl(&config()));
            self.by_name.insert(name, text);
            T::visit_dependencies(self);
        }
    }
}

/// JSON has one kind of number, and so has JavaScript.
fn config() -> Config {
    Config::new().with_large_int("number")
}

/// Whatever a producer's owner gave: up to 4 KiB of JSON, mostly an object.
#[derive(Debug, TS)]
#[ts(type = "Record<string, unknown>")]
pub struct AppData;

impl JsonSchema for AppData {
    fn schema_name() -> Cow<'static, str> {
        "AppData".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whatever a producer's owner gave: up to 4 KiB of JSON, mostly an object.",
        })
    }
}

impl JsonSchema for Id {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

impl TS for Id {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(config: &Config) -> String {
        String::name(config)
    }

    fn inline(config: &Config) -> String {
        Self::name(config)
    }
}

impl JsonSchema for ErrorCode {
    fn schema_name() -> Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({
            "description": "The stable word of a failure.",
            "type": "string",
            "enum": words,
        })
    }
}
