//! Takes addresses out of a line, wherever they stand in it. Knows nothing of what the line is about.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

/// What stands where an address was.
const INSTEAD: &str = "[address]";

/// The text without IP addresses. Ports stay.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(begin) = text[at..].find(is_part).map(|offset| at + offset) {
        let length = text[begin..].find(|c| !is_part(c));
        let end = length.map_or(text.len(), |length| begin + length);
        at = end;
        if !is_whole(text, begin, end) {
            continue;
        }
        if let Some(length) = address(&text[begin..end]) {
            out.push_str(&text[copied..begin]);
            out.push_str(INSTEAD);
            copied = begin + length;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether an address may contain it.
fn is_part(c: char) -> bool {
    c.is_ascii_hexdigit() || c == ':' || c == '.'
}

/// Whether nothing of a longer word stands beside it.
fn is_whole(text: &str, begin: usize, end: usize) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let before = text[..begin].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(word) && !after.is_some_and(word)
}

/// How much of the run is an address; a port behind it is none of it.
fn address(run: &str) -> Option<usize> {
    let run = run.trim_end_matches(['.', ':']);
    let is_one = |text: &str| text.parse::<IpAddr>().is_ok() && text != "::";
    if is_one(run) {
        return Some(run.len());
    }
    run.parse::<SocketAddr>().ok()?;
    run.rfind(':')
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn addresses_go_and_the_rest_stays() {
        for (line, redacted) in [
            ("from 192.0.2.7:4000, again", "from [address]:4000, again"),
            ("from=192.0.2.7", "from=[address]"),
            (r#"{"ip":"2001:db8::1"}"#, r#"{"ip":"[address]"}"#),
            ("to [fe80::1%2]:80.", "to [[address]%2]:80."),
            ("::1 and ::ffff:192.0.2.1", "[address] and [address]"),
            ("sent to 192.0.2.7. Then", "sent to [address]. Then"),
            (
                "candidate:1 1 udp 7 10.0.0.1 5 typ host",
                "candidate:1 1 udp 7 [address] 5 typ host",
            ),
        ] {
            assert_eq!(redact(line), redacted);
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for line in [
            "2026-11-26T22:17:13.908128Z INFO miso::room: joined",
            "miso 0.1.0 at 12:30:45",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "std::fmt :: x",
            "took 1.25 ms; 100.0%",
        ] {
            assert_eq!(redact(line), line);
        }
    }
}
