//! Bandwidth: feedback to senders.

mod aimd;
mod arrival_groups;
mod queue_delay;
pub(crate) mod remb;
pub(crate) mod transport_cc;
mod trendline;

#[cfg(test)]
mod tests;

/// What the path does with what is sent over it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Usage {
    /// No queue grows.
    #[default]
    Normal,
    /// A queue grows.
    Over,
    /// A queue drains.
    Under,
}
