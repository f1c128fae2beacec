//! The subcommand `bench`: runs the load tester and prints what it found. Linux only, as the load
//! tester is.

use std::{fs, path::Path, process::ExitCode};

use loadgen::{BenchError, Options, Report};

use crate::{EXIT_CONFIG, Signals, fail};

/// Loads a server until done or told to stop. Peers' media has a thread of its own; for the rest one is enough.
pub(crate) fn run(options: &Options) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    let progress = |line: &str| eprintln!("miso bench: {line}");
    let result = runtime.block_on(async {
        let mut signals = Signals::new().map_err(|_| BenchError::Interrupted)?;
        loadgen::run(options, &progress, async move { signals.next().await }).await
    });
    match result {
        Ok(report) => print_report(&report, options.json.as_deref()),
        Err(error) => fail(
            &error.to_string(),
            if error.is_usage() { EXIT_CONFIG } else { 1 },
        ),
    }
}

/// The table, unless JSON takes its place.
fn print_report(report: &Report, json: Option<&Path>) -> ExitCode {
    match json {
        Some(path) if path.as_os_str() == "-" => println!("{}", report.to_json()),
        Some(path) => {
            print!("{}", report.to_table());
            if let Err(error) = fs::write(path, report.to_json() + "\n") {
                return fail(&format!("cannot write {}: {error}", path.display()), 1);
            }
        }
        None => print!("{}", report.to_table()),
    }
    ExitCode::SUCCESS
}
