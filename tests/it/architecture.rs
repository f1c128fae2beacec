//! Who may import whom inside `src/`. Cargo guards the edges between crates; this guards the edges between modules.
use std::{fs, path::Path};

/// A module, and the modules it may name through `crate::`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("signaling", &["room", "error", "auth", "config"]),
    (
        "http",
        &["room", "engine", "error", "auth", "config", "telemetry"],
    ),
    ("cluster", &["room", "engine", "config"]),
    ("room", &["engine", "error", "config"]),
    ("engine", &["config"]),
];

#[test]
fn modules_import_only_downwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        visit(&src.join(module), &mut |path, text| {
            for name in text.split("crate::").skip(1).flat_map(named_modules) {
                if name != *module && !allowed.contains(&name) {
                    wrong.push(format!("{} names crate::{name}", path.display()));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

fn visit(dir: &Path, check: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, check)
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            check(
                &path,
                &fs::read_to_string(&path).expect("source files are UTF-8"),
            )
        }
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
