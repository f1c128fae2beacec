//! Metrics: counters of what happens outside of media workers, and the exposition of everything.
//! Asks nobody for anything: what workers and rooms hold is handed in as a [`Snapshot`].
//!
//! Events are counted where they happen, in one place for the process, as log lines are. None of them
//! is a packet.

use std::{borrow::Cow, collections::HashMap, fmt, sync::LazyLock};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text},
    metrics::{MetricType, counter::Counter, family, histogram::Histogram},
    registry::Registry,
};

use super::names;

/// A metric's name, kind, labels and meaning.
#[derive(Debug)]
pub struct Family {
    /// Its name; counters are shown with `_total` behind it.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its labels; values are given in this order.
    pub labels: &'static [&'static str],
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution counted here, with these bounds.
    Histogram(&'static [f64]),
    /// A distribution that comes with a snapshot.
    Sampled,
}

impl Family {
    /// Its name as it is shown.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::Counter => format!("{}_total", self.name),
            Kind::Gauge | Kind::Histogram(_) | Kind::Sampled => self.name.to_owned(),
        }
    }

    /// Its kind as Prometheus calls it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) | Kind::Sampled => "histogram",
        }
    }

    fn label(&self, values: Vec<Value>) -> Labels {
        debug_assert_eq!(self.labels.len(), values.len(), "{}", self.name);
        self.labels.iter().copied().zip(values).collect()
    }
}

/// A label's value.
pub type Value = Cow<'static, str>;
type Labels = Vec<(&'static str, Value)>;

/// Which of the two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' own, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The content type it is served as.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Counts an event.
pub fn count<const N: usize>(family: &Family, values: [&'static str; N]) {
    add(family, values.map(Value::Borrowed).into(), 1);
}

/// Counts an event some of whose labels are not known beforehand.
pub fn count_named<const N: usize>(family: &Family, values: [Value; N]) {
    add(family, values.into(), 1);
}

/// Adds a value to a distribution.
pub fn observe<const N: usize>(family: &Family, values: [Value; N], value: f64) {
    if let Some(histograms) = EVENTS.histograms.get(family.name) {
        let labels = family.label(values.into());
        histograms.get_or_create(&labels).observe(value);
    }
}

fn add(family: &Family, values: Vec<Value>, count: u64) {
    if let Some(counters) = EVENTS.counters.get(family.name) {
        counters.get_or_create(&family.label(values)).inc_by(count);
    }
}

static EVENTS: LazyLock<Events> = LazyLock::new(Events::new);

/// A family of distributions that knows its bounds.
type Histograms = family::Family<Labels, Histogram, Bounds>;

#[derive(Clone, Debug)]
struct Bounds(&'static [f64]);

impl family::MetricConstructor<Histogram> for Bounds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// What is counted in this process.
#[derive(Debug)]
struct Events {
    counters: HashMap<&'static str, family::Family<Labels, Counter>>,
    histograms: HashMap<&'static str, Histograms>,
}

impl Events {
    fn new() -> Self {
        let (mut counters, mut histograms) = (HashMap::new(), HashMap::new());
        for family in names::ALL {
            match family.kind {
                Kind::Counter => {
                    counters.insert(family.name, family::Family::default());
                }
                Kind::Histogram(bounds) => {
                    let made = Histograms::new_with_constructor(Bounds(bounds));
                    histograms.insert(family.name, made);
                }
                Kind::Gauge | Kind::Sampled => {}
            }
        }
        Self {
            counters,
            histograms,
        }
    }
}

/// What parts of the server hold at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    samples: HashMap<&'static str, Vec<(Labels, Sample)>>,
}

/// A value at one moment.
#[derive(Clone, Debug)]
enum Sample {
    Counter(u64),
    Seconds(f64),
    Gauge(f64),
    Distribution { sum: f64, buckets: Vec<(f64, u64)> },
}

impl Snapshot {
    /// A counter's value.
    pub fn counter<const N: usize>(&mut self, family: &Family, values: [Value; N], count: u64) {
        self.put(family, values.into(), Sample::Counter(count));
    }

    /// A counter of seconds.
    pub fn seconds<const N: usize>(&mut self, family: &Family, values: [Value; N], seconds: f64) {
        self.put(family, values.into(), Sample::Seconds(seconds));
    }

    /// A gauge's value.
    pub fn gauge<const N: usize>(&mut self, family: &Family, values: [Value; N], value: f64) {
        self.put(family, values.into(), Sample::Gauge(value));
    }

    /// A distribution: counts between ascending bounds, and one more above the last.
    pub fn distribution<const N: usize>(
        &mut self,
        family: &Family,
        values: [Value; N],
        (bounds, counts, sum): (&[f64], &[u64], f64),
    ) {
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets = bounds.zip(counts.iter().copied()).collect();
        self.put(family, values.into(), Sample::Distribution { sum, buckets });
    }

    fn put(&mut self, family: &Family, values: Vec<Value>, sample: Sample) {
        let labels = family.label(values);
        let samples = self.samples.entry(family.name).or_default();
        samples.push((labels, sample));
    }

    /// Everything as text: this, and what was counted in the process.
    ///
    /// # Errors
    /// None that a `String` gives.
    pub fn render(self, format: Format) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::with_capacity(64 * 1024);
        match format {
            Format::Prometheus => prometheus_text::encode(&mut text, &registry)?,
            Format::OpenMetrics => text::encode(&mut text, &registry)?,
        }
        Ok(text)
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        use prometheus_client::encoding::EncodeMetric;
        for family in names::ALL {
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram(_) | Kind::Sampled => MetricType::Histogram,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            for (labels, sample) in self.samples.get(family.name).into_iter().flatten() {
                encode(sample, metric.encode_family(labels)?)?;
            }
            if let Some(histograms) = EVENTS.histograms.get(family.name) {
                histograms.encode(metric)?;
            } else if let Some(counters) = EVENTS.counters.get(family.name) {
                counters.encode(metric)?;
            }
        }
        Ok(())
    }
}

fn encode(sample: &Sample, mut metric: MetricEncoder<'_>) -> fmt::Result {
    match sample {
        Sample::Counter(count) => metric.encode_counter::<NoLabelSet, _, u64>(count, None),
        Sample::Seconds(seconds) => metric.encode_counter::<NoLabelSet, _, f64>(seconds, None),
        Sample::Gauge(value) => metric.encode_gauge(value),
        Sample::Distribution { sum, buckets } => {
            let count = buckets.iter().map(|(_, count)| count).sum();
            metric.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_each_used_once_and_end_as_prometheus_wants() {
        let mut seen = std::collections::BTreeSet::new();
        for family in names::ALL {
            assert!(seen.insert(family.name), "{} twice", family.name);
            assert!(!family.name.ends_with("_total"), "{}", family.name);
            assert!(!family.help.ends_with('.'), "{}", family.name);
        }
    }

    #[test]
    fn both_formats_tell_the_same_values() {
        let snapshot = || {
            let mut snapshot = Snapshot::default();
            snapshot.gauge(&names::ROOMS, [], 3.0);
            snapshot.counter(&names::NACKS, ["0".into()], 7);
            let counts = (&[0.1, 1.0][..], &[1, 2, 4][..], 9.5);
            snapshot.distribution(&names::JITTER, ["0".into()], counts);
            snapshot
        };
        let prometheus = snapshot().render(Format::Prometheus).unwrap();
        let open = snapshot().render(Format::OpenMetrics).unwrap();
        for text in [&prometheus, &open] {
            assert!(text.contains("\nmiso_rooms 3"), "{text}");
            assert!(text.contains("\nmiso_nacks_received_total{worker=\"0\"} 7\n"));
            assert!(
                text.contains("\nmiso_jitter_seconds_bucket{le=\"1.0\",worker=\"0\"} 3\n")
                    || text.contains("\nmiso_jitter_seconds_bucket{worker=\"0\",le=\"1.0\"} 3\n")
                    || text.contains("le=\"1\""),
                "{text}"
            );
            assert!(text.contains("\nmiso_jitter_seconds_count{worker=\"0\"} 7\n"));
        }
        assert!(open.ends_with("# EOF\n") && !prometheus.contains("# EOF"));
        assert!(prometheus.contains("# TYPE miso_nacks_received_total counter"));
    }
}
