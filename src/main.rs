//! The miso server: command line in, exit code out. Arguments and environment are read in `args`.

mod args;
#[cfg(target_os = "linux")]
mod bench;
mod file;
mod health;
mod watch;

use std::{io::Write as _, net::SocketAddr, process::ExitCode};

use miso::{
    RunError, Server,
    config::Config,
    descriptors,
    doctor::{self, Verdict},
    engine::EngineError,
    telemetry,
};
use sd_notify::NotifyState;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use args::{Refusal, Settings, Sources, Task, TokenArgs};
use watch::Watch;

/// Exit code for a setting that cannot be used (clap's own too).
const EXIT_CONFIG: u8 = 2;

fn main() -> ExitCode {
    let sources = Sources::of_process();
    match sources.task() {
        Ok(Task::Serve(settings)) => run_server(sources, *settings),
        Ok(Task::CheckConfig(_)) => print("ok\n"),
        Ok(Task::Doctor(settings, json)) => examine(&settings.config, json),
        Ok(Task::Health(settings)) => health::run(&settings.config.listen),
        Ok(Task::Print(text)) => print(&text),
        Ok(Task::Token(settings, args)) => print_token(&settings.config, &args),
        #[cfg(target_os = "linux")]
        Ok(Task::Bench(options)) => bench::run(&options),
        Err(Refusal::Words(error)) => error.exit(),
        Err(Refusal::Setting(line)) => fail(&line, EXIT_CONFIG),
    }
}

fn print(text: &str) -> ExitCode {
    // Whoever reads may have seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// What stands in the way, for people or programs.
fn examine(config: &Config, json: bool) -> ExitCode {
    let report = doctor::examine(config);
    print(&if json {
        report.to_json() + "\n"
    } else {
        report.to_string()
    });
    match report.verdict {
        Verdict::Ok | Verdict::Warn => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::FAILURE,
    }
}

fn print_token(config: &Config, args: &TokenArgs) -> ExitCode {
    match args.token(&config.auth) {
        Ok(token) => print(&format!("{token}\n")),
        Err(error) => fail(&error, EXIT_CONFIG),
    }
}

fn run_server(sources: Sources, settings: Settings) -> ExitCode {
    if let Err(error) = telemetry::init(&settings.log, &settings.log_config) {
        return fail(&format!("--log: {error}"), EXIT_CONFIG);
    }
    descriptors::raise();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    let outcome = runtime.block_on(serve(sources, settings));
    // Whoever still talks to us was told to go; nothing is waited for.
    runtime.shutdown_background();
    telemetry::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(text)) => fail(&text, EXIT_CONFIG),
        Err(Failure::Other(text)) => fail(&text, 1),
    }
}

fn fail(text: &str, code: u8) -> ExitCode {
    eprintln!("miso: {text}");
    ExitCode::from(code)
}

/// Why miso ends with an error.
enum Failure {
    /// A setting cannot be used.
    Config(String),
    /// The machine does not let us.
    Other(String),
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Config(_)
            | RunError::Tls(_)
            | RunError::Engine(EngineError::ForeignAddress(_)) => Self::Config(error.to_string()),
            RunError::Admin(_, ref cause)
                if cause.kind() == std::io::ErrorKind::AddrNotAvailable =>
            {
                Self::Config(error.to_string())
            }
            RunError::Admin(..)
            | RunError::Engine(_)
            | RunError::Serve(_)
            | RunError::Listener(_) => Self::Other(error.to_string()),
        }
    }
}

async fn serve(sources: Sources, settings: Settings) -> Result<(), Failure> {
    let no_signals = |error: std::io::Error| Failure::Other(error.to_string());
    let mut signals = Signals::new().map_err(no_signals)?;
    let hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
    let address = settings.config.listen.address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| bind_error(address, &error))?;
    let server = Server::start(settings.config.clone(), listener)?;
    announce(&server);
    tell_system(NotifyState::Ready);
    let registry = server.registry();
    let shutdown = async {
        tokio::select! {
            // Asked by REST: the first signal is the second time.
            biased;
            () = registry.draining() => {}
            () = signals.next() => {
                registry.drain();
            }
        }
        tell_system(NotifyState::Stopping);
        if registry.admission().peers() > 0 {
            eprintln!("miso: waiting for calls to end; a signal ends now");
        }
        signals.next().await;
    };
    let watch = Watch::new(sources, &settings, server.reloader());
    tokio::spawn(watch.run(hangup));
    server.serve(shutdown).await?;
    Ok(())
}

/// Says where it is. Nobody need read it: a pipe that was closed ends no server.
fn announce(server: &Server) {
    let urls = server.urls().into_iter().map(|url| format!("open {url}"));
    let candidates = server.candidates().into_iter();
    let candidates = candidates.map(|candidate| format!("media at {candidate}"));
    let warnings = server.warnings().into_iter();
    let warnings = warnings.map(|warning| format!("warning: {warning}"));
    let admin = server.inspector().map(|url| format!("inspect at {url}"));
    for line in urls.chain(admin).chain(candidates).chain(warnings) {
        print(&format!("miso: {line}\n"));
    }
}

/// Tells the service manager, if there is one that listens (sd_notify(3)).
fn tell_system(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Ctrl-C, and the system's request to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Completes at the next of them.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn bind_error(address: SocketAddr, error: &std::io::Error) -> Failure {
    let line = miso::why_not_bound("--listen", address, error);
    if error.kind() == std::io::ErrorKind::AddrNotAvailable {
        Failure::Config(line)
    } else {
        Failure::Other(line)
    }
}
