//! The emulator does exactly what it is told, and the same again for the same seed.

use std::time::{Duration, Instant};

use netem::{Burst, Config, Netem, RateLimit, Reorder};

const SEED: u64 = 0x5EED;
const MS: Duration = Duration::from_millis(1);

#[test]
fn default_link_delivers_at_once_in_order() {
    let start = epoch();
    let mut link = Netem::new(Config::default(), SEED);
    for number in 0..100u8 {
        link.push(start, vec![number]);
    }
    assert_eq!(link.poll_timeout(), Some(start));
    let arrived: Vec<u8> = drain(&mut link, start).into_iter().flatten().collect();
    assert_eq!(arrived, (0..100).collect::<Vec<u8>>());
    assert_eq!(link.poll_timeout(), None);
}

#[test]
fn delay_is_exact_to_the_nanosecond() {
    let start = epoch();
    let delay = Duration::from_nanos(40_000_001);
    let mut link = Netem::new(Config::default().with_delay(delay), SEED);
    link.push(start, vec![1]);
    assert_eq!(link.poll_timeout(), Some(start + delay));
    assert_eq!(link.poll(start + delay - Duration::from_nanos(1)), None);
    assert_eq!(link.poll(start + delay), Some(vec![1]));
}

#[test]
fn same_seed_gives_the_same_output() {
    let config = Config {
        loss: 0.1,
        burst: Some(Burst {
            enter: 0.02,
            leave: 0.3,
            loss_in_burst: 0.9,
        }),
        duplicate: 0.05,
        corrupt: 0.05,
        rate: Some(RateLimit {
            bits_per_second: 500_000,
            queue_bytes: 20_000,
        }),
        delay: 20 * MS,
        jitter: 10 * MS,
        reorder: Some(Reorder {
            probability: 0.05,
            hold: 15 * MS,
        }),
    };
    let first = trace(config, SEED);
    assert_eq!(first, trace(config, SEED));
    assert_ne!(first, trace(config, SEED + 1));
}

#[test]
fn loss_is_as_frequent_as_asked() {
    for percent in [0u32, 1, 5, 10, 20, 50, 100] {
        let lost = lost_of(10_000, Config::lossy(f64::from(percent) / 100.0));
        let expected = i64::from(percent) * 100;
        // Four standard deviations of a binomial of 10,000 at its widest are 200.
        assert!(
            (lost - expected).abs() <= 200,
            "{percent} %: {lost} of 10000"
        );
    }
    assert_eq!(lost_of(10_000, Config::lossy(0.0)), 0);
    assert_eq!(lost_of(10_000, Config::lossy(1.0)), 10_000);
}

#[test]
fn burst_losses_come_in_runs_of_the_asked_length() {
    let config = Config {
        burst: Some(Burst {
            enter: 0.02,
            leave: 0.25,
            loss_in_burst: 1.0,
        }),
        ..Config::default()
    };
    let start = epoch();
    let mut link = Netem::new(config, SEED);
    for number in 0..50_000u32 {
        link.push(start, number.to_be_bytes().to_vec());
    }
    let arrived = numbers(drain(&mut link, start));
    let runs: Vec<u32> = arrived
        .windows(2)
        .map(|pair| pair[1] - pair[0] - 1)
        .filter(|lost| *lost > 0)
        .collect();
    let lost: u32 = runs.iter().sum();
    let mean = f64::from(lost) / runs.len() as f64;
    // Stationary: 0.02 / (0.02 + 0.25) = 7.4 % lost; a burst lasts 1 / 0.25 = 4 on average.
    assert!((3_200..4_300).contains(&lost), "{lost} lost");
    assert!((3.6..4.4).contains(&mean), "mean burst {mean}");
}

#[test]
fn duplicate_delivers_each_datagram_twice() {
    let start = epoch();
    let config = Config {
        duplicate: 1.0,
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    link.push(start, vec![7]);
    assert_eq!(drain(&mut link, start), [vec![7], vec![7]]);
    assert_eq!(link.stats().duplicated, 1);
}

#[test]
fn corrupt_flips_exactly_one_bit() {
    let start = epoch();
    let config = Config {
        corrupt: 1.0,
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    for _ in 0..200 {
        link.push(start, vec![0; 40]);
    }
    link.push(start, Vec::new());
    let arrived = drain(&mut link, start);
    assert_eq!(arrived.len(), 201);
    for datagram in &arrived[..200] {
        let flipped: u32 = datagram.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!((datagram.len(), flipped), (40, 1));
    }
    assert_eq!(link.stats().corrupted, 200);
}

#[test]
fn jitter_stays_in_its_bounds_and_reorders() {
    let start = epoch();
    let config = Config {
        delay: 20 * MS,
        jitter: 10 * MS,
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    let mut travel = Vec::new();
    let mut order = Vec::new();
    let mut sent = std::collections::HashMap::new();
    for number in 0..1_000u32 {
        let now = start + number * MS;
        sent.insert(number, now);
        link.push(now, number.to_be_bytes().to_vec());
    }
    while let Some(due) = link.poll_timeout() {
        for number in numbers(drain(&mut link, due)) {
            travel.push(due - sent[&number]);
            order.push(number);
        }
    }
    assert!(travel.iter().all(|time| (10 * MS..=30 * MS).contains(time)));
    assert!(travel.iter().min() < Some(&(11 * MS)) && travel.iter().max() > Some(&(29 * MS)));
    assert!(!order.is_sorted());
}

#[test]
fn jitter_larger_than_delay_never_arrives_before_it_was_sent() {
    let start = epoch();
    let config = Config {
        delay: 2 * MS,
        jitter: 50 * MS,
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    for _ in 0..500 {
        link.push(start, vec![1]);
    }
    assert_eq!(link.poll_timeout(), Some(start));
}

#[test]
fn reorder_holds_back_as_many_as_asked_by_the_asked_time() {
    let start = epoch();
    let config = Config {
        reorder: Some(Reorder {
            probability: 0.1,
            hold: 5 * MS,
        }),
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    for number in 0..1_000u32 {
        link.push(start, number.to_be_bytes().to_vec());
    }
    let prompt = drain(&mut link, start).len();
    let held = drain(&mut link, start + 5 * MS).len();
    assert_eq!(prompt + held, 1_000);
    assert_eq!(link.stats().reordered, held as u64);
    assert!((60..140).contains(&held), "{held} held back");
}

#[test]
fn rate_spaces_datagrams_and_drops_what_the_queue_cannot_hold() {
    let start = epoch();
    let config = Config {
        // 1,000 bytes every 10 ms.
        rate: Some(RateLimit {
            bits_per_second: 800_000,
            queue_bytes: 3_500,
        }),
        delay: 1 * MS,
        ..Config::default()
    };
    let mut link = Netem::new(config, SEED);
    for number in 0..5u8 {
        link.push(start, vec![number; 1_000]);
    }
    assert_eq!(link.stats().queue_full, 2);
    for number in 1..=3u32 {
        let due = start + MS + number * 10 * MS;
        assert_eq!(link.poll_timeout(), Some(due));
        assert_eq!(drain(&mut link, due).len(), 1);
    }
    // The queue is empty again: the next one starts at once.
    let later = start + 100 * MS;
    link.push(later, vec![9; 1_000]);
    assert_eq!(link.poll_timeout(), Some(later + 11 * MS));
}

#[test]
fn set_config_leaves_what_is_under_way() {
    let start = epoch();
    let mut link = Netem::new(Config::default().with_delay(30 * MS), SEED);
    link.push(start, vec![1]);
    link.set_config(Config::lossy(1.0));
    link.push(start, vec![2]);
    assert_eq!(drain(&mut link, start + 30 * MS), [vec![1]]);
}

#[test]
#[should_panic(expected = "is not a probability")]
fn probability_above_one_is_refused() {
    let _link = Netem::new(Config::lossy(1.1), SEED);
}

#[allow(clippy::disallowed_methods, reason = "virtual time starts somewhere")]
fn epoch() -> Instant {
    Instant::now()
}

fn drain(link: &mut Netem, now: Instant) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| link.poll(now)).collect()
}

fn numbers(datagrams: Vec<Vec<u8>>) -> Vec<u32> {
    let number = |datagram: Vec<u8>| u32::from_be_bytes(datagram.try_into().expect("four bytes"));
    datagrams.into_iter().map(number).collect()
}

fn lost_of(count: u32, config: Config) -> i64 {
    let start = epoch();
    let mut link = Netem::new(config, SEED);
    for number in 0..count {
        link.push(start, number.to_be_bytes().to_vec());
    }
    let arrived = drain(&mut link, start).len() as i64;
    assert_eq!(link.stats().lost as i64 + arrived, i64::from(count));
    i64::from(count) - arrived
}

/// Offset from the start and contents of everything that arrives.
fn trace(config: Config, seed: u64) -> Vec<(Duration, Vec<u8>)> {
    let start = epoch();
    let mut link = Netem::new(config, seed);
    for number in 0..500u32 {
        link.push(start + number * 2 * MS, vec![number as u8; 200]);
    }
    let mut arrived = Vec::new();
    while let Some(due) = link.poll_timeout() {
        arrived.extend(
            drain(&mut link, due)
                .into_iter()
                .map(|bytes| (due - start, bytes)),
        );
    }
    arrived
}
