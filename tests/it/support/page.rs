//! `protocol.md` as data: its sections, tables and examples.

use std::{fs, path::Path};

use serde_json::Value;

/// The page.
pub(crate) fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol.md");
    fs::read_to_string(path).unwrap()
}

/// The text under a heading, up to the next of the same or a higher level.
pub(crate) fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let level = heading.split(' ').next().unwrap().len();
    let start = page
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no {heading}"));
    let body = &page[start + heading.len() + 2..];
    let ends = (1..=level).filter_map(|n| body.find(&format!("\n{} ", "#".repeat(n))));
    &body[..ends.min().unwrap_or(body.len())]
}

/// The rows of a section's first table, without head and rule: cells, trimmed.
pub(crate) fn table<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    rows(section(page, heading))
}

/// The rows of the first table of a text.
pub(crate) fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().map(str::trim);
    let rows = lines.skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(str::trim).collect()
    })
    .collect()
}

/// A cell without its backticks.
pub(crate) fn word(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// The JSON blocks of an event's section.
pub(crate) fn examples(page: &str, event: &str) -> Vec<Value> {
    let blocks = section(page, &format!("### {event}"))
        .split("```json\n")
        .skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

/// What an event's section says before its first example, without links within the page.
pub(crate) fn prose(page: &str, event: &str) -> String {
    let section = section(page, &format!("### {event}"));
    let text = section.split("```").next().unwrap().trim();
    let mut parts = text.split("](#");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain.push_str(part.split_once(')').unwrap().1);
        let link = plain.rfind('[').unwrap();
        plain.remove(link);
    }
    plain
}
