//! What people read: links lead somewhere, and flags that are named exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README, the other pages at the top, and everything in `docs/`.
fn pages() -> Vec<(PathBuf, String)> {
    let folders = [
        "",
        "docs",
        "certs",
        "client-react",
        "tests/browser",
        "tests/headless",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// Targets of `[text](target)`, outside of code.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = text.split("\n```").step_by(2);
    let lines = prose.flat_map(str::lines);
    let headings = lines.filter_map(|line| {
        line.trim_start_matches('#')
            .strip_prefix(' ')
            .filter(|_| line.starts_with('#'))
    });
    let anchor = |heading: &str| {
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (page, text) in pages() {
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let there = target.exists();
            let is_page = target
                .extension()
                .is_some_and(|extension| extension == "md");
            let found = there
                && (anchor.is_empty()
                    || !is_page
                    || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Folders of tests whose page says of every file what it proves.
const SUITES: &[&str] = &["tests/browser", "tests/broadcast"];

#[test]
fn every_file_of_a_suite_is_on_its_page() {
    let mut missing = Vec::new();
    for folder in SUITES {
        let folder = root().join(folder);
        let page = fs::read_to_string(folder.join("README.md")).unwrap();
        let rows = page.lines().filter(|line| line.starts_with("| `suite/"));
        let named = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
        let named: BTreeSet<_> = named
            .map(|name| name.trim_start_matches("suite/"))
            .collect();
        for entry in fs::read_dir(folder.join("suite")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.trim_end_matches(".test.mjs");
            if !named.contains(name) {
                missing.push(format!("{}: {name}", folder.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Pages that are about the server's own flags.
const ABOUT_FLAGS: &[&str] = &[
    "README.md",
    "docs/getting-started.md",
    "docs/migrating.md",
    "docs/deployment.md",
    "docs/troubleshooting.md",
    "docs/architecture.md",
    "docs/adding-a-dialect.md",
];

/// Flags of other programs that these pages name.
const OF_OTHERS: &[&str] = &[
    "--build",
    "--locked",
    "--path",
    "--rm",
    "--ulimit",
    "--network",
    "--now",
];

#[test]
fn every_flag_that_is_named_exists() {
    let mut known = String::new();
    for command in [
        "serve",
        "bench",
        "doctor",
        "health",
        "check-config",
        "token",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_miso"))
            .args([command, "--help"])
            .output();
        known += &String::from_utf8(output.unwrap().stdout).unwrap();
    }
    let mut unknown = Vec::new();
    for page in ABOUT_FLAGS {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for flag in flags(&text) {
            if !OF_OTHERS.contains(&flag.as_str()) && !flags(&known).contains(&flag) {
                unknown.push(format!("{page}: {flag}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// `path.rs` followed by a backticked function, as the architecture page names them.
#[test]
fn the_map_names_what_is_there() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let words: Vec<_> = page.split('`').skip(1).step_by(2).collect();
    let mut wrong = Vec::new();
    let mut source: Option<String> = None;
    for word in words {
        let is_place =
            word.starts_with("src/") || word.starts_with("crates/") || word.starts_with("tests/");
        if is_place {
            if !root().join(word).exists() {
                wrong.push(word.to_owned());
            }
            source = fs::read_to_string(root().join(word)).ok();
        } else if let Some(text) = &source
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            && word.contains('_')
            && !text.contains(&format!("fn {word}"))
            && !text.contains(&format!("{word}("))
        {
            wrong.push(format!("{word} is not in the file named before it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn flags(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("--") {
        let before = text[..at].chars().next_back();
        let letters = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        let name: String = text[at + 2..].chars().take_while(letters).collect();
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        let is_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '/');
        if begins && is_word {
            found.insert(format!("--{}", name.trim_end_matches('-')));
        }
    }
    found
}
