//! A report as text for people: what was done, a line per window, and what is to be said of all.

use std::fmt::Write as _;

use crate::report::{Correctness, Joins, Memory, Report, Row};

/// The whole report.
pub(crate) fn render(report: &Report) -> String {
    let mut text = scenario(report);
    joins(&mut text, &report.joins);
    if report.scenario.kind.is_some() {
        rows(&mut text, &report.rows);
        retransmissions(&mut text, &report.rows);
    }
    if let Some(rate) = report.highest_rate {
        line(
            &mut text,
            &format!("highest rate with < 0.1 % loss: {rate:.0} packets/s forwarded"),
        );
    }
    server(&mut text, report);
    memory(&mut text, &report.memory);
    correctness(&mut text, &report.correctness);
    for warning in &report.warnings {
        line(&mut text, &format!("warning: {warning}"));
    }
    text
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}

fn scenario(report: &Report) -> String {
    let scenario = &report.scenario;
    let mut text = String::new();
    let people = format!(
        "{}: {} room(s), {} publisher(s) and {} subscriber(s) each",
        scenario.url, scenario.rooms, scenario.publishers, scenario.subscribers
    );
    let Some(kind) = scenario.kind else {
        line(&mut text, &format!("{people}, silent"));
        return text;
    };
    let kind = format!("{kind:?}").to_lowercase();
    let simulcast = if scenario.encodings > 1 {
        ", simulcast"
    } else {
        ""
    };
    let size = match scenario.size_spread {
        0 => scenario.packet_size.to_string(),
        spread => format!("{}–{}", scenario.packet_size - spread, scenario.packet_size),
    };
    let media = format!(
        "{kind}{simulcast}, {size} bytes, bursts of {}",
        scenario.burst
    );
    line(&mut text, &format!("{people}; {media}"));
    text
}

fn joins(text: &mut String, joins: &Joins) {
    let times = format!(
        "p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms",
        joins.p50_ms, joins.p99_ms, joins.max_ms
    );
    let rate = format!(
        "{} handshakes, {:.0}/s",
        joins.handshakes, joins.handshakes_per_second
    );
    line(
        text,
        &format!("joined in {:.2} s: {times}; {rate}", joins.seconds),
    );
    if let (Some(gap), Some(added)) = (joins.longest_gap_ms, joins.longest_added_gap_ms) {
        line(
            text,
            &format!(
                "longest gap during joins: {gap:.1} ms, {added:.1} ms of it not the publisher's"
            ),
        );
    }
}

fn rows(text: &mut String, rows: &[Row]) {
    line(text, "");
    line(
        text,
        "  pkt/s      sent   expected   received    lost  lost %  dropped     fwd/s   p50 ms   p99 ms   max ms  \
         user s   sys s  µs/pkt  media µs/pkt  own %",
    );
    for row in rows {
        line(text, &columns(row));
    }
    line(text, "");
}

fn columns(row: &Row) -> String {
    let counts = format!(
        "{:>7} {:>9} {:>10} {:>10} {:>7} {:>7.3} {:>8} {:>9.0}",
        row.packets_per_second,
        row.sent,
        row.expected,
        row.received,
        row.lost,
        row.lost_percent,
        row.dropped_by_generator,
        row.forwarding_rate
    );
    let latency = format!(
        "{:>8.3} {:>8.3} {:>8.2}",
        row.latency.p50_ms, row.latency.p99_ms, row.latency.max_ms
    );
    let cpu = row.server.map_or_else(
        || format!("{:>7} {:>7} {:>7} {:>13}", "-", "-", "-", "-"),
        |cpu| {
            format!(
                "{:>7.2} {:>7.2} {:>7.2} {:>13.2}",
                cpu.user_seconds,
                cpu.system_seconds,
                cpu.micros_per_packet.unwrap_or(0.0),
                cpu.media_micros_per_packet.unwrap_or(0.0)
            )
        },
    );
    let own = row.generator.media_thread_share * 100.0;
    format!("{counts} {latency} {cpu} {own:>6.0}")
}

fn retransmissions(text: &mut String, rows: &[Row]) {
    for row in rows {
        let Some(again) = row.retransmissions else {
            continue;
        };
        let counts = format!(
            "{} lost on purpose, {} asked for, {} served ({} after more than one request), {} never",
            again.pretended, again.asked, again.served, again.late, again.never
        );
        let delay = format!(
            "p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            again.delay.p50_ms, again.delay.p99_ms, again.delay.max_ms
        );
        line(
            text,
            &format!(
                "retransmissions at {} packets/s: {counts}; {delay}",
                row.packets_per_second
            ),
        );
    }
}

fn server(text: &mut String, report: &Report) {
    if let Some(idle) = report.idle {
        let (transports, percent) = (idle.transports, idle.cpu_percent);
        line(
            text,
            &format!("idle: {transports} connected transports cost {percent:.2} % of one core"),
        );
    }
    let verified: u64 = report.rows.iter().map(|row| row.verified).sum();
    if verified > 0 {
        line(text, &format!("{verified} packets verified byte for byte"));
    }
}

fn memory(text: &mut String, memory: &Memory) {
    let Memory {
        start_kib: Some(start),
        joined_kib: Some(joined),
        end_kib: Some(end),
        ..
    } = memory
    else {
        return;
    };
    let first = memory.first_receivers_kib.map_or(String::new(), |first| {
        format!(", {first} with the first 100")
    });
    let each = memory.kib_per_receiver.map_or(String::new(), |each| {
        format!("; {each:.1} per receiver beyond them")
    });
    line(
        text,
        &format!(
            "server memory, KiB: {start} at start{first}, {joined} with all, {end} at the end{each}"
        ),
    );
}

fn correctness(text: &mut String, found: &Correctness) {
    if found.is_clean() {
        let asked = format!(
            "{} key frames and {} packets asked of publishers",
            found.key_frames, found.nacked
        );
        return line(text, &format!("everything that came was right; {asked}"));
    }
    let counts = [
        ("corrupt", found.corrupt),
        ("out of order", found.out_of_order),
        ("duplicates", found.duplicates),
        ("undecryptable", found.undecryptable),
        ("wrong picture ids", found.picture_ids),
        ("renumbered", found.renumbered),
        ("unproven", found.unproven),
        ("foreign", found.foreign),
        ("not sent", found.not_sent),
        ("failed", found.failed),
        ("asked of publishers", found.nacked),
    ];
    let wrong = counts.iter().filter(|(_, count)| *count > 0);
    let wrong: Vec<_> = wrong
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let first = found
        .first
        .as_ref()
        .map_or(String::new(), |first| format!(" ({first})"));
    line(text, &format!("WRONG: {}{first}", wrong.join(", ")));
}
