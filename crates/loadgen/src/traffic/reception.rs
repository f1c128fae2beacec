//! What a receiver report says of one stream (RFC 3550 §6.4.1, A.3, A.8).

use std::time::Instant;

use media::client::rtcp::ReceptionReport;

use super::clock::Arrival;

/// Reception of one stream, as its receiver reports it.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    /// Expected and received when the last report was made.
    reported: (u64, u64),
    transit: Option<u32>,
    /// Sixteen times the jitter.
    jitter: u32,
    sender_report: Option<(u64, Instant)>,
}

impl Reception {
    /// A packet came that had not come before.
    pub(crate) fn receive(
        &mut self,
        number: u64,
        timestamp: u32,
        clock_rate: u32,
        arrival: Arrival,
    ) {
        self.first.get_or_insert(number);
        self.highest = self.highest.max(number);
        self.received += 1;
        let units = arrival.real.as_micros() * u128::from(clock_rate) / 1_000_000;
        let transit = (units as u32).wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let change = (transit.wrapping_sub(before) as i32).unsigned_abs();
            self.jitter = self
                .jitter
                .wrapping_add(change)
                .wrapping_sub((self.jitter + 8) >> 4);
        }
    }

    /// The sender reported.
    pub(crate) fn sender_report(&mut self, now: Instant, ntp: u64) {
        self.sender_report = Some((ntp, now));
    }

    /// What is to be reported, once something came.
    pub(crate) fn report(&mut self, ssrc: u32, now: Instant) -> Option<ReceptionReport> {
        let expected = self.highest - self.first? + 1;
        let (then_expected, then_received) =
            std::mem::replace(&mut self.reported, (expected, self.received));
        let interval = expected.saturating_sub(then_expected);
        let lost = interval.saturating_sub(self.received - then_received);
        let (last_sender_report, since) = self.sender_report.map_or((0, 0), |(ntp, at)| {
            let since = now.saturating_duration_since(at).as_secs_f64();
            ((ntp >> 16) as u32, (since * 65_536.0) as u32)
        });
        Some(ReceptionReport {
            ssrc,
            fraction_lost: (lost * 256)
                .checked_div(interval)
                .map_or(0, |share| share.min(255) as u8),
            cumulative_lost: i32::try_from(expected.saturating_sub(self.received))
                .unwrap_or(i32::MAX),
            highest_sequence: self.highest as u32,
            jitter: self.jitter >> 4,
            last_sender_report,
            delay_since_last_sender_report: since,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn loss_is_reported_per_interval_and_in_all() {
        let now = Instant::now();
        let arrival = |ms| Arrival {
            at: now,
            real: Duration::from_millis(1_000_000 + ms),
        };
        let mut reception = Reception::default();
        assert_eq!(reception.report(7, now), None);
        for number in (0..100).filter(|number| number % 4 != 1) {
            reception.receive(
                1 << 32 | number,
                number as u32 * 900,
                90_000,
                arrival(number * 10),
            );
        }
        reception.sender_report(now, 0x1234_5678_9ABC_DEF0);
        let report = reception
            .report(7, now + Duration::from_millis(500))
            .unwrap();
        assert_eq!(
            (report.ssrc, report.fraction_lost, report.cumulative_lost),
            (7, 64, 25)
        );
        assert_eq!((report.highest_sequence, report.jitter), (99, 0));
        assert_eq!(report.last_sender_report, 0x5678_9ABC);
        assert_eq!(report.delay_since_last_sender_report, 32_768);
        reception.receive(1 << 32 | 100, 90_000, 90_000, arrival(1_000));
        assert_eq!(reception.report(7, now).unwrap().fraction_lost, 0);
    }
}
