//! Books of many instruments, built from [`FeedEvent`] records; the rules are in `market.rs`.
mod kept;
mod ladder;
mod levels;
mod market;
mod orders;
mod sorted;

pub use ladder::Ladder;
pub use levels::{Levels, NaiveLevels};
pub use sorted::SortedLevels;

use super::WHOLE_MARKET;
use crate::book::fold;
use crate::layout::{
    book_state, feed_event_kind as kind, side, BookChange, BookStatus, DepthLevel, FeedEvent,
};
use levels::key_of;
use market::{Market, Report};
use orders::Orders;

/// What was done with events, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyTotals {
    /// Changes of single levels, orders' included.
    pub level_updates: u64,
    /// Messages of no use.
    pub dropped: u64,
    /// Messages kept for a snapshot.
    pub kept: u64,
    /// Events about instruments that have no book.
    pub unlisted: u64,
}

/// Best prices of a live book; a price of 0 means that the side is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Top {
    pub bid: i64,
    pub bid_quantity: i64,
    pub ask: i64,
    pub ask_quantity: i64,
}

/// Why a book is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLive {
    /// The instrument has no book.
    Unlisted,
    /// [`crate::layout::book_fault`].
    Fault(u8),
}

/// Books by instrument. `L` keeps the levels of a side: [`Ladder`] for work, the others to compare with.
#[derive(Debug)]
pub struct BookBuilder<L = Ladder> {
    markets: Vec<Option<Box<Market<L>>>>,
    orders: Orders,
    changes: Vec<BookChange>,
    totals: ApplyTotals,
}

impl<L: Levels> Default for BookBuilder<L> {
    fn default() -> Self {
        Self {
            markets: Vec::new(),
            orders: Orders::default(),
            changes: Vec::new(),
            totals: ApplyTotals::default(),
        }
    }
}

impl<L: Levels> BookBuilder<L> {
    /// A builder without books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to build the book of an instrument; again does nothing. False for 65535, which is no instrument.
    pub fn add_instrument(&mut self, instrument: u16) -> bool {
        if instrument == WHOLE_MARKET {
            return false;
        }
        let index = usize::from(instrument);
        if index >= self.markets.len() {
            self.markets.resize_with(index + 1, || None);
        }
        self.markets[index].get_or_insert_with(|| Box::new(Market::new(instrument)));
        true
    }

    /// Applies events in their order. Changes of state are appended to [`Self::changes`].
    pub fn apply(&mut self, events: &[FeedEvent]) {
        let Self {
            markets,
            orders,
            changes,
            totals,
        } = self;
        let mut report = Report { changes, totals };
        let mut rest = events;
        while let [first, ..] = rest {
            let market = markets.get_mut(usize::from(first.instrument));
            let Some(market) = market.and_then(Option::as_mut) else {
                report.totals.unlisted += 1;
                rest = &rest[1..];
                continue;
            };
            // Events of one instrument and kind come in runs.
            while let [event, tail @ ..] = rest {
                if event.instrument != first.instrument {
                    break;
                }
                match event.kind {
                    kind::LEVEL => market.on_level(event, orders, &mut report),
                    kind::SNAPSHOT_LEVEL => market.on_snapshot(event, orders, &mut report),
                    kind::ADD..=kind::REPLACE => market.on_order(event, orders, &mut report),
                    kind::CLEAR => market.on_clear(event, orders, &mut report),
                    kind::STATE => market.on_state(event, orders, &mut report),
                    _ => {}
                }
                rest = tail;
            }
        }
    }

    /// Changes of state since they were last cleared, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[BookChange] {
        &self.changes
    }

    /// Forgets the changes that were read.
    pub fn clear_changes(&mut self) {
        self.changes.clear();
    }

    /// What was done so far.
    #[must_use]
    pub fn totals(&self) -> ApplyTotals {
        self.totals
    }

    fn market(&self, instrument: u16) -> Option<&Market<L>> {
        self.markets.get(usize::from(instrument))?.as_deref()
    }

    fn live(&self, instrument: u16) -> Result<&Market<L>, NotLive> {
        match self.market(instrument) {
            None => Err(NotLive::Unlisted),
            Some(market) if market.is_live() => Ok(market),
            Some(market) => Err(NotLive::Fault(market.fault)),
        }
    }

    /// Best prices.
    pub fn top(&self, instrument: u16) -> Result<Top, NotLive> {
        let market = self.live(instrument)?;
        let best = |of: u8| {
            let levels = market.side(of);
            let best = levels.best();
            best.map_or((0, 0), |key| (key_of(of, key), levels.get(key)))
        };
        let ((bid, bid_quantity), (ask, ask_quantity)) = (best(side::BUY), best(side::SELL));
        Ok(Top {
            bid,
            bid_quantity,
            ask,
            ask_quantity,
        })
    }

    /// Replaces the contents of `out` by the `most` best levels of a side, best first.
    pub fn depth(
        &self,
        instrument: u16,
        of: u8,
        most: usize,
        out: &mut Vec<DepthLevel>,
    ) -> Result<(), NotLive> {
        out.clear();
        let levels = self.live(instrument)?.side(of);
        levels.for_each(&mut |key, quantity| {
            if out.len() == most {
                return false;
            }
            out.push(DepthLevel {
                price: key_of(of, key),
                quantity,
                ..DepthLevel::default()
            });
            true
        });
        Ok(())
    }

    /// How the book stands; `None` when the instrument has none.
    #[must_use]
    pub fn status(&self, instrument: u16) -> Option<BookStatus> {
        let market = self.market(instrument)?;
        let levels = |side| u32::try_from(market.side(side).len()).unwrap_or(u32::MAX);
        Some(BookStatus {
            instrument,
            state: market.state,
            fault: market.fault,
            losses: market.losses,
            last_id: market.last_id,
            since: market.since,
            level_updates: market.level_updates,
            bids: levels(side::BUY),
            asks: levels(side::SELL),
            orders: market.orders,
            kept: market.kept_messages(),
            crossed: u32::from(market.state == book_state::LIVE && market.is_crossed()),
            dropped: market.dropped,
        })
    }

    /// Equal for builders with equal books in equal states, whatever keeps the levels. Visits every level.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = 0;
        for market in self.markets.iter().flatten() {
            let of = fold(hash, u64::from(market.instrument));
            hash = fold(of, market.state_hash());
        }
        hash
    }
}
