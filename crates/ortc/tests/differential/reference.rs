//! Asks mediasoup's `ortc`, in one node process for all questions.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

const HOW: &str = "install it with `make ortc-reference` (npm ci --ignore-scripts in \
                   crates/ortc/tests/reference)";

/// One answer per question, in order.
pub(crate) fn ask(questions: &[Value]) -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let library = directory.join("node_modules/mediasoup/node/lib/ortc.js");
    assert!(
        library.exists(),
        "mediasoup, the reference, is not installed: {HOW}"
    );
    let output = Command::new("node")
        .arg(directory.join("answer.mjs"))
        .stdin(written(questions))
        .output()
        .unwrap_or_else(|error| {
            panic!("node cannot be started ({error}): install node 20 or newer")
        });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the reference failed: {errors}\n{HOW}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The questions as a file, so that neither side waits for the other to read.
fn written(questions: &[Value]) -> File {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("questions-{}-{count}.jsonl", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut file = BufWriter::new(File::create(&path).unwrap());
    for question in questions {
        writeln!(file, "{question}").unwrap();
    }
    file.flush().unwrap();
    let open = File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    open
}
