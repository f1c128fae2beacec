//! What operators read of the settings: a commented configuration file, and the reference page. Both
//! come from the flags' own help texts, so that neither can say something else.

use clap::{Command, CommandFactory as _};

use super::keys::{self, Key, Kind};

/// Above the sample's keys.
const SAMPLE_HEAD: &str = "\
# Configuration of miso: every key with its default, commented out. Take the `#` away before the
# key to change it. `miso check-config FILE` says whether it is understood.
#
# Each key is also a flag (--media-port 5000) and a variable of the environment (MISO_MEDIA_PORT=5000);
# flags go before variables, variables before this file. Written by `miso config-sample`.
";

/// Below them: what no flag can say.
const SAMPLE_FOOT: &str = "
# Frontends' own words for the events of a built-in dialect; docs/adding-a-dialect.md. Tables come
# last in a TOML file. Counts from the next start.
#[[dialect]]
#name = \"ours\"
#base = \"c\"
#events = { \"enter\" = \"join\" }

# Namespaces whose sockets all speak one dialect. Counts from the next start.
#[namespaces]
#\"/ours\" = \"c\"
";

/// Above the table of the reference.
const REFERENCE_HEAD: &str = "\
# Configuration

Every setting is a key of one TOML file, a variable of the environment, and a flag. A flag goes before
a variable, a variable before the file, the file before the default:

```sh
miso config-sample > miso.toml                   # every key, its default and why
miso check-config miso.toml                      # ok, or the line that is wrong; exit code 2
MISO_WORKERS=4 miso --config miso.toml --log debug
```

`MISO_CONFIG` names the file where no `--config` does. No file is looked for on its own.

- **Types.** A key takes a string, a whole number, `true` or `false`, or a list of strings, as its
  default or the sample shows. In a variable the members of a list stand with spaces between them; on
  the command line the flag is repeated. An empty variable counts as not set.
- **Switches** can be turned off by a stronger source: `--refuse-early-viewers=false`.
- **Errors.** An unknown key, a wrong type, a value that cannot be used and settings that contradict
  each other end the start with exit code 2 and one line that names the file, the line and the key, or
  the variable. Values of secrets are in no message, no log and no page.
- **Reload.** At SIGHUP, and a second or two after the file or a file it names has changed, miso reads
  everything again. What is marked *yes* below counts from then on; nobody is dropped, and rooms keep
  what they hold. A changed key that is marked *no* is warned of and counts from the next start. A file
  that is wrong is reported in one line, and the old settings stay.
";

/// Below it.
const REFERENCE_FOOT: &str = "
## Tables

`[[dialect]]` and `[namespaces]` describe frontends' own words and can be said in the file only:
[adding a dialect](adding-a-dialect.md). They count from the next start.

*This page is written by `miso config-reference`; a test compares the two.*
";

/// A configuration file with every key.
pub(super) fn file() -> String {
    let command = settings();
    let mut text = SAMPLE_HEAD.to_owned();
    for key in keys::of(&command) {
        text.push('\n');
        for (at, paragraph) in key.paragraphs().iter().enumerate() {
            let why = if at == 1 { "Why: " } else { "" };
            wrap(&mut text, &format!("{why}{paragraph}"));
        }
        wrap(
            &mut text,
            if key.is_reloaded() {
                "Counts at once when changed."
            } else {
                "Counts from the next start."
            },
        );
        text.push_str(&format!("#{} = {}\n", key.name(), value(key)));
    }
    text + SAMPLE_FOOT
}

/// The reference page.
pub(super) fn reference() -> String {
    let command = settings();
    let mut text = REFERENCE_HEAD.to_owned();
    text.push_str("\n| key | flag | environment | default | reloaded | meaning |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for key in keys::of(&command) {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
        let flag = match (key.kind(), key.value_name()) {
            (Kind::Switch, _) => format!("--{}", key.name()),
            (_, value) => format!("--{} {value}", key.name()),
        };
        let (meaning, stated) = meaning(key);
        let default = match (key.default(), stated) {
            (_, Some(stated)) => stated,
            (values, None) if values.is_empty() => "none".to_owned(),
            (values, None) => format!("`{}`", values.join(" ")),
        };
        text.push_str(&format!(
            "| `{}` | `{}` | `{}` | {} | {} | {} |\n",
            key.name(),
            flag.replace('|', "\\|"),
            key.variable(),
            cell(&default),
            if key.is_reloaded() { "yes" } else { "no" },
            cell(&meaning),
        ));
    }
    text + REFERENCE_FOOT
}

/// The server's settings with clap's own defaults.
fn settings() -> Command {
    keys::adapt(super::Cli::command(), &keys::layered)
}

/// The help of a key without the default it may name, and that.
fn meaning(key: Key<'_>) -> (String, Option<String>) {
    let text = key.paragraphs().join(" *Why:* ");
    let Some((before, rest)) = text.split_once(" [default: ") else {
        return (text, None);
    };
    let (default, after) = rest.split_once(']').unwrap_or((rest, ""));
    (format!("{before}{after}"), Some(default.to_owned()))
}

/// Its default as TOML, or what its value looks like.
fn value(key: Key<'_>) -> String {
    let quoted = |text: &String| match key.kind() {
        Kind::Text => format!("{text:?}"),
        Kind::Switch | Kind::Number => text.clone(),
    };
    let values: Vec<_> = key.default().iter().map(quoted).collect();
    if key.is_list() {
        return format!("[{}]", values.join(", "));
    }
    values
        .into_iter()
        .next()
        .unwrap_or_else(|| match key.kind() {
            Kind::Switch => "false".to_owned(),
            Kind::Number => "1".to_owned(),
            Kind::Text => format!("{:?}", key.value_name()),
        })
}

/// Adds comment lines of at most a hundred characters.
fn wrap(text: &mut String, paragraph: &str) {
    let mut width = usize::MAX;
    for word in paragraph.split_whitespace() {
        if width.saturating_add(word.len()) > 98 {
            if width != usize::MAX {
                text.push('\n');
            }
            text.push('#');
            width = 1;
        }
        text.push(' ');
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
}
