//! The same questions to mediasoup's own `ortc` and to this crate: recorded browsers, and generated
//! cases. Answers must be equal, but for the differences listed in `docs/ortc-differences.md`.
//!
//! Needs node and `tests/reference/node_modules`, and fails without them: `make ortc-reference`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cases;
mod differences;
mod generator;
mod ours;
mod random;
mod reference;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use differences::{Compared, DIFFERENCES, Row};
use random::Random;

/// Generated sessions per run; the first seed is fixed, `ORTC_SEED` chooses another.
const GENERATED: u64 = 4000;

#[test]
fn recorded_browsers_negotiate_as_with_mediasoup() {
    let cases = cases::recorded();
    assert!(cases.len() >= 300, "only {} recorded cases", cases.len());
    let tally = compare(&cases);
    println!("{} recorded cases: {tally}", cases.len());
    let sessions = cases
        .iter()
        .filter(|case| case.question["ask"] == "session")
        .count() as u64;
    assert_eq!(
        tally.produced, sessions,
        "every recorded producer is an honest one"
    );
    assert!(
        tally.consumed > sessions / 2,
        "too few find a codec in common: {tally}"
    );
}

#[test]
fn generated_cases_negotiate_as_with_mediasoup() {
    let first = first_seed();
    let cases: Vec<Case> = (first..first + GENERATED).map(generated).collect();
    let mut tally = compare(&cases);
    println!("{} generated cases from seed {first}: {tally}", cases.len());
    assert!(
        tally.consumed > GENERATED / 4,
        "too few sessions reach a consumer: {tally}"
    );
    assert!(
        tally.refused_by_both > GENERATED / 50,
        "too few are refused by both: {tally}"
    );

    let directed = compare(&cases::directed());
    println!("directed cases: {directed}");
    tally.add(directed);
    for Row { id, .. } in DIFFERENCES {
        assert!(
            tally.rows.contains_key(id),
            "nothing shows the difference `{id}`"
        );
    }
}

#[test]
fn honest_generated_cases_differ_only_where_no_honest_client_notices() {
    let first = first_seed();
    let cases: Vec<Case> = (first..first + 500)
        .map(|seed| {
            Case::new(
                format!("honest, seed {seed}"),
                generator::honest_session(&mut Random::new(seed)),
            )
        })
        .collect();
    let tally = compare(&cases);
    // `empty` is Chromium's `cname: ""`.
    let allowed = [
        "packet-id",
        "mapping-layers",
        "unknown-members",
        "codecs",
        "level-1b",
        "empty",
    ];
    for row in tally.rows.keys() {
        assert!(
            allowed.contains(row),
            "an honest case meets the difference `{row}`"
        );
    }
}

#[test]
fn the_table_of_differences_is_the_one_in_the_documentation() {
    let text = include_str!("../../../../docs/ortc-differences.md");
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(id, _)| id))
        .collect();
    let known: Vec<&str> = DIFFERENCES.iter().map(|row| row.id).collect();
    assert_eq!(documented, known);
}

/// One question, and how to find it again.
struct Case {
    name: String,
    question: Value,
}

impl Case {
    fn new(name: impl Into<String>, question: Value) -> Self {
        Self {
            name: name.into(),
            question,
        }
    }
}

fn generated(seed: u64) -> Case {
    Case::new(
        format!("seed {seed}"),
        generator::question(&mut Random::new(seed)),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test run's seed is its only configuration"
)]
fn first_seed() -> u64 {
    std::env::var("ORTC_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1)
}

/// What a comparison went through, so that a run cannot pass by comparing nothing.
#[derive(Default)]
struct Tally {
    equal: u64,
    produced: u64,
    consumed: u64,
    refused_by_both: u64,
    rows: BTreeMap<&'static str, u64>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.equal += other.equal;
        self.produced += other.produced;
        self.consumed += other.consumed;
        self.refused_by_both += other.refused_by_both;
        for (row, count) in other.rows {
            *self.rows.entry(row).or_default() += count;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} equal ({} with a producer, {} with a consumer, {} refused by both), differences met: {:?}",
            self.equal, self.produced, self.consumed, self.refused_by_both, self.rows
        )
    }
}

/// Asks both and compares every answer; panics with the first few that differ without a reason.
fn compare(cases: &[Case]) -> Tally {
    let questions: Vec<Value> = cases.iter().map(|case| case.question.clone()).collect();
    let theirs = reference::ask(&questions);
    assert_eq!(
        theirs.len(),
        cases.len(),
        "the reference answered too few questions"
    );
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let ours = ours::answer(&case.question);
        tally.produced += u64::from(ours.pointer("/ok/produced/ok").is_some());
        tally.consumed += u64::from(ours.pointer("/ok/consumed/ok").is_some());
        let compared = differences::compare(&case.question, theirs.clone(), ours.clone());
        let Compared {
            rows,
            equal,
            refused_by_both,
        } = compared;
        rows.iter()
            .for_each(|row| *tally.rows.entry(row).or_default() += 1);
        tally.refused_by_both += u64::from(refused_by_both);
        tally.equal += u64::from(equal.is_ok());
        if let Err(path) = equal {
            let all = json!({"question": case.question, "mediasoup": theirs, "ours": ours});
            failures.push(format!("{}: differs at {path}\n{all:#}", case.name));
        }
    }
    let shown = failures
        .iter()
        .take(3)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n\n");
    assert!(
        failures.is_empty(),
        "{} of {} differ\n{shown}",
        failures.len(),
        cases.len()
    );
    tally
}
