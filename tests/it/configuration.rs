//! What operators read of the settings, written from the server's own flags, and what the server says
//! of files that are wrong. `UPDATE_CONTRACTS=1 cargo test -p miso --test it configuration` writes the
//! sample and the reference.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Files that are wrong; the first line of each says what the server answers.
const BAD: &str = "tests/fixtures/config/bad";

fn miso(folder: &Path, words: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miso"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("MISO_") {
            command.env_remove(name);
        }
    }
    let command = command.current_dir(folder).args(words);
    command.envs(environment.iter().copied()).output().unwrap()
}

/// Fails unless the file holds this text; writes it if asked to.
fn assert_fresh(file: &str, text: &str) {
    let path = root().join(file);
    if env::var_os("UPDATE_CONTRACTS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{file} is stale: UPDATE_CONTRACTS=1 cargo test -p miso --test it configuration"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn printed(words: &[&str]) -> String {
    let output = miso(root(), words, &[]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The sample's keys with their values, as it has them.
fn sample() -> Vec<(String, String)> {
    let lines = printed(&["config-sample"]);
    let keys = lines.lines().take_while(|line| !line.starts_with("#["));
    let keys = keys.filter_map(|line| line.strip_prefix('#')?.split_once(" = "));
    let keys = keys.filter(|(key, _)| !key.contains(' '));
    keys.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_sample_is_fresh() {
    assert_fresh("deploy/miso.toml", &printed(&["config-sample"]));
}

#[test]
fn the_reference_is_fresh() {
    assert_fresh("docs/configuration.md", &printed(&["config-reference"]));
}

#[test]
fn the_sample_has_every_option_with_a_reason() {
    let keys = sample();
    let help = printed(&["--help"]);
    let flags = help
        .lines()
        .filter_map(|line| line.trim_start().split_once("--"))
        .filter(|(before, _)| before.is_empty() || before.ends_with(", "))
        .map(|(_, flag)| flag.split([' ', '=', '[']).next().unwrap());
    let mut count = 0;
    for flag in flags.filter(|flag| !["config", "help", "version"].contains(flag)) {
        let listed = keys.iter().any(|(key, _)| key == flag);
        assert!(listed, "--{flag} is not in the sample");
        count += 1;
    }
    assert!(count > 15, "{help}");
    let text = printed(&["config-sample"]);
    for block in text
        .split("\n\n")
        .skip(1)
        .filter(|one| !one.contains("\n#["))
    {
        assert!(
            block.contains("# Why: "),
            "say why the default is what it is, in a second paragraph of the flag's help:\n{block}"
        );
    }
}

#[test]
fn what_the_sample_shows_is_taken() {
    let output = miso(root(), &["check-config", "deploy/miso.toml"], &[]);
    assert_eq!(output.stdout, b"ok\n", "{output:?}");
    // Capitals stand for what an operator has to say.
    let is_real = |value: &str| !value.contains(|c: char| c.is_ascii_uppercase());
    let lines = sample().into_iter().filter(|(_, value)| is_real(value));
    let lines: Vec<_> = lines
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    let file = env::temp_dir().join(format!("miso-sample-{}.toml", uuid::Uuid::new_v4()));
    fs::write(&file, lines.join("\n")).unwrap();
    let output = miso(root(), &["check-config", file.to_str().unwrap()], &[]);
    fs::remove_file(file).unwrap();
    assert_eq!(output.stdout, b"ok\n", "{output:?}\n{}", lines.join("\n"));
}

fn bad_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(BAD)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_hundred_wrong_files_get_one_line_each() {
    let files = bad_files();
    assert!(files.len() >= 100, "{}", files.len());
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap();
        let line = String::from_utf8(first[2..].to_vec()).unwrap() + "\n";
        let name = path.file_name().unwrap().to_str().unwrap();
        let folder = root().join(BAD);
        for words in [&["check-config", name][..], &["--config", name]] {
            let output = miso(&folder, words, &[]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said, line, "{name}");
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(output.stdout.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_wrong_variable_is_named_and_secrets_are_not_told() {
    for (variable, value, line) in [
        (
            "MISO_WORKERS",
            "many",
            "MISO_WORKERS: expected a whole number, as in 64",
        ),
        (
            "MISO_TLS",
            "on",
            "MISO_TLS: expected auto, off, or CERT.pem,KEY.pem",
        ),
        (
            "MISO_CONFIG",
            "no.toml",
            "cannot read no.toml: No such file or directory (os error 2)",
        ),
        (
            "MISO_WORKERS",
            "0",
            "MISO_WORKERS must be between 1 and 1024",
        ),
        (
            "MISO_JWT_SECRET",
            "hunter2",
            "MISO_JWT_SECRET: at least 32 characters, or it can be guessed",
        ),
    ] {
        let output = miso(root(), &["check-config"], &[(variable, value)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("miso: {line}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}

/// What is said on the command line, and what is answered.
const WRONG_WORDS: [(&[&str], &str); 14] = [
    (
        &["--listen", "3000"],
        "--listen 3000: expected IP:PORT: 0.0.0.0:3000 for everybody, 127.0.0.1:3000 for this machine only",
    ),
    (
        &["--listen", "localhost:3000"],
        "--listen localhost:3000: expected IP:PORT, not a name: 127.0.0.1:3000 for this machine only",
    ),
    (
        &["--listen", "::"],
        "--listen ::: the port is missing, as in [::]:3000",
    ),
    (
        &["--admin-listen", "9090"],
        "--admin-listen 9090: expected IP:PORT: 0.0.0.0:9090 for everybody, 127.0.0.1:9090 for this \
         machine only; or off",
    ),
    (
        &["--drain-timeout", "abc"],
        "--drain-timeout abc: expected whole seconds without a unit, as in 30",
    ),
    (
        &["serve", "--resume-grace=5s"],
        "--resume-grace 5s: expected whole seconds without a unit, as in 30",
    ),
    (
        &["--broadcast-expiry", "0"],
        "--broadcast-expiry 0: expected whole hours without a unit, at least 1, as in 24",
    ),
    (
        &["--media-port", "65536"],
        "--media-port 65536: it is too large; expected a port up to 65535, as in 44400",
    ),
    (
        &["--requests-per-address", "-1"],
        "--requests-per-address -1: expected a whole number, as in 64",
    ),
    (
        &["--peers-per-room", "0"],
        "--peers-per-room 0: expected a whole number of at least 1, as in 64",
    ),
    (
        &["--require-token=maybe"],
        "--require-token maybe: expected true or false",
    ),
    (
        &["--ice-server", "turn:a,user"],
        "--ice-server: expected a password after the user name",
    ),
    (
        &["token", "--grant", "join", "--ttl", "1"],
        "--ttl 1: expected a number and its unit, as in 90s, 15m, 1h or 7d",
    ),
    (
        &[
            "--listen",
            "127.0.0.1:9090",
            "--admin-listen",
            "127.0.0.1:9090",
        ],
        "--admin-listen 127.0.0.1:9090 and --listen 127.0.0.1:9090 are the same place: choose another \
         port for one",
    ),
];

#[test]
fn a_wrong_value_of_a_flag_is_one_line_that_says_what_is_expected() {
    for (words, line) in WRONG_WORDS {
        let output = miso(root(), words, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("miso: {line}\n"));
        assert_eq!(output.status.code(), Some(2), "{line}");
    }
}

/// Of those that sign, and whether a token was signed with it.
fn is_signed(output: &Output, secret: &str) -> bool {
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout.clone()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    rules.set_audience(&["miso"]);
    jsonwebtoken::decode::<serde_json::Value>(token.trim(), &key, &rules).is_ok()
}

#[test]
fn a_token_is_signed_with_the_secret_the_server_would_have() {
    let secret = |of: &str| format!("{of}-secret-of-thirty-two-characters");
    let (flag, variable, kept) = (secret("flag"), secret("variable"), secret("file"));
    let file = env::temp_dir().join(format!("miso-token-{}.toml", uuid::Uuid::new_v4()));
    fs::write(&file, format!("jwt-secret = \"{kept}\"\nworkers = 2\n")).unwrap();
    let path = file.to_str().unwrap();
    let token = ["token", "--grant", "join"];
    let from_file = [&token[..], &["--config", path]].concat();
    let from_flag = [&from_file[..], &["--jwt-secret", &flag]].concat();
    let environment = [("MISO_JWT_SECRET", variable.as_str())];
    assert!(is_signed(&miso(root(), &from_file, &[]), &kept));
    assert!(is_signed(
        &miso(root(), &token, &[("MISO_CONFIG", path)]),
        &kept
    ));
    assert!(is_signed(&miso(root(), &token, &environment), &variable));
    assert!(is_signed(
        &miso(root(), &from_file, &environment),
        &variable
    ));
    assert!(is_signed(&miso(root(), &from_flag, &environment), &flag));
    fs::remove_file(&file).unwrap();
}

#[test]
fn without_a_secret_there_is_one_line_that_says_how_to_give_one() {
    let token = ["token", "--grant", "join"];
    let short = [("MISO_JWT_SECRET", "hunter2")];
    for (environment, line) in [
        (
            &[][..],
            "no secret to sign with: give the server's own, as --jwt-secret SECRET, MISO_JWT_SECRET, or \
             jwt-secret in the file of --config",
        ),
        (
            &short,
            "MISO_JWT_SECRET: at least 32 characters, or it can be guessed",
        ),
    ] {
        let output = miso(root(), &token, environment);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("miso: {line}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn helps_show_what_their_command_looks_at() {
    for (command, shown, hidden) in [
        (
            "health",
            &["--config", "--listen", "--tls"][..],
            "--media-port",
        ),
        (
            "token",
            &["--config", "--jwt-secret", "--grant"],
            "--listen",
        ),
        (
            "doctor",
            &["--config", "--listen", "--media-port"],
            "--grant",
        ),
    ] {
        let help = printed(&[command, "--help"]);
        let flags: Vec<_> = help
            .lines()
            .filter_map(|line| line.trim_start().split([' ', '[']).next())
            .collect();
        assert!(shown.iter().all(|flag| flags.contains(flag)), "{help}");
        assert!(!flags.contains(&hidden), "{help}");
    }
}
