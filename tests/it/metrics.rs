//! `GET /metrics` after a call with real media: both formats, the table of `docs/metrics.md`, the
//! board, the alerts and the scrape example, each held to what is really exposed and read by Prometheus' own tool.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use miso::{config::ListenConfig, telemetry::names};
use serde_json::Value;

use crate::support::{
    load::call,
    process::Process,
    server::{TestServer, ask_at, config, start_server},
};

const DOC: &str = "docs/metrics.md";
const BOARD: &str = "deploy/grafana/miso.json";
const ALERTS: &str = "deploy/prometheus/alerts.yml";
const SCRAPE: &str = "deploy/prometheus/prometheus.yml";
const OPEN_METRICS: &str =
    "accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";

async fn scrape(server: &TestServer, headers: &str) -> String {
    let answer = server.get("/metrics", headers).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let open = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    let plain = "content-type: text/plain; version=0.0.4; charset=utf-8";
    let kind = if headers.is_empty() { plain } else { open };
    assert!(head.contains(kind), "{head}");
    body.to_owned()
}

/// Prometheus' own tool: what `make promtool` fetched, else the one of the system.
fn promtool(words: &[&str], input: &str) -> Result<(), String> {
    let fetched = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/promtool");
    let program = if fetched.exists() {
        fetched
    } else {
        "promtool".into()
    };
    let child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child =
        child.map_err(|error| format!("promtool ({error}); get it by: make promtool"))?;
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    // It warns on standard error and ends well.
    let clean = output.status.success() && text[1].is_empty();
    clean.then_some(()).ok_or(text.concat())
}

/// A metric as an exposition shows it.
#[derive(Debug, Default)]
struct Shown {
    kind: String,
    labels: BTreeSet<String>,
    sum: f64,
}

/// Every family of a plain exposition, by name.
fn families(text: &str) -> BTreeMap<String, Shown> {
    let mut families: BTreeMap<String, Shown> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (of, kind) = rest.split_once(' ').unwrap();
            of.clone_into(&mut name);
            families.entry(name.clone()).or_default().kind = kind.to_owned();
        } else if !line.starts_with('#') {
            let family = families.get_mut(&name).unwrap();
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let labels = sample.split_once('{').map_or("", |(_, labels)| labels);
            let keys = labels.split("\",").filter_map(|one| one.split_once('='));
            let own = |key: &&str| *key != "le";
            let keys = keys.map(|(key, _)| key).filter(own).map(str::to_owned);
            family.labels.extend(keys);
            if !sample.contains("_bucket") {
                family.sum += value.parse::<f64>().unwrap();
            }
        }
    }
    families
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_shows_in_every_metric_and_prometheus_reads_them() {
    let server = start_server(config()).await;
    call(server.address).await;
    let plain = scrape(&server, "").await;
    promtool(&["check", "metrics"], &plain).unwrap();
    let open = scrape(&server, OPEN_METRICS).await;
    assert!(open.ends_with("# EOF\n"));
    server.stop().await;

    let shown = families(&plain);
    for name in [
        "miso_rtp_packets_total",
        "miso_transport_bytes_total",
        "miso_consumer_packets_total",
        "miso_nacks_received_total",
        "miso_retransmitted_packets_total",
        "miso_key_frames_total",
        "miso_round_trip_seconds",
        "miso_jitter_seconds",
        "miso_loss_ratio",
        "miso_first_media_seconds",
        "miso_worker_cpu_seconds_total",
        "miso_worker_busy_seconds_total",
        "miso_transports_closed_total",
        "miso_joins_total",
        "miso_join_seconds",
        "miso_signaling_events_total",
        "miso_http_requests_total",
        "process_resident_memory_bytes",
    ] {
        assert!(shown[name].sum > 0.0, "{name} counted nothing");
    }
    for family in names::ALL {
        let known = shown.get(&family.shown());
        let known = known.unwrap_or_else(|| panic!("{} is not exposed", family.name));
        assert_eq!(known.kind, family.type_name(), "{}", family.name);
        let labels: BTreeSet<_> = family.labels.iter().map(|one| (*one).to_owned()).collect();
        assert!(
            known.labels.is_subset(&labels),
            "{}: {known:?}",
            family.name
        );
    }
    assert_eq!(shown.len(), names::ALL.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_stay_when_their_room_closes() {
    let server = start_server(config()).await;
    call(server.address).await;
    let one = families(&scrape(&server, "").await);
    call(server.address).await;
    let two = families(&scrape(&server, "").await);
    server.stop().await;
    for name in ["miso_rtp_packets_total", "miso_round_trip_seconds"] {
        assert!(
            one[name].sum > 0.0 && two[name].sum > one[name].sum,
            "{name}"
        );
    }
}

/// How long workers were awake, as a scrape shows it: to measure wakes them, so each walk shows more.
fn awake(text: &str) -> String {
    let lines = text.lines();
    let lines = lines.filter(|line| line.starts_with("miso_worker_busy_seconds_total{"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_scrapes_at_the_same_time_is_told_the_same() {
    let server = start_server(config()).await;
    let scrapes = (0..32).map(|n| {
        let headers = if n % 2 == 0 { "" } else { OPEN_METRICS };
        scrape(&server, headers)
    });
    let began = Instant::now();
    let at_once = futures_util::future::join_all(scrapes).await;
    let took = began.elapsed();
    let walks: BTreeSet<_> = at_once.iter().map(|text| awake(text)).collect();
    // Each walk is told for a quarter of a second, and a busy machine takes several for 32 scrapes.
    let most = 2 + took.as_millis() / 250;
    assert!(
        walks.len() as u128 <= most,
        "{} walks in {took:?}",
        walks.len()
    );
    // And it goes on.
    while walks.contains(&awake(&scrape(&server, "").await)) {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_of_the_admin_surface_are_counted_as_others_are() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = free.local_addr().unwrap();
    drop(free);
    // A process of its own, as the tests of this one count in one place.
    let server = Process::start(&["--admin-listen", &admin.to_string()], &[]);
    for path in ["/debug/state", "/api/v1/rooms/none", "/api/v1/rooms/none"] {
        ask_at(admin, "GET", path, "", "").await;
    }
    let shown = ask_at(admin, "GET", "/metrics", "", "").await;
    for (route, status, count) in [
        ("/debug/state", "2xx", 1),
        ("/api/v1/rooms/{room}", "4xx", 2),
    ] {
        let line = format!(
            "miso_http_requests_total{{route=\"{route}\",method=\"GET\",status=\"{status}\"}} {count}\n"
        );
        assert!(shown.contains(&line), "{line}: {shown}");
    }
    server.stop();
}

#[test]
fn the_page_lists_every_metric() {
    let mut table = String::from("| metric | kind | labels | what |\n| --- | --- | --- | --- |\n");
    for family in names::ALL {
        let labels: Vec<_> = family.labels.iter().map(|one| format!("`{one}`")).collect();
        let (name, kind) = (family.shown(), family.type_name());
        table += &format!(
            "| `{name}` | {kind} | {} | {} |\n",
            labels.join(", "),
            family.help
        );
    }
    let text = fs::read_to_string(DOC).unwrap();
    let (head, rest) = text.split_once("<!-- metrics -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of metrics -->\n").unwrap();
    let wanted = format!("{head}<!-- metrics -->\n{table}<!-- end of metrics -->\n{tail}");
    if std::env::var_os("UPDATE_CONTRACTS").is_some() {
        fs::write(DOC, wanted).unwrap();
    } else {
        assert!(
            text == wanted,
            "{DOC} is behind; UPDATE_CONTRACTS=1 writes it"
        );
    }
}

/// What may be named in an expression: metrics with their labels.
fn exposed() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut exposed = BTreeMap::new();
    for family in names::ALL {
        // What Prometheus itself adds.
        let mut labels: BTreeSet<_> = family.labels.iter().copied().collect();
        labels.extend(["job", "instance"]);
        if family.type_name() == "histogram" {
            for part in ["_sum", "_count"] {
                exposed.insert(format!("{}{part}", family.name), labels.clone());
            }
            labels.insert("le");
            exposed.insert(format!("{}_bucket", family.name), labels);
        } else {
            exposed.insert(family.shown(), labels);
        }
    }
    exposed
}

/// Fails if an expression names a metric or a label that is not there.
fn check_names(expression: &str) {
    let exposed = exposed();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut labels = BTreeSet::<&str>::new();
    for (at, _) in expression.match_indices(word) {
        let before = expression[..at].chars().next_back();
        let starts = !before.is_some_and(|c| word(c) || c == '"');
        let name: String = expression[at..].chars().take_while(|c| word(*c)).collect();
        if starts && (name.starts_with("miso_") || name.starts_with("process_")) {
            let known = exposed.get(&name);
            labels.extend(
                known
                    .unwrap_or_else(|| panic!("no metric {name}: {expression}"))
                    .iter(),
            );
        }
    }
    assert!(!labels.is_empty(), "no metric in {expression}");
    let groups = expression.split("by (").skip(1);
    let groups = groups.flat_map(|rest| rest.split(')').next().unwrap().split(','));
    let matchers = expression.split('{').skip(1);
    let matchers = matchers.flat_map(|rest| rest.split('}').next().unwrap().split("\","));
    let matchers = matchers.map(|one| one.split(['=', '!']).next().unwrap());
    for label in groups.chain(matchers).map(str::trim) {
        assert!(labels.contains(label), "no label {label}: {expression}");
    }
}

fn board() -> Value {
    serde_json::from_str(&fs::read_to_string(BOARD).unwrap()).unwrap()
}

/// Every expression of the board, as Prometheus will be asked.
fn expressions(board: &Value) -> Vec<String> {
    let panels = board["panels"].as_array().unwrap().iter();
    let targets = panels
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    targets
        .map(|target| {
            let text = target["expr"].as_str().unwrap();
            text.replace("$__rate_interval", "5m")
                .replace("$job", ".*")
                .replace("$instance", ".*")
        })
        .collect()
}

#[test]
fn the_board_names_what_there_is() {
    let board = board();
    let expressions = expressions(&board);
    assert!(expressions.len() > 50, "{}", expressions.len());
    let mut rules = String::from("groups:\n  - name: board\n    rules:\n");
    for (number, expression) in expressions.iter().enumerate() {
        check_names(expression);
        let quoted = Value::from(expression.as_str());
        rules += &format!("      - {{record: 'board:{number}', expr: {quoted}}}\n");
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board.yml");
    fs::write(&path, rules).unwrap();
    promtool(&["check", "rules", path.to_str().unwrap()], "").unwrap();
}

#[test]
fn the_board_is_one_that_grafana_loads() {
    let board = board();
    let mut ids = BTreeSet::new();
    let mut bottom = BTreeMap::<u64, u64>::new();
    for panel in board["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(["row", "stat", "timeseries"].contains(&panel["type"].as_str().unwrap()));
        assert!(!panel["title"].as_str().unwrap().is_empty());
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24, "{panel}");
        for column in side("x")..side("x") + side("w") {
            let free = bottom.insert(column, side("y") + side("h"));
            assert!(free.unwrap_or(0) <= side("y"), "overlaps: {panel}");
        }
    }
    let variables = board["templating"]["list"].as_array().unwrap();
    let named: Vec<_> = variables.iter().map(|one| one["name"].as_str()).collect();
    assert_eq!(named, [Some("datasource"), Some("job"), Some("instance")]);
}

#[test]
fn prometheus_reads_its_example_and_asks_where_the_server_answers() {
    promtool(&["check", "config", SCRAPE], "").unwrap();
    let text = fs::read_to_string(SCRAPE).unwrap();
    let (place, _) = ListenConfig::default().admin_address().unwrap();
    assert!(text.contains(&format!("targets: [\"{place}\"]")), "{place}");
    // What is commented out is meant to be taken as it is, but for the file of the token.
    let taken = |line: &str| match line.split_once("# ") {
        Some((indent, rest)) if rest.starts_with(['-', ' ']) => format!("{indent}{rest}"),
        Some((indent, rest)) if rest.starts_with("authorization") => format!("{indent}{rest}"),
        _ => line.to_owned(),
    };
    let lines: Vec<_> = text.lines().map(taken).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let token = folder.join("prometheus-token");
    fs::write(&token, "0123456789abcdef").unwrap();
    let token = token.display().to_string();
    let config = lines
        .join("\n")
        .replace("/etc/prometheus/miso-token", &token);
    assert_eq!(config.matches(&token).count(), 2, "{config}");
    assert!(
        config.contains("\n  - job_name: miso-elsewhere"),
        "{config}"
    );
    fs::copy(ALERTS, folder.join("alerts.yml")).unwrap();
    let path = folder.join("prometheus.yml");
    fs::write(&path, config).unwrap();
    promtool(&["check", "config", path.to_str().unwrap()], "").unwrap();
}

#[test]
fn alerts_name_what_there_is_and_prometheus_reads_them() {
    promtool(&["check", "rules", ALERTS], "").unwrap();
    let text = fs::read_to_string(ALERTS).unwrap();
    let mut expression = String::new();
    let mut count = 0;
    for line in text.lines().chain(["      - alert: end"]) {
        let line = line.trim();
        if let Some(begin) = line.strip_prefix("expr: ") {
            begin.trim_start_matches('|').clone_into(&mut expression);
        } else if line.starts_with("for:") || line.starts_with("labels:") {
            if !expression.is_empty() {
                check_names(&std::mem::take(&mut expression));
                count += 1;
            }
        } else if !expression.is_empty() || line.contains("miso_") {
            expression += line;
        }
    }
    assert_eq!(count, text.matches("- alert:").count());
}
