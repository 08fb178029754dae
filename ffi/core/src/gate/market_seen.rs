//! The market on record: what the next decisions in an instrument are measured against, once, before the first of them.
//!
//! Prices are told far more often than they are used. So a change of them is noted, and recorded when an order comes that is
//! measured against it: with the extremes of its window, which depend on prices that no order saw.
use super::facts::Moves;
use super::ports::Journal;
use super::{Gate, Reference};
use crate::layout::{record_type, MarketSeen, MarketStatus};
use crate::record::bytes_of;

/// Schema version of MarketSeen records.
pub const MARKET_SEEN_VERSION: u16 = 1;

impl Gate {
    /// Whether the market of an instrument was told since it was last put on record.
    #[inline]
    pub(super) fn is_untold(&self, instrument: u16) -> bool {
        self.listing(instrument)
            .is_some_and(|listing| listing.untold)
    }

    /// Notes that more is known of an instrument than is on record.
    pub(super) fn note_untold(&mut self, instrument: u16) {
        let known = self.listings.get_mut(usize::from(instrument));
        if let Some(known) = known.and_then(Option::as_mut) {
            known.untold = true;
        }
    }

    /// Puts the market of an instrument on record. A journal that fails here fails with the decision too, which says so.
    #[cold]
    pub(super) fn record_market(&mut self, journal: &mut impl Journal, instrument: u16, time: i64) {
        let Some(seen) = self.market_seen(instrument) else {
            return;
        };
        let (kind, version) = (record_type::MARKET_SEEN, MARKET_SEEN_VERSION);
        if journal
            .append(kind, version, time, 0, &[bytes_of(&seen)])
            .is_err()
        {
            return;
        }
        if let Some(known) = &mut self.listings[usize::from(instrument)] {
            known.untold = false;
        }
    }

    fn market_seen(&self, instrument: u16) -> Option<MarketSeen> {
        let Reference {
            bid,
            ask,
            last,
            time,
        } = self.listing(instrument)?.reference;
        let security = self.facts.security(instrument);
        let [low, high, low_before, high_before, since] = security.moves.parts();
        let MarketStatus {
            away_bid,
            away_ask,
            snapshot,
            quotes_time,
            ..
        } = security.status;
        Some(MarketSeen {
            instrument,
            bid,
            ask,
            last,
            time,
            status_time: security.status.time,
            away_bid,
            away_ask,
            snapshot,
            quotes_time,
            low,
            high,
            low_before,
            high_before,
            since,
            ..MarketSeen::default()
        })
    }

    /// Knows the market of an instrument as it was put on record. False for one that is not listed.
    pub(super) fn see_again(&mut self, seen: &MarketSeen) -> bool {
        let known = self.listings.get_mut(usize::from(seen.instrument));
        let Some(known) = known.and_then(Option::as_mut) else {
            return false;
        };
        known.reference = Reference {
            bid: seen.bid,
            ask: seen.ask,
            last: seen.last,
            time: seen.time,
        };
        known.untold = false;
        self.facts.see_again(
            seen,
            Moves::of_parts([
                seen.low,
                seen.high,
                seen.low_before,
                seen.high_before,
                seen.since,
            ]),
        );
        true
    }
}
