//! A sender that behaves like a browser without transport-cc, a link with a queue, and the
//! estimator, in virtual time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::remb::{RembConfig, RembEstimator};

/// Payload of a packet, bytes.
const PACKET: usize = 1_100;
/// Time of a step.
const STEP: Duration = Duration::from_millis(1);
/// From us to the sender.
const RETURN: Duration = Duration::from_millis(20);

/// How the path treats packets.
#[derive(Clone, Copy)]
struct Path {
    /// Bits per second; `None`: no queue at all.
    rate: Option<f64>,
    /// From the sender to us.
    propagation: Duration,
    /// Longest queue.
    queue: Duration,
    /// Part lost for no reason.
    loss: f64,
    /// Each packet is late by up to so much.
    jitter: Duration,
    /// Once in a while nothing is read for so long, and then all at once.
    stall: Option<(Duration, Duration)>,
}

impl Path {
    fn of(rate: f64) -> Self {
        let queue = Duration::from_millis(400);
        Self {
            rate: Some(rate),
            propagation: RETURN,
            queue,
            loss: 0.0,
            jitter: Duration::from_millis(2),
            stall: None,
        }
    }
}

/// A video sender: 30 frames a second, paced, at the rate it believes the path carries.
struct Simulation {
    start: Instant,
    now: Instant,
    random: u64,
    estimator: RembEstimator,
    path: Path,
    link_free: Instant,
    /// (arrival, send time), in order.
    flying: VecDeque<(Instant, Instant)>,
    /// (arrival at the sender, bitrate).
    reports: VecDeque<(Instant, u64)>,
    remb: f64,
    rate: f64,
    /// What the encoder makes at most.
    wanted: f64,
    frame: (Instant, f64),
    budget: f64,
    delivered: u64,
    /// Packets sent and lost since the last loss report.
    sent: u32,
    lost: u32,
    reports_loss: bool,
}

impl Simulation {
    #[allow(clippy::disallowed_methods)]
    fn new(path: Path, wanted: f64) -> Self {
        let start = Instant::now();
        Self {
            start,
            now: start,
            random: 0x2545_F491_4F6C_DD1D,
            estimator: RembEstimator::new(RembConfig::default()),
            path,
            link_free: start,
            flying: VecDeque::new(),
            reports: VecDeque::new(),
            remb: f64::MAX,
            rate: 300_000.0,
            wanted,
            frame: (start, 0.0),
            budget: 0.0,
            delivered: 0,
            sent: 0,
            lost: 0,
            reports_loss: true,
        }
    }

    /// Runs for so many seconds; gives (mean estimate, delivered bits per second).
    fn run(&mut self, seconds: u32) -> (f64, f64) {
        let (mut sum, steps, before) = (0.0, seconds * 1_000, self.delivered);
        for _ in 0..steps {
            self.now += STEP;
            self.control();
            self.send();
            self.deliver();
            sum += self.estimator.estimate() as f64;
        }
        let bits = (self.delivered - before) as f64 * 8.0;
        (sum / f64::from(steps), bits / f64::from(seconds))
    }

    /// For two seconds the sender takes what it is told, later it climbs to it by 8 % a second.
    fn control(&mut self) {
        while self.reports.front().is_some_and(|(at, _)| *at <= self.now) {
            self.remb = self.reports.pop_front().unwrap().1 as f64;
            if self.now - self.start < Duration::from_secs(2) {
                self.rate = self.remb;
            }
        }
        self.rate = (self.rate * 1.08f64.powf(STEP.as_secs_f64()))
            .min(self.remb)
            .min(50e6);
    }

    /// Frames of the encoder, let out at two and a half times their rate.
    fn send(&mut self) {
        let rate = self.rate.min(self.wanted);
        if self.now >= self.frame.0 {
            self.frame = (
                self.frame.0 + Duration::from_micros(33_333),
                self.frame.1 + rate / 30.0,
            );
        }
        let size = (PACKET * 8) as f64;
        self.budget = (self.budget + rate * 2.5 * STEP.as_secs_f64()).min(size * 3.0);
        while self.frame.1 >= size && self.budget >= size {
            self.frame.1 -= size;
            self.budget -= size;
            self.transmit(size);
        }
    }

    fn transmit(&mut self, bits: f64) {
        let mut arrival = self.now;
        self.sent += 1;
        if self.uniform() < self.path.loss {
            self.lost += 1;
            return;
        }
        if let Some(rate) = self.path.rate {
            let free = self.link_free.max(self.now);
            if free - self.now > self.path.queue {
                self.lost += 1;
                return;
            }
            self.link_free = free + Duration::from_secs_f64(bits / rate);
            arrival = self.link_free;
        }
        arrival += self.path.propagation + self.path.jitter.mul_f64(self.uniform());
        if let Some((period, length)) = self.path.stall {
            let phase = (arrival - self.start).as_micros() % period.as_micros();
            arrival += length.saturating_sub(Duration::from_micros(phase as u64));
        }
        let last = self.flying.back().map_or(arrival, |(last, _)| *last);
        self.flying.push_back((arrival.max(last), self.now));
    }

    fn deliver(&mut self) {
        while self.flying.front().is_some_and(|(at, _)| *at <= self.now) {
            let (_, sent) = self.flying.pop_front().unwrap();
            // Any offset between both clocks, and wraps.
            let seconds = (sent - self.start).as_secs_f64() + 60.0;
            let abs_send_time = (seconds * f64::from(1 << 18)) as u64 as u32 & 0xFF_FFFF;
            self.estimator
                .receive(self.now, Some(abs_send_time), PACKET);
            self.delivered += PACKET as u64;
        }
        if (self.now - self.start).as_millis().is_multiple_of(1_000) && self.reports_loss {
            let fraction = (self.lost * 256)
                .checked_div(self.sent)
                .unwrap_or(0)
                .min(255);
            self.estimator.handle_loss(self.now, fraction as u8);
            (self.sent, self.lost) = (0, 0);
        }
        if let Some(bitrate) = self.estimator.due(self.now) {
            self.reports.push_back((self.now + RETURN, bitrate));
        }
    }

    fn uniform(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn assert_between(value: f64, low: f64, high: f64, what: &str) {
    assert!(
        (low..=high).contains(&value),
        "{what}: {value:.0}, not {low:.0} to {high:.0}"
    );
}

#[test]
fn free_path_carries_720p_within_ten_seconds() {
    let path = Path {
        rate: None,
        ..Path::of(0.0)
    };
    let mut simulation = Simulation::new(path, 2_500_000.0);
    simulation.run(9);
    let (_, delivered) = simulation.run(1);
    assert_between(delivered, 2_300_000.0, 2_700_000.0, "delivered");
}

#[test]
fn stalls_of_a_busy_host_do_not_hold_the_sender_back() {
    let millis = Duration::from_millis;
    for (period, length) in [
        (1_700, 60),
        (900, 150),
        (3_000, 400),
        (10_000, 1_000),
        (400, 200),
    ] {
        let stall = Some((millis(period), millis(length)));
        let path = Path {
            rate: None,
            stall,
            jitter: millis(8),
            ..Path::of(0.0)
        };
        let mut simulation = Simulation::new(path, 2_500_000.0);
        simulation.run(10);
        let (_, delivered) = simulation.run(50);
        assert_between(delivered, 2_450_000.0, 2_550_000.0, "delivered");
    }
}

#[test]
fn jittery_radio_is_no_narrow_link() {
    let jitter = Duration::from_millis(40);
    let mut simulation = Simulation::new(
        Path {
            rate: None,
            jitter,
            ..Path::of(0.0)
        },
        2_500_000.0,
    );
    simulation.run(10);
    let (_, delivered) = simulation.run(50);
    assert_between(delivered, 2_450_000.0, 2_550_000.0, "delivered");
}

#[test]
fn estimate_converges_to_a_narrow_link() {
    for rate in [300_000.0, 1_000_000.0, 4_000_000.0] {
        let mut simulation = Simulation::new(Path::of(rate), 20_000_000.0);
        simulation.run(20);
        let (estimate, delivered) = simulation.run(60);
        assert_between(estimate, 0.7 * rate, 1.1 * rate, "estimate");
        assert_between(delivered, 0.7 * rate, rate, "delivered");
    }
}

#[test]
fn estimate_converges_to_a_link_that_drops_rather_than_delays() {
    for queue in [100, 60, 30] {
        let path = Path {
            queue: Duration::from_millis(queue),
            ..Path::of(1_000_000.0)
        };
        let mut simulation = Simulation::new(path, 20_000_000.0);
        simulation.run(20);
        let (estimate, _) = simulation.run(60);
        assert_between(estimate, 700_000.0, 1_100_000.0, "estimate");
    }
}

#[test]
fn full_queue_is_overuse_although_it_grows_no_more() {
    let path = Path {
        queue: Duration::from_millis(100),
        ..Path::of(1_000_000.0)
    };
    let mut simulation = Simulation::new(path, 20_000_000.0);
    simulation.reports_loss = false;
    simulation.run(20);
    let (estimate, _) = simulation.run(60);
    assert_between(estimate, 700_000.0, 1_100_000.0, "estimate");
}

#[test]
fn random_loss_is_no_narrow_link() {
    let path = Path {
        rate: None,
        loss: 0.2,
        ..Path::of(0.0)
    };
    let mut simulation = Simulation::new(path, 1_500_000.0);
    let (_, delivered) = simulation.run(30);
    assert_between(delivered, 1_100_000.0, 1_300_000.0, "delivered");
}

#[test]
fn queue_of_a_narrow_link_stays_short() {
    let mut simulation = Simulation::new(Path::of(1_000_000.0), 20_000_000.0);
    simulation.run(20);
    let mut worst = Duration::ZERO;
    for _ in 0..600 {
        for _ in 0..100 {
            simulation.now += STEP;
            simulation.control();
            simulation.send();
            simulation.deliver();
        }
        worst = worst.max(
            simulation
                .link_free
                .saturating_duration_since(simulation.now),
        );
    }
    assert!(worst < Duration::from_millis(250), "{worst:?}");
}

#[test]
fn estimate_follows_the_link_down_and_up() {
    let mut simulation = Simulation::new(Path::of(3_000_000.0), 20_000_000.0);
    simulation.run(20);
    simulation.path.rate = Some(1_000_000.0);
    simulation.run(5);
    let (estimate, _) = simulation.run(20);
    assert_between(estimate, 700_000.0, 1_100_000.0, "after the fall");
    simulation.path.rate = Some(3_000_000.0);
    simulation.run(25);
    let (estimate, delivered) = simulation.run(10);
    assert_between(estimate, 2_100_000.0, 3_300_000.0, "after the rise");
    assert_between(
        delivered,
        2_100_000.0,
        3_000_000.0,
        "delivered after the rise",
    );
}

#[test]
fn modest_sender_is_not_held_back() {
    let mut simulation = Simulation::new(Path::of(2_000_000.0), 600_000.0);
    simulation.run(10);
    let (estimate, delivered) = simulation.run(30);
    assert_between(delivered, 570_000.0, 630_000.0, "delivered");
    assert!(estimate >= 600_000.0, "{estimate}");
}

#[test]
fn longer_path_is_accepted() {
    let path = Path {
        rate: None,
        ..Path::of(0.0)
    };
    let mut simulation = Simulation::new(path, 2_000_000.0);
    simulation.run(10);
    // Another route, no queue.
    simulation.path.propagation += Duration::from_millis(200);
    simulation.run(20);
    let (estimate, _) = simulation.run(10);
    assert!(estimate >= 1_500_000.0, "{estimate}");
}

proptest! {
    /// Whatever a sender claims and however its packets come, the estimate stays in its bounds.
    #[test]
    fn lies_do_not_move_the_estimate_out_of_its_bounds(
        packets in proptest::collection::vec(
            (0u64..100_000, proptest::option::of(any::<u32>()), 0usize..70_000, any::<u8>()),
            1..400,
        ),
    ) {
        let Simulation { mut now, mut estimator, .. } = Simulation::new(Path::of(1.0), 1.0);
        let config = RembConfig::default();
        for (wait, abs_send_time, len, loss) in packets {
            now += Duration::from_micros(wait * wait / 1_000);
            estimator.receive(now, abs_send_time, len);
            estimator.handle_loss(now, loss);
            let estimate = estimator.estimate();
            prop_assert!((config.min_bitrate..=config.max_incoming_bitrate).contains(&estimate));
            let _ = estimator.due(now);
            prop_assert!(estimator.poll_timeout().is_none_or(|at| at > now));
        }
    }
}
