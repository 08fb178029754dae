//! What a command caused: execution records and market ticks, in buffers that are reused from call to call.
//!
//! Use one `Events` for all books of a venue: it owns the two counters that run over all of them. Clearing it keeps
//! the buffers and the counters, so nothing is allocated once the buffers have grown to the busiest command.
use super::rules::{self, Top};
use super::AUCTION;
use crate::layout::{exec_type, liquidity, side, Execution, MarketTick, OrderCommand};

/// `MarketTick::kind`: the best bid or ask changed in price or quantity.
pub const TICK_BEST: u8 = 0;

/// `MarketTick::kind`: a trade print.
pub const TICK_TRADE: u8 = 1;

/// `MarketTick::kind`: the trading state changed; `aggressor` is the new one.
pub const TICK_STATE: u8 = 2;

/// Records that the buffers hold before they grow.
const INITIAL_CAPACITY: usize = 256;

/// The order a record is about.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub order_id: u64,
    pub side: u8,
    pub owner: u32,
    /// Ticks; 0 for a market order.
    pub price: i64,
}

/// One side of a match.
#[derive(Clone, Copy)]
pub(crate) struct Party {
    pub order_id: u64,
    pub owner: u32,
    /// Lots still open after the match.
    pub leaves: i64,
}

/// Records since the last [`Events::clear`], oldest first, and the venue's counters.
#[derive(Debug)]
pub struct Events {
    pub executions: Vec<Execution>,
    pub ticks: Vec<MarketTick>,
    venue_sequence: u64,
    matches: u64,
    /// Whether records are kept; they are always counted.
    keeps: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    #[must_use]
    pub fn new() -> Self {
        Self {
            executions: Vec::with_capacity(INITIAL_CAPACITY),
            ticks: Vec::with_capacity(INITIAL_CAPACITY),
            venue_sequence: 0,
            matches: 0,
            keeps: true,
        }
    }

    /// Counts what happens and keeps no record of it: for those who need only the state that a book comes to.
    #[must_use]
    pub fn counting() -> Self {
        Self {
            executions: Vec::new(),
            ticks: Vec::new(),
            keeps: false,
            ..Self::new()
        }
    }

    /// As they are after so many records and matches.
    pub(crate) fn after(venue_sequence: u64, matches: u64) -> Self {
        Self {
            venue_sequence,
            matches,
            ..Self::new()
        }
    }

    /// Forgets the records; keeps the buffers and the counters.
    #[inline]
    pub fn clear(&mut self) {
        self.executions.clear();
        self.ticks.clear();
    }

    /// `venue_sequence` of the latest execution record; 0 before the first.
    #[must_use]
    pub fn venue_sequence(&self) -> u64 {
        self.venue_sequence
    }

    /// Matches so far. The latest one's match id is the low 32 bits of this.
    #[must_use]
    pub fn matches(&self) -> u64 {
        self.matches
    }

    /// Counts that many records when none are kept; false, and nothing counted, when they have to be written.
    #[inline]
    pub(crate) fn skip(&mut self, records: usize) -> bool {
        if !self.keeps {
            self.venue_sequence += records as u64;
        }
        !self.keeps
    }

    /// Makes room for that many execution records at once, when any are kept.
    pub(crate) fn make_room(&mut self, records: usize) {
        if self.keeps {
            self.executions.reserve(records);
        }
    }

    /// Reports something other than a trade.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn report(
        &mut self,
        kind: u8,
        reason: u32,
        instrument: u16,
        time: i64,
        subject: Subject,
        quantity: i64,
        leaves: i64,
    ) {
        self.venue_sequence += 1;
        if !self.keeps {
            return;
        }
        self.executions.push(Execution {
            exec_type: kind,
            side: subject.side,
            liquidity: liquidity::NONE,
            stream: 0,
            instrument,
            reason: reason as u16,
            order_id: subject.order_id,
            price: subject.price,
            quantity,
            leaves,
            owner: subject.owner,
            match_id: 0,
            time,
            venue_sequence: self.venue_sequence,
        });
    }

    /// A command was refused and nothing changed: a new order, or something that cannot be read at all.
    #[cold]
    pub(crate) fn rejected(&mut self, instrument: u16, command: &OrderCommand, reason: u32) {
        let subject = Subject {
            order_id: command.order_id,
            side: command.side,
            owner: command.owner,
            price: rules::reported_price(command),
        };
        let kind = exec_type::REJECTED;
        self.report(
            kind,
            reason,
            instrument,
            command.time,
            subject,
            command.quantity,
            0,
        );
    }

    /// A cancel or amend was refused because it cannot be read or names nothing the owner has open here.
    #[cold]
    pub(crate) fn cancel_rejected(&mut self, instrument: u16, command: &OrderCommand, reason: u32) {
        let subject = Subject {
            order_id: command.target_id,
            side: command.side,
            owner: command.owner,
            price: command.price,
        };
        let kind = exec_type::CANCEL_REJECTED;
        self.report(
            kind,
            reason,
            instrument,
            command.time,
            subject,
            command.quantity,
            0,
        );
    }

    /// Reports one match: the maker's record, the taker's record, the trade print.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn trade(
        &mut self,
        instrument: u16,
        time: i64,
        taker_side: u8,
        price: i64,
        quantity: i64,
        maker: Party,
        taker: Party,
    ) {
        self.matches += 1;
        if !self.keeps {
            self.venue_sequence += 2;
            return;
        }
        let match_id = self.matches as u32;
        let record = Execution {
            exec_type: exec_type::TRADE,
            side: 1 - taker_side,
            liquidity: liquidity::MAKER,
            stream: 0,
            instrument,
            reason: 0,
            order_id: maker.order_id,
            price,
            quantity,
            leaves: maker.leaves,
            owner: maker.owner,
            match_id,
            time,
            venue_sequence: self.venue_sequence + 1,
        };
        self.executions.push(record);
        self.executions.push(Execution {
            side: taker_side,
            liquidity: liquidity::TAKER,
            order_id: taker.order_id,
            leaves: taker.leaves,
            owner: taker.owner,
            venue_sequence: self.venue_sequence + 2,
            ..record
        });
        self.venue_sequence += 2;
        self.ticks.push(MarketTick {
            instrument,
            kind: TICK_TRADE,
            aggressor: taker_side,
            match_id,
            bid: 0,
            bid_quantity: 0,
            ask: 0,
            ask_quantity: 0,
            price,
            quantity,
            time,
        });
    }

    /// Reports one match of an auction: the buyer's record, the seller's record, the trade print.
    pub(crate) fn auction_trade(
        &mut self,
        instrument: u16,
        time: i64,
        price: i64,
        quantity: i64,
        buyer: Party,
        seller: Party,
    ) {
        self.trade(instrument, time, side::SELL, price, quantity, buyer, seller);
        if !self.keeps {
            return;
        }
        let last = self.executions.len() - 2;
        for record in &mut self.executions[last..] {
            record.liquidity = liquidity::NONE;
        }
        if let Some(tick) = self.ticks.last_mut() {
            tick.aggressor = AUCTION;
        }
    }

    /// Publishes a new trading state.
    pub(crate) fn state_changed(&mut self, instrument: u16, time: i64, state: u8) {
        if self.keeps {
            self.ticks.push(MarketTick {
                instrument,
                kind: TICK_STATE,
                aggressor: state,
                time,
                ..MarketTick::default()
            });
        }
    }

    /// Publishes the best prices after a command that changed them.
    #[inline]
    pub(crate) fn best_changed(&mut self, instrument: u16, time: i64, top: Top) {
        if !self.keeps {
            return;
        }
        self.ticks.push(MarketTick {
            instrument,
            kind: TICK_BEST,
            aggressor: 0,
            match_id: 0,
            bid: top.bid,
            bid_quantity: top.bid_quantity,
            ask: top.ask,
            ask_quantity: top.ask_quantity,
            price: 0,
            quantity: 0,
            time,
        });
    }
}
