//! The command line: commands, and the flags of each concern in a file of its own. Turns words into
//! [`Config`]; checks nothing that `Config` checks itself.
//!
//! A flag is also a key of the configuration file and a variable of the environment ([`keys`]); what
//! these say stands in for clap's defaults ([`layers`]).

mod acme;
mod auth;
mod broadcast;
mod keys;
mod layers;
mod log;
mod proxy;
mod sample;
mod serve;
#[cfg(test)]
mod tests;
mod values;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};
use miso::{
    RunError,
    config::{Config, ConfigError, LogConfig},
    signaling::dialect::Dialects,
};

pub(crate) use self::{auth::TokenArgs, layers::at};
use self::{keys::PREFIX, layers::Layers, serve::ServeArgs};
use crate::file::File;

/// WebRTC SFU in one binary: backend for mediasoup-client pages over Socket.IO. Without a command it
/// serves, on port 3000.
#[derive(Debug, Parser)]
#[command(name = "miso", version, args_conflicts_with_subcommands = true, after_help = SETTINGS_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// Below the options of the server.
const SETTINGS_HELP: &str = "\
Every option of the server is also a key of the file of --config (media-ip = [\"10.0.0.1\"]) and a
variable of the environment (MISO_MEDIA_IP; several values with spaces between). Options go before
variables, variables before the file. docs/configuration.md lists them with their reasons.";

/// Below the options of `miso token`.
const TOKEN_HELP: &str = "\
The secret is the server's own, at least 32 characters, from wherever the server has it:

  export MISO_JWT_SECRET=$(openssl rand -hex 32)
  miso token --grant join,publish,subscribe --room standup --ttl 8h
  miso token --config miso.toml --grant admin";

/// Below the options of commands that look at a few of the server's settings.
const NARROWED_HELP: &str = "\
The server's other options are taken as well, so that both can be started alike, and so are its
variables (MISO_LISTEN).";

/// The settings that commands look at which look at a few only.
const NARROWED: [(&str, &[&str]); 2] = [("health", &["listen", "tls"]), ("token", &["jwt-secret"])];

/// Below the options of `miso bench`.
#[cfg(target_os = "linux")]
const BENCH_HELP: &str = "\
A server to be loaded with more than 64 peers from one address, or with rooms of more than 256, is
started with --sockets-per-address 0 --peers-per-room 2000.

  miso bench --insecure --subscribers 200
  miso bench --insecure --subscribers 200 --ramp 500:3500:250 --duration 5
  miso bench --insecure --rooms 50 --subscribers 20 --json result.json
  miso bench --insecure --audio-only --publishers 10 --subscribers 100
  miso bench --insecure --subscribers 200 --loss 2";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server; the same as no command at all.
    #[command(after_help = SETTINGS_HELP)]
    Serve(Box<ServeArgs>),
    /// Says whether the server would start with these settings, or what is wrong with them.
    CheckConfig(Box<CheckArgs>),
    /// Says what on this machine stands in the way of a call: addresses, ports, certificate, kernel,
    /// limits, clock. Takes the settings of the server and starts none; exit code 1 if something fails.
    Doctor(Box<DoctorArgs>),
    /// Asks the server that runs here with these settings whether it is well; exit code 1 if not.
    #[command(after_help = NARROWED_HELP)]
    Health(Box<ServeArgs>),
    /// Prints a configuration file with every key, its default and why.
    ConfigSample,
    /// Prints docs/configuration.md.
    #[command(hide = true)]
    ConfigReference,
    /// Prints a JSON Web Token for a server with --jwt-secret.
    ///
    /// It grants what is named and nothing else, in the room that is named or in any. protocol.md says
    /// where it is shown.
    #[command(after_help = TOKEN_HELP)]
    Token(Box<TokenCommand>),
    /// Loads a server with peers that join as pages do, and tells what it costs.
    ///
    /// Publishers join first and send; subscribers join in order, each receiving every publisher of
    /// its room; after the warm-up everything is counted for the duration. Nothing is sent anywhere
    /// but to the server of --url and the media addresses it names.
    #[cfg(target_os = "linux")]
    #[command(after_help = BENCH_HELP)]
    Bench(Box<loadgen::Options>),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Configuration file; the same as --config.
    #[arg(value_name = "FILE.toml", conflicts_with = keys::FILE)]
    file: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Args)]
struct TokenCommand {
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    serve: ServeArgs,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Be a server.
    Serve(Box<Settings>),
    /// Say that nothing is wrong with these.
    CheckConfig(Box<Settings>),
    /// Look at the machine for a server with these, and tell it as JSON or not.
    Doctor(Box<Settings>, bool),
    /// Ask the server that runs with these.
    Health(Box<Settings>),
    /// Print.
    Print(String),
    /// Make a token for a server with these.
    Token(Box<Settings>, TokenArgs),
    /// Load one.
    #[cfg(target_os = "linux")]
    Bench(Box<loadgen::Options>),
}

/// What the server is told.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For the server.
    pub(crate) config: Config,
    /// Which lines are logged.
    pub(crate) log: String,
    /// How, and where traces go.
    pub(crate) log_config: LogConfig,
    /// Where more is written.
    pub(crate) file: Option<PathBuf>,
    /// What was said for each key, to tell what has changed.
    pub(crate) said: BTreeMap<String, Said>,
}

/// What a key was given, for comparing; never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Said {
    values: Vec<OsString>,
    /// Whether a change counts while the server runs.
    pub(crate) is_reloaded: bool,
}

impl std::fmt::Debug for Said {
    /// Some are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Said")
    }
}

/// Why nothing is done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The command line says something else, `--help` among it.
    Words(clap::Error),
    /// A setting cannot be used; one line.
    Setting(String),
}

impl From<clap::Error> for Refusal {
    /// A value that cannot be used is one line, as it is from a file or a variable.
    fn from(error: clap::Error) -> Self {
        match unusable(&error) {
            Some(line) => Self::Setting(line),
            None => Self::Words(error),
        }
    }
}

fn unusable(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    // As it is shown with its value's name: `--listen <IP:PORT>`.
    let shown = said(ContextKind::InvalidArg)?;
    let flag = shown.split([' ', '[', '=']).next()?;
    let cause = std::error::Error::source(error)?;
    if keys::is_secret(&Cli::command(), flag) {
        return Some(format!("{flag}: {cause}"));
    }
    Some(format!(
        "{flag} {}: {cause}",
        said(ContextKind::InvalidValue)?
    ))
}

impl From<String> for Refusal {
    fn from(line: String) -> Self {
        Self::Setting(line)
    }
}

/// Where settings come from, weakest last. Read again, it finds what has changed in the file.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    words: Vec<OsString>,
    environment: BTreeMap<String, String>,
}

impl Sources {
    /// The words and the environment the process was started with.
    pub(crate) fn of_process() -> Self {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let ours = name.starts_with(PREFIX);
            // A value that is not text is refused as what it looks like.
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        Self {
            words: std::env::args_os().collect(),
            environment: environment.collect(),
        }
    }

    /// What is asked for.
    ///
    /// # Errors
    /// Words that mean nothing, or settings that cannot be used.
    pub(crate) fn task(&self) -> Result<Task, Refusal> {
        let command = keys::adapt(Cli::command(), &keys::layered);
        let command = NARROWED.iter().fold(command, |command, (below, shown)| {
            keys::narrowed(command, below, shown)
        });
        let matches = command.clone().try_get_matches_from(&self.words)?;
        let Some(asked) = configured(&matches) else {
            return Cli::from_arg_matches(&matches)?.task();
        };
        let path = self.file(asked);
        let file = path.as_deref().map(File::read).transpose()?;
        let layers = Layers::new(&command, file.as_ref(), &self.environment)?;
        let matches = layers
            .fill(command.clone())
            .try_get_matches_from(&self.words)?;
        let mut task = Cli::from_arg_matches(&matches)?.task()?;
        let asked = configured(&matches).unwrap_or(&matches);
        let starts_nothing = matches!(task, Task::Doctor(..) | Task::Health(_) | Task::Token(..));
        let (Task::Serve(settings)
        | Task::CheckConfig(settings)
        | Task::Doctor(settings, _)
        | Task::Health(settings)
        | Task::Token(settings, _)) = &mut task
        else {
            return Ok(task);
        };
        settings.file = path;
        settings.said = said(&command, asked);
        if let Some(file) = file {
            file.add_tables(&mut settings.config.signaling);
        }
        settings.say_tables();
        let checked = if starts_nothing {
            // The certificate is not theirs to use; doctor has more to say of it.
            settings
                .config
                .validate()
                .map_err(|error| error.to_string())
        } else {
            settings.check()
        };
        checked.map_err(|line| layers.blame(&line, |id| is_flag(asked, id)))?;
        Ok(task)
    }

    fn file(&self, asked: &ArgMatches) -> Option<PathBuf> {
        let given = |id| asked.try_get_one::<PathBuf>(id).ok().flatten().cloned();
        let variable = || {
            let path = self.environment.get("MISO_CONFIG")?;
            (!path.is_empty()).then(|| PathBuf::from(path))
        };
        given("file")
            .or_else(|| given(keys::FILE))
            .or_else(variable)
    }
}

/// What was said of the server, by whichever command takes its settings.
fn configured(matches: &ArgMatches) -> Option<&ArgMatches> {
    match matches.subcommand() {
        Some((_, below)) => configured(below),
        None => matches
            .try_contains_id(keys::FILE)
            .is_ok()
            .then_some(matches),
    }
}

/// Whether the command line itself says it.
fn is_flag(asked: &ArgMatches, id: &str) -> bool {
    asked.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
}

fn said(command: &clap::Command, asked: &ArgMatches) -> BTreeMap<String, Said> {
    let said = keys::of(command).map(|key| {
        let values = asked.get_raw(key.id()).into_iter().flatten();
        let said = Said {
            values: values.map(ToOwned::to_owned).collect(),
            is_reloaded: key.is_reloaded(),
        };
        (key.name().to_owned(), said)
    });
    said.collect()
}

impl Settings {
    /// Notes what the tables say, to tell what has changed.
    fn say_tables(&mut self) {
        let (dialects, namespaces) = {
            let signaling = &self.config.signaling;
            (
                format!("{:?}", signaling.dialects),
                format!("{:?}", signaling.namespaces),
            )
        };
        for (name, text) in [("dialect", dialects), ("namespaces", namespaces)] {
            let values = vec![text.into()];
            let is_reloaded = false;
            self.said.insert(
                name.to_owned(),
                Said {
                    values,
                    is_reloaded,
                },
            );
        }
    }

    /// What is wrong with the tables, which the file alone can have.
    fn in_file(&self, error: &ConfigError) -> String {
        let file = self.file.as_deref().unwrap_or(Path::new("--config"));
        format!("{}: {error}", file.display())
    }

    /// Whether the server would start, as far as can be told without starting it.
    fn check(&self) -> Result<(), String> {
        miso::telemetry::check(&self.log).map_err(|error| format!("--log: {error}"))?;
        Dialects::new(&self.config.signaling).map_err(|error| self.in_file(&error))?;
        miso::check(&self.config).map_err(|error| match error {
            // It names the file that was given, not who gave it.
            RunError::Tls(error) => format!("--tls: {error}"),
            other => other.to_string(),
        })
    }
}

impl Cli {
    /// What was asked for, defaults filled in.
    fn task(self) -> Result<Task, Refusal> {
        Ok(match self.command {
            None => Task::Serve(Box::new(self.serve.settings())),
            Some(Command::Serve(args)) => Task::Serve(Box::new(args.settings())),
            Some(Command::CheckConfig(args)) => Task::CheckConfig(Box::new(args.serve.settings())),
            Some(Command::Doctor(args)) => Task::Doctor(Box::new(args.serve.settings()), args.json),
            Some(Command::Health(args)) => Task::Health(Box::new(args.settings())),
            Some(Command::ConfigSample) => Task::Print(sample::file()),
            Some(Command::ConfigReference) => Task::Print(sample::reference()),
            Some(Command::Token(args)) => Task::Token(Box::new(args.serve.settings()), args.token),
            #[cfg(target_os = "linux")]
            Some(Command::Bench(options)) => Task::Bench(options),
        })
    }
}
