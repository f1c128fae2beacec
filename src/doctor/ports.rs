//! Who has a port that is taken, as Linux tells in /proc; of other users' programs to root only.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Which kind of port.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocol {
    /// One that is listened on.
    Tcp,
    /// One that is bound.
    Udp,
}

/// A program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) name: String,
    pub(super) process: String,
}

/// Who has it, if that can be known.
pub(super) fn holder(protocol: Protocol, port: u16) -> Option<Holder> {
    let files = match protocol {
        Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
        Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
    };
    let tables = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    let sockets: HashSet<PathBuf> = tables.flat_map(|it| inodes(protocol, &it, port)).collect();
    let names = fs::read_dir("/proc").ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    // Processes, not `self` nor what else is there.
    let mut processes = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let folder = |process: &String| Path::new("/proc").join(process);
    let process = processes.find(|it| has_open(&folder(it), &sockets).unwrap_or(false))?;
    let name = fs::read_to_string(folder(&process).join("comm")).ok()?;
    let name = name.trim().to_owned();
    Some(Holder { name, process })
}

/// The sockets of a table that are at a port, as their descriptors name them.
fn inodes(protocol: Protocol, table: &str, port: u16) -> Vec<PathBuf> {
    const LISTENING: &str = "0A";
    let rows = table.lines().skip(1);
    rows.filter_map(|row| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let at = u16::from_str_radix(columns.get(1)?.rsplit(':').next()?, 16).ok()?;
        let counts = matches!(protocol, Protocol::Udp) || *columns.get(3)? == LISTENING;
        let inode = columns.get(9)?;
        (at == port && counts).then(|| format!("socket:[{inode}]").into())
    })
    .collect()
}

fn has_open(process: &Path, sockets: &HashSet<PathBuf>) -> io::Result<bool> {
    let mut descriptors = fs::read_dir(process.join("fd"))?.flatten();
    Ok(descriptors.any(|entry| fs::read_link(entry.path()).is_ok_and(|to| sockets.contains(&to))))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn whoever_has_a_port_is_named() {
        let (udp, tcp) = (
            UdpSocket::bind("127.0.0.1:0"),
            TcpListener::bind("127.0.0.1:0"),
        );
        let (udp, tcp) = (udp.unwrap(), tcp.unwrap());
        for (protocol, port) in [
            (Protocol::Udp, udp.local_addr().unwrap().port()),
            (Protocol::Tcp, tcp.local_addr().unwrap().port()),
        ] {
            let found = holder(protocol, port).unwrap();
            assert_eq!(found.process, std::process::id().to_string());
        }
        let port = udp.local_addr().unwrap().port();
        drop(udp);
        assert_eq!(holder(Protocol::Udp, port), None);
    }
}
