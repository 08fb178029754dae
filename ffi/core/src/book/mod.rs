//! Price-time-priority limit order books and the engine that holds one per instrument.
//!
//! Two books implement one trait, [`Book`]: [`NaiveBook`] is the readable oracle, [`DirectBook`] the fast one. They
//! must answer every command with the same records; `tests/book_differential.rs` holds them to it. [`MatchingEngine`]
//! routes commands by instrument and owns the counters that run over all books.
//!
//! # What a command is answered with
//!
//! This is a contract: the gate, the portfolio and the audit log are built on it. Every record carries the time of
//! the command that caused it, and `venue_sequence` counts the records from 1 over all books without a gap.
//!
//! **New.** In this order the venue refuses with one `Rejected` record (price and quantity as asked, leaves 0):
//! - `VENUE_MALFORMED`: a kind, side, type or time in force that is not known; order id 0; quantity not positive; a
//!   limit price outside 1 to [`MAX_PRICE`]; post-only on an order that cannot rest (market, IOC, FOK);
//! - `VENUE_DUPLICATE_ID`: an order of that id is open in this book. The open order is not touched;
//! - `WOULD_CROSS`: post-only, and it would match;
//! - `UNFILLABLE`: fill-or-kill, and what rests within the limit is less than its quantity.
//!
//! Otherwise `New` (price and quantity as entered, leaves = quantity; the price of a market order is reported as 0,
//! whatever the command says), then per match two `Trade` records, the maker's first, then the taker's: price = the
//! maker's price, quantity = filled now, leaves = still open after it, the same match id, each with its own owner. The
//! remainder of a market order is `Canceled` with reason `NO_LIQUIDITY`, that of an immediate-or-cancel limit with
//! reason `IOC` (quantity = removed, leaves 0); any other remainder rests behind what is already at its price. Orders
//! of one owner match one another like all others.
//!
//! **Cancel.** `Canceled` with the quantity removed, reason 0. **Cancel and Amend** name the order by `target_id` and
//! must come from its owner; the book refuses with one `CancelRejected` record, and the order, if any, stays as it was:
//! - `VENUE_MALFORMED`: target 0; an amend whose quantity is not positive or whose price is not a price;
//! - `VENUE_UNKNOWN_ORDER`: no such order is open in this book, or it belongs to somebody else (price and quantity as
//!   asked, leaves 0);
//! - `WOULD_CROSS`: an amend of a post-only order, or with the post-only flag, that would match (price and leaves of
//!   the order, quantity as asked).
//!
//! **Amend.** `Replaced` (price the new one, quantity = leaves = the new remaining quantity), then trades as for a new
//! order if the new price crosses. A smaller quantity at the same price keeps the order's place in the queue;
//! everything else, also an amend that changes nothing, goes behind what is at the new price. The side of an order
//! cannot change, and an amend's side, type and time in force are not read. Post-only stays with an order for life.
//!
//! **CancelOwner.** One `Canceled` record with reason `OWNER_CANCEL` per resting order of the command's owner: buys
//! before sells, best price first, first in first out within a price; nothing when there is none.
//!
//! # Market data
//!
//! A trade prints one [`MarketTick`](crate::layout::MarketTick) of kind [`TICK_TRADE`]: price, quantity, side of the
//! taker, match id; its four best-price fields are 0, because the book is between two states. After the command, if
//! the best bid or ask changed in price or quantity, ONE tick of kind [`TICK_BEST`] follows with the four new values
//! (0 where a side is empty) and price, quantity, aggressor and match id 0. Every trade takes from the best price of
//! one side, so a trade print is always followed by a best-price tick of the same command (unless that level holds more
//! than a record can show before and after).
//!
//! # Units and limits
//!
//! Prices in ticks, 1 to [`MAX_PRICE`]; quantities in lots, 1 to `i64::MAX`. Any price in that range is safe: memory
//! grows with the number of open orders, never with the distance between prices. The sum of a price level may exceed
//! `i64`; it is kept exactly and shown saturated. No book reads a clock or draws a random number.
mod direct;
mod engine;
mod events;
mod id_map;
mod ladder;
mod naive;
mod rules;
mod slab;

pub use direct::DirectBook;
pub use engine::{CancelScope, ListingError, MatchingEngine, EVERY_INSTRUMENT, INSTRUMENT_COUNT};
pub use events::{Events, TICK_BEST, TICK_TRADE};
pub use naive::NaiveBook;

use crate::layout::{DepthLevel, OrderCommand};

/// `flags` bit of an [`OrderCommand`]: the order must rest, never take.
pub const FLAG_POST_ONLY: u16 = 1;

/// The largest price. `i64::MAX` itself stands for "no ask" inside the books.
pub const MAX_PRICE: i64 = i64::MAX - 1;

/// Stands for the best bid of an empty side: below every price.
pub(crate) const NO_BID: i64 = 0;

/// Stands for the best ask of an empty side: above every price.
pub(crate) const NO_ASK: i64 = i64::MAX;

/// One order as it rests in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    pub order_id: u64,
    /// `layout::side`
    pub side: u8,
    /// Ticks.
    pub price: i64,
    /// Lots still open.
    pub quantity: i64,
    pub owner: u32,
    pub post_only: bool,
}

/// The order book of one instrument. The module page is the contract of every method.
pub trait Book {
    /// An empty book whose records carry `instrument`.
    fn new(instrument: u16) -> Self
    where
        Self: Sized;

    /// Carries out one command and appends what happened to `events`. The command's instrument is not read.
    fn submit(&mut self, command: &OrderCommand, events: &mut Events);

    /// Cancels every resting order of `owner`, of everybody when `None`, as `CancelOwner` does, best-price tick
    /// included. Returns how many orders were cancelled.
    fn cancel_owner(&mut self, owner: Option<u32>, time: i64, events: &mut Events) -> u32;

    /// The best price level of a side.
    fn best(&self, side: u8) -> Option<DepthLevel>;

    /// Replaces the contents of `out` by the `levels` best price levels of a side, best first.
    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>);

    /// Open orders on both sides.
    fn open_orders(&self) -> usize;

    /// Price levels on both sides.
    fn levels(&self) -> usize;

    /// Whether an order of that id is open.
    fn contains(&self, order_id: u64) -> bool;

    /// Calls `visit` for each resting order of a side, in the order in which they would be matched.
    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&RestingOrder));

    /// A number that is equal for equal books: the same orders in the same queues, whatever the implementation and
    /// whatever happened before. Visits every order.
    fn state_hash(&self) -> u64 {
        rules::state_hash(self)
    }
}
