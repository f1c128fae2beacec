//! The differences kept on purpose, each with the code that recognises it. The reasons are in
//! `docs/ortc-differences.md`, in the same order.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// One row of the table.
pub(crate) struct Row {
    pub(crate) id: &'static str,
}

/// Every row, in the order of the documentation.
pub(crate) const DIFFERENCES: &[Row] = &[
    Row { id: "codecs" },
    Row { id: "packet-id" },
    Row { id: "level-1b" },
    Row {
        id: "mapping-layers",
    },
    Row {
        id: "unknown-members",
    },
    Row { id: "empty" },
    Row { id: "bitrates" },
    Row { id: "types" },
    Row {
        id: "payload-types",
    },
    Row { id: "bounds" },
    Row {
        id: "worker-checks",
    },
    Row {
        id: "extension-ids",
    },
    Row { id: "streams" },
    Row { id: "kind" },
    Row { id: "ssrc-runs" },
];

/// The outcome of one comparison.
pub(crate) struct Compared {
    /// The differences met.
    pub(crate) rows: BTreeSet<&'static str>,
    /// Where the answers differ without a reason.
    pub(crate) equal: Result<(), String>,
    /// Both refused, at some stage, for a reason they share.
    pub(crate) refused_by_both: bool,
}

/// Compares two answers to one question.
pub(crate) fn compare(question: &Value, mut theirs: Value, mut ours: Value) -> Compared {
    let mut rows = Rows::default();
    if question["ask"] == "supported" {
        rows.forget_codecs_of_ours(&mut ours);
    }
    rows.forget_mapping_layers(&mut ours);
    rows.normalize(&mut theirs, None);
    let mut compared = staged(question, &theirs, &ours, &rows);
    for (row, members) in forgivable(question) {
        if compared.equal.is_err() {
            forget_all(&mut theirs, members);
            forget_all(&mut ours, members);
            compared = staged(question, &theirs, &ours, &rows);
            compared.rows.insert(row);
        }
    }
    compared
}

/// Differences that only odd questions show, with the members they touch.
fn forgivable(question: &Value) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let ssrcs: &[&str] = &["ssrc", "mappedSsrc"];
    let level: &[&str] = &["profile-level-id"];
    let ssrcs = has_odd_draws(question).then_some(("ssrc-runs", ssrcs));
    let level = states_level_1b(question).then_some(("level-1b", level));
    ssrcs.into_iter().chain(level)
}

fn staged(question: &Value, theirs: &Value, ours: &Value, rows: &Rows) -> Compared {
    let mut rows = rows.clone();
    let mut refused_by_both = false;
    let equal = stage(question, theirs, ours, &mut rows, &mut refused_by_both);
    Compared {
        rows: rows.0,
        equal,
        refused_by_both,
    }
}

/// Compares one `{ok}` or `{error}`, and the stages within an `ok`.
fn stage(
    question: &Value,
    theirs: &Value,
    ours: &Value,
    rows: &mut Rows,
    refused_by_both: &mut bool,
) -> Result<(), String> {
    match (theirs.get("ok"), ours.get("ok")) {
        (None, None) => {
            *refused_by_both = true;
            Ok(())
        }
        (Some(_), None) => match ours["row"].as_str().and_then(known) {
            Some(row) => {
                rows.0.insert(row);
                Ok(())
            }
            None => Err(format!("only ours refuses: {}", ours["error"])),
        },
        (None, Some(_)) if theirs["unsupported"] == true && names_codec_of_ours(question) => {
            rows.0.insert("codecs");
            Ok(())
        }
        (None, Some(_)) => Err(format!("only mediasoup refuses: {}", theirs["error"])),
        (Some(theirs), Some(ours)) if theirs.get("router").is_some() => {
            equal("router", &theirs["router"], &ours["router"])?;
            for name in ["produced", "canConsume", "consumed", "piped"] {
                match (theirs.get(name), ours.get(name)) {
                    (Some(theirs), Some(ours)) => {
                        stage(question, theirs, ours, rows, refused_by_both)
                            .map_err(|path| format!("{name}: {path}"))?;
                    }
                    // What follows a producer that one side refused cannot be compared.
                    _ => return Ok(()),
                }
            }
            Ok(())
        }
        (Some(theirs), Some(ours)) => equal("", theirs, ours),
    }
}

/// Equal as JSON, where `1` and `1.0` are one number; else the path of the first difference.
fn equal(path: &str, theirs: &Value, ours: &Value) -> Result<(), String> {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().try_for_each(|key| {
                let path = format!("{path}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => equal(&path, a, b),
                    (a, b) => Err(format!("{path}: {a:?} or {b:?}")),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .try_for_each(|(index, (a, b))| equal(&format!("{path}/{index}"), a, b)),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
        (a, b) if a == b => Ok(()),
        (a, b) => Err(format!("{path}: {a} or {b}")),
    }
}

fn known(id: &str) -> Option<&'static str> {
    DIFFERENCES.iter().map(|row| row.id).find(|row| *row == id)
}

/// The differences met so far.
#[derive(Clone, Default)]
struct Rows(BTreeSet<&'static str>);

impl Rows {
    /// Brings a value of mediasoup into our form; `place` is the member it is an entry of.
    fn normalize(&mut self, value: &mut Value, place: Option<&str>) {
        match value {
            Value::Array(list) => {
                if place == Some("headerExtensions") {
                    self.forget_packet_id(list);
                }
                list.iter_mut()
                    .for_each(|entry| self.normalize(entry, place));
            }
            Value::Object(members) => {
                self.forget_unknown_members(members, place);
                self.forget_empty(members);
                self.truncate_bitrate(members);
                let known = |key: &str| key != "parameters";
                for (key, member) in members.iter_mut().filter(|(key, _)| known(key)) {
                    self.normalize(member, Some(key.as_str()));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn forget_packet_id(&mut self, extensions: &mut Vec<Value>) {
        const URI: &str = "urn:mediasoup:params:rtp-hdrext:packet-id";
        let before = extensions.len();
        extensions.retain(|extension| extension["uri"] != URI);
        self.met("packet-id", extensions.len() < before);
    }

    fn forget_unknown_members(&mut self, members: &mut Map<String, Value>, place: Option<&str>) {
        let Some((_, names)) = MEMBERS.iter().find(|(of, _)| Some(*of) == place) else {
            return;
        };
        let before = members.len();
        members.retain(|name, _| names.contains(&name.as_str()));
        self.met("unknown-members", members.len() < before);
    }

    fn forget_empty(&mut self, members: &mut Map<String, Value>) {
        let before = members.len();
        members.retain(|name, value| match name.as_str() {
            "mid" | "msid" | "cname" | "rid" | "scalabilityMode" if *value == "" => false,
            "ssrc" if *value == 0 => false,
            "rtx" if value["ssrc"] == 0 => false,
            _ => !value.is_null(),
        });
        self.met("empty", members.len() < before);
    }

    fn truncate_bitrate(&mut self, members: &mut Map<String, Value>) {
        let fractional = members.get("maxBitrate").and_then(Value::as_f64);
        if let Some(value) = fractional.filter(|value| value.fract() != 0.0) {
            members.insert("maxBitrate".to_owned(), json!(value.trunc()));
            self.met("bitrates", true);
        }
    }

    fn forget_mapping_layers(&mut self, ours: &mut Value) {
        let Some(encodings) = ours.pointer_mut("/ok/produced/ok/mapping/encodings") else {
            return;
        };
        for encoding in encodings.as_array_mut().unwrap() {
            let removed = encoding.as_object_mut().unwrap().remove("scalabilityMode");
            self.met("mapping-layers", removed.is_some());
        }
    }

    fn forget_codecs_of_ours(&mut self, ours: &mut Value) {
        let codecs = ours["ok"]["codecs"].as_array_mut().unwrap();
        let before = codecs.len();
        codecs.retain(|codec| !is_codec_of_ours(codec));
        self.met("codecs", codecs.len() < before);
    }

    fn met(&mut self, row: &'static str, met: bool) {
        if met {
            self.0.insert(row);
        }
    }
}

/// Takes the named members out of `value`, however deep, and returns them in order.
fn forget_all(value: &mut Value, names: &[&str]) -> Vec<Value> {
    match value {
        Value::Array(list) => list
            .iter_mut()
            .flat_map(|entry| forget_all(entry, names))
            .collect(),
        Value::Object(members) => {
            let mut found: Vec<Value> = names
                .iter()
                .filter_map(|name| members.remove(*name))
                .collect();
            found.extend(
                members
                    .values_mut()
                    .flat_map(|member| forget_all(member, names)),
            );
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether someone states H.264 level 1b.
fn states_level_1b(question: &Value) -> bool {
    let mut copy = question.clone();
    let stated = forget_all(&mut copy, &["profile-level-id"]);
    stated
        .iter()
        .filter_map(Value::as_str)
        .any(|id| id.to_lowercase().ends_with("0b"))
}

/// Draws that mediasoup would turn into SSRC 0, or into runs that overlap or wrap.
fn has_odd_draws(question: &Value) -> bool {
    let Some(draws) = question["draws"].as_array() else {
        return false;
    };
    let draws: Vec<u64> = draws.iter().filter_map(Value::as_u64).collect();
    let near = |pair: &[u64]| pair[0].abs_diff(pair[1]) < 16;
    let last = u64::from(u32::MAX) - 16;
    draws.iter().any(|draw| *draw == 0 || *draw > last) || draws.windows(2).any(near)
}

fn names_codec_of_ours(question: &Value) -> bool {
    question["mediaCodecs"]
        .as_array()
        .is_some_and(|codecs| codecs.iter().any(is_codec_of_ours))
}

fn is_codec_of_ours(codec: &Value) -> bool {
    let name = codec["mimeType"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    name == "video/h265" || name == "audio/red"
}

/// What our types hold, by the list or member an object is an entry of. Members that a validated
/// value has at its top stand under `ok`.
const MEMBERS: &[(&str, &[&str])] = &[
    (
        "codecs",
        &[
            "kind",
            "mimeType",
            "payloadType",
            "preferredPayloadType",
            "clockRate",
            "channels",
            "parameters",
            "rtcpFeedback",
            "mappedPayloadType",
        ],
    ),
    ("rtcpFeedback", &["type", "parameter"]),
    (
        "headerExtensions",
        &[
            "kind",
            "uri",
            "id",
            "preferredId",
            "encrypt",
            "preferredEncrypt",
            "direction",
            "parameters",
        ],
    ),
    (
        "encodings",
        &[
            "ssrc",
            "rid",
            "codecPayloadType",
            "rtx",
            "dtx",
            "scalabilityMode",
            "scaleResolutionDownBy",
            "maxBitrate",
            "mappedSsrc",
        ],
    ),
    ("rtx", &["ssrc"]),
    ("rtcp", &["cname", "reducedSize"]),
];
