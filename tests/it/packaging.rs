//! What is in `deploy/` against the program: flags, variables and files that it names are there, and the
//! files say the same. What other programs think of them is `deploy/check.sh`.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_miso"))
        .args(words)
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// Words of `text` that begin with `start`, as far as they are flags or variables.
fn words(text: &str, start: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(start) {
        let before = text[..at].chars().next_back();
        let word: String = text[at..].chars().take_while(|c| part(*c)).collect();
        if !before.is_some_and(|c| part(c) || c == '.') && word.len() > start.len() {
            found.insert(word.trim_end_matches(['-', '_']).to_owned());
        }
    }
    found
}

#[test]
fn every_variable_and_flag_of_the_packages_is_one_of_the_program() {
    let help = help(&["--help"]);
    let known = words(&help, "--");
    for file in [
        "deploy/Dockerfile",
        "deploy/compose.yaml",
        "deploy/miso.service",
        "deploy/nginx/miso.conf",
        "deploy/caddy/Caddyfile",
        "deploy/haproxy/haproxy.cfg",
        "deploy/traefik/miso.yaml",
    ] {
        let text = read(file);
        for variable in words(&text, "MISO_") {
            let flag = variable.trim_start_matches("MISO_").to_lowercase();
            let flag = format!("--{}", flag.replace('_', "-"));
            assert!(known.contains(&flag), "{file}: {variable}");
        }
        let commands = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
        let commands = commands.filter(|line| line.starts_with("miso --"));
        for flag in commands.flat_map(|line| words(line, "--")) {
            assert!(known.contains(&flag), "{file}: {flag}");
        }
    }
}

#[test]
fn the_container_has_one_tcp_and_one_udp_port_and_they_are_the_programs() {
    let (image, compose) = (read("deploy/Dockerfile"), read("deploy/compose.yaml"));
    for part in [
        "MISO_LISTEN=0.0.0.0:3000",
        "MISO_MEDIA_PORT=44400",
        "MISO_WORKERS=1",
        "EXPOSE 3000/tcp 44400/udp",
        "USER 65532:65532",
        r#"CMD ["/usr/local/bin/miso", "health"]"#,
    ] {
        assert!(image.contains(part), "{part}");
    }
    let ports: Vec<_> = compose
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with("p\""))
        .collect();
    assert_eq!(ports, [r#"- "3000:3000/tcp""#, r#"- "44400:44400/udp""#]);
    assert!(help(&["health", "--help"]).contains("well"));
}

#[test]
fn what_the_image_is_built_from_is_there_and_pinned() {
    let image = read("deploy/Dockerfile");
    let stages = image.lines().filter_map(|line| line.strip_prefix("ARG "));
    for stage in stages {
        let (_, tag) = stage.rsplit_once(':').expect("a base image has a tag");
        assert!(!tag.is_empty() && tag != "latest", "{stage}");
    }
    let copied = image.lines().filter_map(|line| line.strip_prefix("COPY "));
    for line in copied.filter(|line| !line.starts_with("--from")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let (_, sources) = words.split_last().expect("COPY has a target");
        for source in sources {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            assert!(root.join(source).exists(), "{source}");
        }
    }
}

#[test]
fn what_the_debian_package_brings_is_there() {
    let manifest = read("Cargo.toml");
    let assets = manifest
        .split("assets = [")
        .nth(1)
        .unwrap()
        .split("\n]")
        .next()
        .unwrap();
    let mut found = 0;
    for line in assets.lines().filter(|line| line.contains('[')) {
        let source = line.split('"').nth(1).unwrap();
        // Built, not kept.
        if source != "target/release/miso" {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            assert!(root.join(source).exists(), "{source}");
        }
        found += 1;
    }
    assert!(found > 5);
    // The unit reads the file and runs as the user that the package makes.
    let unit = read("deploy/miso.service");
    for part in [
        "--config /etc/miso/miso.toml",
        "User=miso",
        "Type=notify",
        "StateDirectory=miso",
    ] {
        assert!(unit.contains(part), "{part}");
    }
    assert!(read("deploy/debian/miso.sysusers").contains("u miso "));
}
