//! Tells from the slope of the one-way delay whether a queue grows
//! (draft-ietf-rmcat-gcc-02 §5.3, §5.4, with a regression line for the filter).

use std::collections::VecDeque;

use super::Usage;
use super::arrival_groups::GroupDelta;

/// Groups the line is laid through: about 0.6 s of frames.
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Makes slopes comparable to the threshold, which is in milliseconds.
const GAIN: f64 = 4.0;
/// Groups after which the slope has its full weight.
const FULL_WEIGHT: u32 = 60;
/// The slope must stay above the threshold for so long (draft: 10 ms).
const OVERUSE_TIME: f64 = 10.0;
/// The threshold at start and its bounds, milliseconds (draft §5.4).
const THRESHOLD: (f64, f64, f64) = (12.5, 6.0, 600.0);
/// How fast the threshold follows upwards and downwards, per millisecond. Upwards slowly, else real
/// queues are learned away; downwards faster than the draft, as implementations do.
const THRESHOLD_GAIN: (f64, f64) = (0.0087, 0.039);
/// A slope farther above the threshold than this is an event, not noise to adapt to.
const THRESHOLD_OUTLIER: f64 = 15.0;

/// Delay slope, adaptive threshold, and the verdict.
#[derive(Clone, Debug)]
pub(super) struct Trendline {
    groups: u32,
    first_arrival: Option<i64>,
    accumulated: f64,
    smoothed: f64,
    /// (arrival, smoothed delay), milliseconds.
    points: VecDeque<(f64, f64)>,
    threshold: f64,
    over_for: Option<f64>,
    last_slope: f64,
    usage: Usage,
}

impl Trendline {
    /// Knows nothing yet.
    pub(super) fn new() -> Self {
        Self {
            groups: 0,
            first_arrival: None,
            accumulated: 0.0,
            smoothed: 0.0,
            points: VecDeque::with_capacity(WINDOW),
            threshold: THRESHOLD.0,
            over_for: None,
            last_slope: 0.0,
            usage: Usage::Normal,
        }
    }

    /// Takes a group; gives the verdict.
    pub(super) fn update(&mut self, delta: &GroupDelta) -> Usage {
        let first = *self.first_arrival.get_or_insert(delta.arrival);
        self.groups = (self.groups + 1).min(FULL_WEIGHT);
        self.accumulated += millis(delta.arrived - delta.sent);
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        self.points
            .push_back((millis(delta.arrival - first), self.smoothed));
        let slope = if self.points.len() == WINDOW {
            slope(&self.points)
        } else {
            0.0
        };
        self.judge(slope, millis(delta.sent), millis(delta.arrived));
        self.usage
    }

    fn judge(&mut self, slope: f64, sent_ms: f64, arrived_ms: f64) {
        let trend = f64::from(self.groups) * slope * GAIN;
        if trend > self.threshold {
            // Half of the first group's time: when in it the excess began is not known.
            let over = self.over_for.map_or(sent_ms / 2.0, |over| over + sent_ms);
            self.over_for = Some(over);
            if over > OVERUSE_TIME && slope >= self.last_slope {
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = None;
            self.usage = if trend < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.last_slope = slope;
        self.adapt(trend.abs(), arrived_ms);
    }

    fn adapt(&mut self, trend: f64, arrived_ms: f64) {
        if trend > self.threshold + THRESHOLD_OUTLIER {
            return;
        }
        let (up, down) = THRESHOLD_GAIN;
        let gain = if trend > self.threshold { up } else { down };
        let moved = gain * (trend - self.threshold) * arrived_ms.clamp(0.0, 100.0);
        self.threshold = (self.threshold + moved).clamp(THRESHOLD.1, THRESHOLD.2);
    }
}

/// Least-squares slope; 0 when all lie at one moment.
fn slope(points: &VecDeque<(f64, f64)>) -> f64 {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for (x, y) in points {
        numerator += (x - mean_x) * (y - mean_y);
        denominator += (x - mean_x) * (x - mean_x);
    }
    if denominator > 0.0 {
        numerator / denominator
    } else {
        0.0
    }
}

fn millis(micros: i64) -> f64 {
    micros as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups 20 ms apart, each `growth` microseconds longer on the way than the one before.
    fn verdicts(growth: impl Fn(i64) -> i64, groups: i64) -> Vec<Usage> {
        let (mut line, mut arrival) = (Trendline::new(), 0);
        (0..groups)
            .map(|index| {
                let arrived = 20_000 + growth(index);
                arrival += arrived;
                line.update(&GroupDelta {
                    sent: 20_000,
                    arrived,
                    arrival,
                    one_way: 0,
                })
            })
            .collect()
    }

    #[test]
    fn steady_delay_is_normal() {
        assert!(
            verdicts(|_| 0, 200)
                .iter()
                .all(|usage| *usage == Usage::Normal)
        );
    }

    #[test]
    fn growing_delay_is_overuse_within_a_second() {
        let verdicts = verdicts(|index| if index < 40 { 0 } else { 2_000 }, 90);
        assert!(verdicts[..40].iter().all(|usage| *usage == Usage::Normal));
        let detected = verdicts
            .iter()
            .position(|usage| *usage == Usage::Over)
            .unwrap();
        assert!(detected < 90, "group {detected}");
    }

    #[test]
    fn shrinking_delay_is_underuse() {
        let verdicts = verdicts(|index| if index < 40 { 0 } else { -3_000 }, 90);
        assert!(verdicts.contains(&Usage::Under) && !verdicts.contains(&Usage::Over));
    }

    #[test]
    fn alternating_jitter_is_normal() {
        let verdicts = verdicts(|index| if index % 2 == 0 { 8_000 } else { -8_000 }, 500);
        assert!(!verdicts.contains(&Usage::Over));
    }

    #[test]
    fn groups_at_one_moment_have_no_slope() {
        let mut line = Trendline::new();
        for _ in 0..50 {
            let delta = GroupDelta {
                sent: 0,
                arrived: 0,
                arrival: 5,
                one_way: 0,
            };
            assert_eq!(line.update(&delta), Usage::Normal);
        }
    }
}
