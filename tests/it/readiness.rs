//! `GET /readyz` where media cannot leave: a server in a network of its own, whose address is taken away
//! and given back.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::namespace::{beside, given, isolated};

/// Where media is; the server listens elsewhere.
const ADDRESS: &str = "192.0.2.7";
const PORT: &str = "3000";

/// A server in a network of its own that has [`ADDRESS`].
struct Apart(Child);

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Apart {
    fn start() -> Self {
        let network = format!("ip link set lo up && ip address add {ADDRESS}/32 dev lo");
        let http = format!("--listen 127.0.0.1:{PORT} --tls off");
        let media = format!("--media-ip {ADDRESS} --media-port 0 --workers 1");
        let server = env!("CARGO_BIN_EXE_miso");
        let script = format!("{network} && exec {server} {http} {media}");
        let mut command = isolated(&["sh", "-c", &script]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let open = lines.find(|line| line.contains("open http"));
        let this = Self(child);
        assert!(open.is_some(), "not started; is there `ip` (iproute2)?");
        // Read to its end, so that the server never waits for us.
        thread::spawn(move || lines.for_each(drop));
        this
    }

    /// Does something in its network.
    fn here(&self, words: &[&str]) -> String {
        let output = beside(self.0.id(), words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The status and the body of what it answers.
    fn says(&self, path: &str) -> (String, Value) {
        let request =
            format!("GET {path} HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n");
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{PORT}; printf '{request}' >&3; cat <&3");
        let answer = self.here(&["bash", "-c", &script]);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].to_owned(), serde_json::from_str(body).unwrap())
    }

    /// Waits until it is as ready as that: what was found out is good for seconds.
    fn becomes(&self, status: &str, readiness: &Value) {
        let mut said = None;
        for _ in 0..300 {
            let now = self.says("/readyz");
            if now.0 == status && now.1 == *readiness {
                return;
            }
            said = Some(now);
            thread::sleep(Duration::from_millis(100));
        }
        panic!("never {readiness}, but {said:?}");
    }
}

#[test]
fn a_server_whose_address_is_taken_away_is_not_ready_until_it_is_back() {
    if !given() {
        return;
    }
    let ready = json!({ "status": "ready", "reasons": [] });
    let server = Apart::start();
    server.becomes("200", &ready);
    let address = format!("{ADDRESS}/32");
    server.here(&["ip", "address", "delete", &address, "dev", "lo"]);
    let reasons = ["UDP does not work at 1 media addresses"];
    server.becomes("503", &json!({ "status": "not-ready", "reasons": reasons }));
    // It lives: whoever looks after it must not start it again.
    let (status, health) = server.says("/healthz");
    assert_eq!((&*status, &health["status"]), ("200", &json!("ok")));
    server.here(&["ip", "address", "add", &address, "dev", "lo"]);
    server.becomes("200", &ready);
}
