//! The miso server: command line in, exit code out. The only place that reads arguments.

mod args;
#[cfg(target_os = "linux")]
mod bench;
mod file;

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser as _;
use miso::{RunError, Server, config::Config, engine::EngineError, telemetry};
use tokio::net::TcpListener;

use args::{Cli, Settings, Task};

/// Exit code for a setting that cannot be used (clap's own too).
const EXIT_CONFIG: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().task() {
        Task::Serve(settings) => run_server(*settings),
        #[cfg(target_os = "linux")]
        Task::Bench(options) => bench::run(&options),
    }
}

fn run_server(mut settings: Settings) -> ExitCode {
    if let Some(path) = &settings.file
        && let Err(error) = file::read_into(&mut settings.config.signaling, path)
    {
        return fail(&error, EXIT_CONFIG);
    }
    if let Err(error) = telemetry::init(&settings.log) {
        eprintln!("miso: --log: {error}");
        return ExitCode::from(EXIT_CONFIG);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    let outcome = runtime.block_on(serve(settings.config));
    // Whoever still talks to us was told to go; nothing is waited for.
    runtime.shutdown_background();
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
            RunError::Engine(_) | RunError::Serve(_) | RunError::Listener(_) => {
                Self::Other(error.to_string())
            }
        }
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    config.validate().map_err(RunError::from)?;
    let shutdown = stop_signal().map_err(|error| Failure::Other(error.to_string()))?;
    let address = config.listen.address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| bind_error(address, &error))?;
    let server = Server::start(config, listener)?;
    announce(&server);
    server.serve(shutdown).await?;
    Ok(())
}

fn announce(server: &Server) {
    for url in server.urls() {
        println!("miso: open {url}");
    }
    for candidate in server.candidates() {
        println!("miso: media at {candidate}");
    }
    for warning in server.warnings() {
        println!("miso: warning: {warning}");
    }
}

/// Completes at Ctrl-C or when the system asks to end.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn bind_error(address: SocketAddr, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::Other(format!(
            "{address} is taken by another program; choose another with --listen"
        )),
        std::io::ErrorKind::AddrNotAvailable => Failure::Config(format!(
            "{} is not an address of this machine; choose another with --listen",
            address.ip()
        )),
        _ => Failure::Other(format!("cannot listen on {address}: {error}")),
    }
}
