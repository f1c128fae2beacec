//! What on this machine stands in the way of a call: every check says how it is, and what to do
//! about it. Changes nothing, and starts no server.

mod admin;
mod certificate;
mod machine;
mod network;
mod ports;

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::config::Config;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Calls work, but not for everybody, or not as well as they could.
    Warn,
    /// The server does not start, or no media comes through.
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: a word for programs.
    pub check: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// The same for people.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        let (verdict, says) = (Verdict::Ok, says.into());
        Self {
            check,
            verdict,
            says,
            advice: None,
        }
    }

    fn warn(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warn,
            advice: Some(advice.into()),
            ..Self::ok(check, says)
        }
    }

    fn fail(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::warn(check, says, advice)
        }
    }
}

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The worst of all.
    pub verdict: Verdict,
    /// One by one.
    pub checks: Vec<Check>,
}

/// Looks at everything. A second at most, longer where a name is not found.
#[must_use]
pub fn examine(config: &Config) -> Report {
    let mut checks = network::addresses(&config.media);
    checks.push(network::tcp(config.listen.address));
    checks.push(admin::check(&config.listen));
    checks.extend(network::udp(&config.media));
    checks.extend(certificate::check(&config.listen));
    checks.push(machine::open_files(config));
    checks.push(machine::cores(config.media.workers));
    checks.push(machine::clock());
    let verdicts = checks.iter().map(|check| check.verdict);
    Report {
        verdict: verdicts.max().unwrap_or(Verdict::Ok),
        checks,
    }
}

impl Report {
    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: words and texts are JSON")
    }
}

/// A line for each check, and one for what to do.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for check in &self.checks {
            let (word, name) = (check.verdict.word(), check.check);
            writeln!(text, "{word:<5} {name:<12} {}", check.says)?;
            if let Some(advice) = &check.advice {
                writeln!(text, "{:<18} → {advice}", "")?;
            }
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_is_the_verdict() {
        let mut config = Config::default();
        config.media.ips = vec!["192.0.2.1".parse().unwrap()];
        config.listen.address = "127.0.0.1:0".parse().unwrap();
        let report = examine(&config);
        assert_eq!(report.verdict, Verdict::Fail, "{report}");
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["verdict"], "fail");
        assert_eq!(
            json["checks"].as_array().unwrap().len(),
            report.checks.len()
        );
    }

    #[test]
    fn what_to_do_stands_below_what_is_wrong() {
        let report = Report {
            verdict: Verdict::Warn,
            checks: vec![
                Check::ok("clock", "2026"),
                Check::warn("cores", "9 workers on 2 cores", "--workers 2"),
            ],
        };
        let lines: Vec<_> = report.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "ok    clock        2026");
        assert_eq!(lines[1], "warn  cores        9 workers on 2 cores");
        assert_eq!(lines[2].trim(), "→ --workers 2");
    }
}
