//! The settings as clap knows them: one flag is one key of the configuration file and one variable of
//! the environment. Reads neither; says what they are called, what they take and what they mean.

use std::any::TypeId;

use clap::{
    Arg, ArgAction, Command,
    builder::{OsStr, Resettable, Str},
};

use super::values;

/// The flag that names the configuration file: no file names another.
pub(super) const FILE: &str = "config";

/// What every variable begins with.
pub(super) const PREFIX: &str = "MISO_";

/// Keys whose change counts while the server runs; the others count from its next start. A name that
/// is no key is found by a test.
const RELOADED: &[&str] = &[
    "allow-origin",
    "broadcast-expiry",
    "broadcast-token",
    "drain-timeout",
    "group-of-pictures",
    "ice-server",
    "joins-per-address",
    "jwt-public-key",
    "jwt-secret",
    "log",
    "max-connections",
    "max-connections-per-address",
    "max-consumers",
    "max-peers",
    "max-rooms",
    "max-sockets",
    "peers-per-room",
    "refuse-early-viewers",
    "requests-per-address",
    "require-token",
    "resume-grace",
    "sockets-per-address",
    "tls",
    "token",
    "token-failures-per-address",
    "trusted-proxy",
    "when-full",
];

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// true or false.
    Switch,
    /// A whole number.
    Number,
    /// Anything else, as a string.
    Text,
}

impl Kind {
    /// For whoever wrote something else.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Switch => "true or false",
            Self::Number => "a whole number",
            Self::Text => "a string",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a>(&'a Arg);

impl<'a> Key<'a> {
    /// The flag without its dashes, and the key of the file.
    pub(super) fn name(self) -> &'a str {
        self.0.get_long().unwrap_or_default()
    }

    /// How clap calls it.
    pub(super) fn id(self) -> &'a str {
        self.0.get_id().as_str()
    }

    /// The variable of the environment.
    pub(super) fn variable(self) -> String {
        let name = self.name().replace('-', "_");
        format!("{PREFIX}{}", name.to_uppercase())
    }

    /// What it takes.
    pub(super) fn kind(self) -> Kind {
        let number = [
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
        ];
        let taken = self.0.get_value_parser().type_id();
        if taken == TypeId::of::<bool>() {
            Kind::Switch
        } else if number.iter().any(|number| taken == *number) {
            Kind::Number
        } else {
            Kind::Text
        }
    }

    /// Whether it takes several.
    pub(super) fn is_list(self) -> bool {
        matches!(self.0.get_action(), ArgAction::Append)
    }

    /// Whether nobody may read it in a message or a page: its flag says `hide_env_values`.
    pub(super) fn is_secret(self) -> bool {
        self.0.is_hide_env_values_set()
    }

    /// Whether a change counts while the server runs.
    pub(super) fn is_reloaded(self) -> bool {
        RELOADED.contains(&self.name())
    }

    /// What it is when nothing is said.
    pub(super) fn default(self) -> Vec<String> {
        let values = self.0.get_default_values().iter();
        values
            .map(|value| value.to_string_lossy().into_owned())
            .collect()
    }

    /// What stands for its value in help texts.
    pub(super) fn value_name(self) -> String {
        let names = self.0.get_value_names().unwrap_or_default();
        names.iter().map(Str::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The paragraphs of its help: what it is, and why its default is what it is.
    pub(super) fn paragraphs(self) -> Vec<String> {
        let long = self.0.get_long_help().or(self.0.get_help());
        let text = long.map(ToString::to_string).unwrap_or_default();
        let paragraphs = text.split("\n\n").map(|one| one.replace('\n', " "));
        paragraphs.filter(|one| !one.is_empty()).collect()
    }

    /// Whether clap takes these values for it.
    ///
    /// # Errors
    /// What is wrong, in words that show no secret.
    pub(super) fn check(self, values: &[String]) -> Result<(), String> {
        let alone = Arg::new(self.id().to_owned())
            .long(self.name().to_owned())
            .action(self.0.get_action().clone())
            .num_args(1)
            .value_parser(self.0.get_value_parser().clone());
        let words = values
            .iter()
            .map(|value| format!("--{}={value}", self.name()));
        let command = Command::new("miso").no_binary_name(true).arg(alone);
        let Err(error) = command.try_get_matches_from(words) else {
            return Ok(());
        };
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = cause.filter(|text| {
            let told = values
                .iter()
                .any(|value| !value.is_empty() && text.contains(value));
            !(self.is_secret() && told)
        });
        Err(match (self.kind(), cause) {
            (_, Some(cause)) => cause.lines().collect::<Vec<_>>().join(" "),
            (kind, None) => format!("it cannot be used; expected {}", kind.expected()),
        })
    }
}

/// Every setting of the server, in the order of the help.
pub(super) fn of(command: &Command) -> impl Iterator<Item = Key<'_>> {
    command
        .get_arguments()
        .filter(|arg| is_setting(arg))
        .map(Key)
}

fn is_setting(arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    arg.get_long().is_some() && ![FILE, "help", "version"].contains(&id)
}

/// Whether a flag's value is a secret.
pub(super) fn is_secret(command: &Command, flag: &str) -> bool {
    of(command).any(|key| flag.strip_prefix("--") == Some(key.name()) && key.is_secret())
}

/// Whether a command takes the server's settings.
pub(super) fn is_configured(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == FILE)
}

/// Does something to the arguments of every command that takes the server's settings.
pub(super) fn adapt(command: Command, change: &impl Fn(Arg) -> Arg) -> Command {
    let change_settings = |arg| if is_setting(&arg) { change(arg) } else { arg };
    let command = if is_configured(&command) {
        command.mut_args(change_settings)
    } else {
        command
    };
    command.mut_subcommands(|below| adapt(below, change))
}

/// Lets a switch be turned off where a weaker source turned it on, and leaves the environment to us:
/// clap would take an empty variable for a value.
pub(super) fn layered(arg: Arg) -> Arg {
    let arg = arg.env(Resettable::<OsStr>::Reset);
    if Key(&arg).kind() == Kind::Number {
        // It is told what is expected instead of being taken for a flag.
        return arg.allow_negative_numbers(true);
    }
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_name("true|false")
        .value_parser(values::switch)
        .default_value("false")
        .default_missing_value("true")
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// Shows of the server's settings those alone that a command looks at; all of them are taken.
pub(super) fn narrowed(command: Command, below: &'static str, shown: &'static [&str]) -> Command {
    let hidden = of(&command).map(|key| key.name().to_owned());
    let hidden: Vec<String> = hidden
        .filter(|name| !shown.contains(&name.as_str()))
        .collect();
    let narrow = |arg: Arg| {
        let is_hidden = hidden.iter().any(|name| name == Key(&arg).name());
        arg.hide(is_hidden)
    };
    command.mut_subcommand(below, |command| command.mut_args(narrow))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn what_is_reloaded_is_a_setting() {
        let command = adapt(crate::args::Cli::command(), &layered);
        for name in RELOADED {
            assert!(of(&command).any(|key| key.name() == *name), "{name}");
        }
    }
}
