//! The command line: commands, and the flags of each concern in a file of its own. Turns words into
//! [`Config`]; checks nothing that `Config` checks itself.

mod broadcast;
mod serve;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use miso::config::Config;

use self::serve::ServeArgs;

/// WebRTC SFU in one binary: backend for mediasoup-client pages over Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "miso", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

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
    Serve(Box<ServeArgs>),
    /// Loads a server with peers that join as pages do, and tells what it costs.
    ///
    /// Publishers join first and send; subscribers join in order, each receiving every publisher of
    /// its room; after the warm-up everything is counted for the duration. Nothing is sent anywhere
    /// but to the server of --url and the media addresses it names.
    #[cfg(target_os = "linux")]
    #[command(after_help = BENCH_HELP)]
    Bench(Box<loadgen::Options>),
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Be a server.
    Serve(Box<Settings>),
    /// Load one.
    #[cfg(target_os = "linux")]
    Bench(Box<loadgen::Options>),
}

/// What the command line says of the server.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For the server.
    pub(crate) config: Config,
    /// For the log.
    pub(crate) log: String,
    /// Where more is written.
    pub(crate) file: Option<PathBuf>,
}

impl Cli {
    /// What was asked for, defaults filled in.
    pub(crate) fn task(self) -> Task {
        match self.command {
            None => Task::Serve(Box::new(self.serve.settings())),
            Some(Command::Serve(args)) => Task::Serve(Box::new(args.settings())),
            #[cfg(target_os = "linux")]
            Some(Command::Bench(options)) => Task::Bench(options),
        }
    }
}
