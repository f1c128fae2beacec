//! Who may import whom inside `src/`, and where each foreign library may be named. Cargo guards the
//! edges between crates; this guards the edges between modules, and the seams.

use std::{
    fs,
    path::{Path, PathBuf},
};

use miso::signaling::dialect::ALL;

/// A module, and the modules it may name through `crate::`. Some are still to come.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    (
        "signaling",
        &["room", "error", "auth", "rates", "config", "telemetry"],
    ),
    (
        "http",
        &[
            "room",
            "engine",
            "error",
            "auth",
            "rates",
            "config",
            "telemetry",
        ],
    ),
    ("cluster", &["room", "engine", "config"]),
    ("room", &["engine", "error", "rates", "config", "telemetry"]),
    ("engine", &["config", "telemetry"]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("tls", &["config"]),
    ("reload.rs", &["auth", "config", "engine", "room", "tls"]),
    ("descriptors.rs", &[]),
    ("doctor", &["config", "descriptors", "engine", "tls"]),
    ("cors.rs", &["config", "http", "signaling"]),
    ("auth", &["rates", "config"]),
    ("rates.rs", &["config"]),
    ("error.rs", &["room", "engine", "auth"]),
];

/// Parts of modules that may import less than the whole.
const MAY_NOT_NAME: &[(&str, &[&str])] = &[
    (
        "src/signaling/dialect",
        &["crate::room", "crate::engine", "async fn", "tokio"],
    ),
    (
        "src/signaling",
        &["media::", "crate::http", "crate::cluster"],
    ),
    ("src/http", &["media::", "crate::signaling", "socketioxide"]),
    ("src/room", &["axum", "socketioxide", "serde_json::Value"]),
    ("src/engine", &["axum", "socketioxide"]),
    ("crates/ortc", SANS_IO),
    ("crates/media", SANS_IO),
    ("crates/netem", SANS_IO),
    // The load tester is a program with sockets and clocks, and may wait; it shares nothing with the
    // server but the halves of the media engine that clients need.
    (
        "crates/loadgen",
        &[
            "miso::",
            "axum",
            "socketioxide",
            "dashmap",
            "redis::",
            "mio::",
            "std::env",
            "media::Worker",
            "media::Command",
        ],
    ),
    ("crates/ortc", &["media::"]),
];

/// What no sans-IO crate may name.
const SANS_IO: &[&str] = &[
    "tokio",
    "axum",
    "socketioxide",
    "dashmap",
    "redis::",
    "mio::",
    "std::env::var",
    "loadgen::",
];

/// Words that belong to one place each: one seam per foreign library, one place for what is unsafe
/// or impure.
const ONLY_IN: &[(&str, &str, &[&str])] = &[
    ("dashmap::", "src", &["src/room/registry.rs"]),
    ("redis::", "src", &["src/cluster/redis.rs"]),
    ("unsafe {", "src", &["src/engine/udp.rs"]),
    ("allow(unsafe_code)", "src", &["src/engine/udp.rs"]),
    ("libc::", "src", &["src/engine/udp.rs"]),
    ("Instant::now", "src/engine", &["src/engine/clock.rs"]),
    ("SystemTime::now", "src/engine", &["src/engine/clock.rs"]),
    ("std::env", "src", &["src/main.rs", "src/args/"]),
    ("loadgen::", "src", &["src/bench.rs", "src/args/"]),
    ("jsonwebtoken::", "src", &["src/auth/"]),
    ("governor::", "src", &["src/rates.rs"]),
    ("rustls_acme::", "src", &["src/tls/acme.rs"]),
    ("rcgen::", "src", &["src/tls/"]),
    ("x509_cert::", "src", &["src/doctor/certificate.rs"]),
    ("rtc_sdp::", "src", &["src/http/sdp/"]),
    ("utoipa_axum::", "src", &["src/http/rest/mod.rs"]),
    ("rust_embed::", "src", &["src/http/assets.rs"]),
    (
        "dimpl::",
        "crates/media/src",
        &[
            "crates/media/src/transport/dtls.rs",
            "crates/media/src/transport/dtls/",
        ],
    ),
    (
        "rtc_stun::",
        "crates/media/src",
        &[
            "crates/media/src/transport/ice_lite.rs",
            "crates/media/src/transport/ice_lite/",
        ],
    ),
    (
        "nix::",
        "crates/loadgen/src",
        &[
            "crates/loadgen/src/traffic/socket.rs",
            "crates/loadgen/src/traffic/engine.rs",
        ],
    ),
    (
        "SystemTime::now",
        "crates/loadgen/src",
        &["crates/loadgen/src/traffic/clock.rs"],
    ),
    (
        "rustls::",
        "crates/loadgen/src",
        &["crates/loadgen/src/signaling/connection.rs"],
    ),
    (
        "tokio_tungstenite::",
        "crates/loadgen/src",
        &["crates/loadgen/src/signaling/"],
    ),
    ("unsafe {", "crates/loadgen/src", &[]),
    ("unsafe {", "crates/media/src", &[]),
    ("unsafe {", "crates/ortc/src", &[]),
    ("Instant::now", "crates/media/src", &[]),
    ("Instant::now", "crates/ortc/src", &[]),
];

#[test]
fn modules_import_only_downwards() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        let own = module.trim_end_matches(".rs");
        for (path, text) in sources(&format!("src/{module}")) {
            for name in text.split("crate::").skip(1).flat_map(named_modules) {
                if name != own && !allowed.contains(&name) {
                    wrong.push(format!("{} names crate::{name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_is_in_the_table() {
    let src = root().join("src");
    for entry in fs::read_dir(src).expect("there is a src folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = MAY_IMPORT.iter().any(|(module, _)| *module == name);
        let top = [
            "lib.rs",
            "main.rs",
            "args",
            "file.rs",
            "bench.rs",
            "health.rs",
            "watch.rs",
        ]
        .contains(&name.as_str());
        assert!(known || top, "{name} may import nothing yet: add a row");
    }
}

#[test]
fn modules_do_not_name_what_is_above_or_beside_them() {
    let mut wrong = Vec::new();
    for (place, words) in MAY_NOT_NAME {
        for (path, text) in sources(place) {
            for word in words.iter().filter(|word| names(&text, word)) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn foreign_libraries_are_named_at_their_seams_only() {
    let mut wrong = Vec::new();
    for (word, place, seams) in ONLY_IN {
        for (path, text) in sources(place) {
            let here = path.to_string_lossy().replace('\\', "/");
            let allowed = seams.iter().any(|seam| here.starts_with(seam));
            if !allowed && names(&text, word) {
                wrong.push(format!("{here} names {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_code_asks_which_dialect_a_socket_speaks() {
    let quoted: Vec<_> = ALL.iter().map(|one| format!("{:?}", one.name)).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources("src/signaling") {
        if path.starts_with("src/signaling/dialect") {
            continue;
        }
        let named = quoted.iter().map(String::as_str);
        for word in named.chain(["dialect.name", "NATIVE", "\"unknown\""]) {
            if text.contains(word) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_reaches_past_the_parent_module() {
    // `super::super::` would slip past the tables above.
    for (path, text) in sources("src") {
        let hidden = names(&text, "super::super::");
        assert!(!hidden, "{}: write crate::… instead", path.display());
    }
}

/// Whether the code of `text` contains `word` at the start of a word. Comments and tests may.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Paths (from the root) and code of the Rust files at or below `place`, without comments and unit
/// tests.
fn sources(place: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    visit(&root().join(place), &mut |path, text| {
        let path = path
            .strip_prefix(root())
            .expect("the file is below the root");
        let is_test = path.components().any(|part| {
            ["tests", "tests.rs", "target", "fuzz", "examples", "benches"]
                .iter()
                .any(|name| part.as_os_str() == *name)
        });
        if !is_test {
            found.push((path.to_owned(), code(text)));
        }
    });
    found
}

/// `text` without comment lines, and without what follows `#[cfg(test)] mod`.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text[..end]
        .lines()
        .filter(is_code)
        .collect::<Vec<_>>()
        .join("\n")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `room::Room;` → `room`; `{room::Room, error};` → `room`, `error`.
fn named_modules(after_crate: &str) -> Vec<&str> {
    let Some(group) = after_crate.strip_prefix('{') else {
        return vec![first_word(after_crate)];
    };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                names.push(first_word(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or("")
}

fn visit(path: &Path, check: &mut dyn FnMut(&Path, &str)) {
    if path.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            visit(&entry.path(), check);
        }
    } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
        check(
            path,
            &fs::read_to_string(path).expect("source files are UTF-8"),
        );
    }
}

#[test]
fn sees_grouped_imports() {
    assert_eq!(
        named_modules("{room::{Room, Peer}, error, auth::Claims};"),
        ["room", "error", "auth"]
    );
    assert_eq!(named_modules("engine::WorkerPool;"), ["engine"]);
}

#[test]
fn sees_code_but_not_comments_tests_or_longer_words() {
    let text = "// dashmap::x\nuse dashmap::DashMap;\n#[cfg(test)]\nmod tests { use mio::Poll; }";
    assert!(names(&code(text), "dashmap::"));
    assert!(!names(&code(text), "mio::"));
    assert!(!names("use mydashmap::x;", "dashmap::"));
    assert!(!names(&code("    /// libc::x"), "libc::"));
}
