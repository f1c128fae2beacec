//! The binary as its operator runs it: a process with a log.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

/// A server process; killed when dropped.
pub(crate) struct Process {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    /// Its standard error, while nobody reads that.
    unread: Option<ChildStderr>,
}

impl Process {
    /// Starts one on free ports of loopback and waits until it answers. Its log is read.
    pub(crate) fn start(words: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut process = Self::start_unread(words, environment);
        let stderr = BufReader::new(process.unread.take().unwrap());
        let log = Arc::clone(&process.log);
        process.reader = Some(thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut log = log.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        }));
        process
    }

    /// The same, but nobody reads its log.
    pub(crate) fn start_unread(words: &[&str], environment: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut child = Command::new(env!("CARGO_BIN_EXE_miso"))
            .args(["--listen", &address.to_string(), "--tls", "off"])
            .args([
                "--media-ip",
                "127.0.0.1",
                "--media-port",
                "0",
                "--workers",
                "1",
            ])
            .args(words)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says where it is once its media workers run, just before it accepts.
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert!(line.starts_with("miso: open"), "{line}");
        let unread = child.stderr.take();
        Self {
            address,
            child,
            log: Arc::default(),
            reader: None,
            unread,
        }
    }

    /// The whole answer to one request.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks it to end, waits for that, and returns what it logged.
    pub(crate) fn stop(mut self) -> String {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        let ended = Command::new("kill").arg(pid.to_string()).status().unwrap();
        assert!(ended.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
