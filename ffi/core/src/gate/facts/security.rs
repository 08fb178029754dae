//! One instrument under regulation: its reference data, and how its market stands.
use super::moves::Moves;
use crate::image::image;
use crate::layout::{MarketStatus, SecurityTerms};

const NANOS_PER_MS: i64 = 1_000_000;

/// What is known of an instrument beside its rules and prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// As they were last set.
    pub terms: SecurityTerms,
    /// As it was last seen.
    pub status: MarketStatus,
    /// How its price moved lately.
    pub moves: Moves,
    /// Largest order and largest position by the average volume, lots, rounded down; 0 while it is not known.
    pub order_share: i64,
    pub position_share: i64,
}

image!(Security {
    terms,
    status,
    moves,
    order_share,
    position_share
});

/// So many hundredths of a percent of `whole`, rounded down; the largest integer when it does not fit.
fn share(whole: i64, bps: u32) -> i64 {
    let share = i128::from(whole) * i128::from(bps) / 10_000;
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// The age of something seen at `seen`, nanoseconds; −1 when it was never seen.
fn age(seen: i64, now: i64) -> i64 {
    if seen == 0 {
        -1
    } else {
        now.saturating_sub(seen).max(0)
    }
}

fn is_young(age: i64, most_ms: u32) -> bool {
    (0..=i64::from(most_ms) * NANOS_PER_MS).contains(&age)
}

impl Security {
    /// Takes terms in place of those before, and works out what follows from them.
    pub fn take(&mut self, terms: &SecurityTerms) {
        self.terms = *terms;
        self.order_share = share(terms.average_volume, terms.order_volume_bps);
        self.position_share = share(terms.average_volume, terms.position_volume_bps);
    }

    /// Nanoseconds since phase, price test and bands were seen; −1 when they never were.
    #[must_use]
    pub fn status_age(&self, now: i64) -> i64 {
        age(self.status.time, now)
    }

    /// Whether phase, price test and bands are young enough to count.
    #[must_use]
    pub fn has_status(&self, now: i64) -> bool {
        is_young(self.status_age(now), self.terms.status_max_age_ms)
    }

    /// Nanoseconds since the protected quotes were seen; −1 when they never were.
    #[must_use]
    pub fn quotes_age(&self, now: i64) -> i64 {
        age(self.status.quotes_time, now)
    }

    /// Whether the protected quotes are young enough to count.
    #[must_use]
    pub fn has_quotes(&self, now: i64) -> bool {
        is_young(self.quotes_age(now), self.terms.quotes_max_age_ms)
    }

    /// Whether rules 611 and 610(d) are in force on the day of `now`.
    #[must_use]
    pub const fn is_protected(&self, now: i64) -> bool {
        self.terms.protected_until == 0 || now < self.terms.protected_until
    }

    /// Whether a status says more than new quotes, or that all is as it was.
    #[must_use]
    pub fn says_more(&self, status: &MarketStatus) -> bool {
        let facts = |of: &MarketStatus| (of.phase, of.price_test, of.lower_band, of.upper_band);
        facts(&self.status) != facts(status)
    }

    /// Whether anything was ever told of its market.
    #[must_use]
    pub fn was_seen(&self) -> bool {
        self.status.time != 0 || self.status.quotes_time != 0
    }

    /// The status as far as the log has it.
    #[must_use]
    pub fn status_on_record(&self) -> MarketStatus {
        MarketStatus {
            time: 0,
            away_bid: 0,
            away_ask: 0,
            snapshot: 0,
            quotes_time: 0,
            ..self.status
        }
    }
}
