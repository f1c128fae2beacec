//! The configuration file: TOML words into [`SignalingConfig`]; checks nothing that `Config` checks
//! itself.

use std::{collections::BTreeMap, path::Path};

use miso::config::{DialectConfig, SignalingConfig};
use serde::Deserialize;

/// What the file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// `[[dialect]]`
    #[serde(default)]
    dialect: Vec<DialectConfig>,
    /// `[namespaces]`: a namespace and the dialect all its sockets speak.
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
}

/// Adds what the file says.
///
/// # Errors
/// A sentence that names the file and the line.
pub(crate) fn read_into(signaling: &mut SignalingConfig, path: &Path) -> Result<(), String> {
    let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| fail(&error))?;
    let file: File = toml::from_str(&text).map_err(|error| fail(&error))?;
    signaling.dialects = file.dialect;
    signaling.namespaces = file.namespaces;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<File, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_example_of_the_documents_is_understood() {
        let page = include_str!("../docs/adding-a-dialect.md");
        let example = page.split("```toml\n").nth(1).unwrap();
        let file = parsed(example.split("```").next().unwrap()).unwrap();
        assert_eq!(file.dialect[0].base, "c");
        let config = SignalingConfig {
            dialects: file.dialect,
            namespaces: file.namespaces,
            ..SignalingConfig::default()
        };
        miso::signaling::dialect::Dialects::new(&config).unwrap();
    }

    #[test]
    fn words_nobody_knows_are_errors() {
        let error = parsed("[[dialect]]\nname = \"x\"\nbase = \"c\"\nevnts = {}").unwrap_err();
        assert!(error.to_string().contains("evnts"), "{error}");
    }
}
