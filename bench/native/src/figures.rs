//! Quantiles, and the one line of JSON in which a measurement is answered.
use crate::clock::{hiccup, Clock};
use std::fmt::Write;
use std::time::Duration;

/// How long the machine is watched before a tail is measured.
const WATCH: Duration = Duration::from_millis(300);

/// Key, share, and the samples without which it would only be another name for the maximum.
const QUANTILES: [(&str, f64, usize); 4] = [
    ("p50_ns", 0.5, 2),
    ("p99_ns", 0.99, 200),
    ("p999_ns", 0.999, 2_000),
    ("p9999_ns", 0.9999, 20_000),
];

/// One flat JSON object. Keys and texts are ours and need no escaping.
#[derive(Default)]
pub struct Line(String);

impl Line {
    fn key(&mut self, key: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        write!(self.0, "\"{key}\":").expect("memory takes text");
    }

    pub fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        write!(self.0, "\"{value}\"").expect("memory takes text");
        self
    }

    pub fn count(mut self, key: &str, value: u64) -> Self {
        self.key(key);
        write!(self.0, "{value}").expect("memory takes text");
        self
    }

    /// Rounded to a tenth.
    pub fn figure(mut self, key: &str, value: f64) -> Self {
        self.key(key);
        write!(self.0, "{:.1}", value).expect("memory takes text");
        self
    }

    pub fn figures(mut self, key: &str, values: &[f64]) -> Self {
        self.key(key);
        let all: Vec<String> = values.iter().map(|value| format!("{value:.1}")).collect();
        write!(self.0, "[{}]", all.join(",")).expect("memory takes text");
        self
    }

    /// Quantiles of `ticks`, which are sorted here, beside what the clock costs and the machine does by itself.
    pub fn tail(self, clock: &Clock, watched: &Watched, ticks: &mut [u64]) -> Self {
        ticks.sort_unstable();
        let samples = ticks.len();
        let mut line = self.count("samples", samples as u64);
        for (key, share, needed) in QUANTILES {
            if samples >= needed {
                line = line.figure(key, clock.nanos(quantile(ticks, share)));
            }
        }
        line.figure("max_ns", clock.nanos(quantile(ticks, 1.0)))
            .figure("clock_ns", watched.clock_ns)
            .figure("vm_hiccup_p9999_ns", watched.p9999_ns)
            .figure("vm_hiccup_max_ns", watched.max_ns)
    }

    pub fn print(self) {
        println!("{}}}", self.0);
    }
}

/// What clock and machine do by themselves.
pub struct Watched {
    clock_ns: f64,
    p9999_ns: f64,
    max_ns: f64,
}

impl Watched {
    /// Spins for a while; to be called right before a tail is measured.
    pub fn now(clock: &Clock) -> Self {
        let gaps = hiccup(clock, WATCH);
        Self {
            clock_ns: clock.cost(),
            p9999_ns: gaps.p9999_ns,
            max_ns: gaps.max_ns,
        }
    }
}

/// Nearest rank.
pub fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed() {
        let sorted: Vec<u64> = (1..=10_000).collect();
        assert_eq!(quantile(&sorted, 0.5), 5_000);
        assert_eq!(quantile(&sorted, 0.9999), 9_999);
        assert_eq!(quantile(&sorted, 1.0), 10_000);
        assert_eq!(quantile(&sorted, 0.0), 1);
    }

    #[test]
    fn a_line_is_a_flat_json_object() {
        let line = Line::default()
            .text("engine", "x")
            .count("fills", 3)
            .figures("rates", &[1.0, 2.25]);
        assert_eq!(
            line.0 + "}",
            r#"{"engine":"x","fills":3,"rates":[1.0,2.2]}"#
        );
    }
}
