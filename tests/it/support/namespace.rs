//! Networks of one's own: programs started in one find nothing there but an interface that is down.

use std::process::{Command, Stdio};

/// Whoever sets this goes without the tests that need such networks.
const WITHOUT: &str = "MISO_WITHOUT_NAMESPACES";

/// Whether there are such networks here. Panics where there are none, unless that was said before.
pub(crate) fn given() -> bool {
    let given = isolated(&["true"])
        .output()
        .is_ok_and(|it| it.status.success());
    assert!(
        given || std::env::var_os(WITHOUT).is_some(),
        "this test needs `unshare --map-root-user --net`; {WITHOUT}=1 leaves it out"
    );
    given
}

/// A program in a network of its own.
pub(crate) fn isolated(words: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net"]).args(words);
    command.current_dir(std::env::temp_dir());
    with_system_programs(command)
}

/// Another in the network of one that runs.
pub(crate) fn beside(process: u32, words: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    let process = process.to_string();
    command.args(["--target", &process, "--preserve-credentials"]);
    command.args(["--user", "--net"]).args(words);
    command.stdin(Stdio::null());
    with_system_programs(command)
}

/// `ip` is where a user's path does not lead.
fn with_system_programs(mut command: Command) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}
