//! `SECURITY.md` names the test that holds each promise: every one of them is there.

use std::{fs, path::Path};

#[test]
fn every_test_that_is_named_exists() {
    let page = fs::read_to_string("SECURITY.md").unwrap();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("---"));
    let mut named = 0;
    for row in rows.filter(|row| !row.starts_with("| threat |")) {
        let held = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let words: Vec<_> = held.split('`').skip(1).step_by(2).collect();
        assert!(!words.is_empty() && words.len() % 2 == 0, "no test: {row}");
        for pair in words.chunks(2) {
            let (path, name) = (pair[0], pair[1]);
            let text = fs::read_to_string(Path::new(path)).unwrap_or_else(|_| panic!("no {path}"));
            let function = text.contains(&format!("fn {name}("));
            assert!(
                function || text.contains(&format!("\"{name}")),
                "{path} has no {name}"
            );
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}
