//! Price-time-priority limit order books and the engine that holds one per instrument.
//!
//! Two books implement one trait, [`Book`]: [`NaiveBook`] is the readable oracle, [`DirectBook`] the fast one. They
//! must answer every command with the same records; `tests/book_differential.rs` holds them to it. [`MatchingEngine`]
//! routes commands by instrument and owns the counters that run over all books.
//!
//! This page is a contract: the gate, the portfolio and the audit log are built on it. Every record carries the time of
//! the command that caused it, and `venue_sequence` counts the records from 1 over all books without a gap.
//!
//! # An order's numbers
//!
//! *Total* is what was entered (FIX OrderQty), as amended and restated since. *Filled* is what has traded. *Leaves* =
//! total − filled. Of an iceberg, `display` > 0, only *shown* lots stand in the queue at a time: min(display, leaves)
//! whenever it comes to rest; of any other order all leaves are shown. Records to the owner always speak of leaves.
//! The book numbers the orders it lets in from 1 (their *age*: smaller is older); an order keeps its age for life.
//!
//! # New
//!
//! The venue refuses with one `Rejected` record (price and quantity as asked, leaves 0), for the first that holds:
//! 1. `VENUE_MALFORMED`: a kind, side, type, time in force or self-trade mode that is not known; order id 0; quantity
//!    not positive; a price outside 1 to [`MAX_PRICE`] on anything but a market order; post-only on anything but a
//!    Limit that may rest (GTC, DAY, GTD); a stop (either type) that is IOC or FOK, or whose trigger is not a price; a
//!    trigger offset on anything but a StopLimit; `expires` 0 on a GTD order or not 0 on any other; display on anything
//!    but a Limit that may rest, or above the quantity, or less than a [`MAX_SLICES`]th of it;
//! 2. `NOT_TRADING`: in Halt and Closed everything; in PreOpen and Auction whatever is not a stop and cannot rest (market,
//!    IOC, FOK);
//! 3. `EXPIRED`: GTD, and `expires` × 10⁹ is not after the command's time;
//! 4. `VENUE_DUPLICATE_ID`: an order of that id is open in this book, resting or waiting. It is not touched;
//! 5. `NOTHING_TO_REDUCE`: reduce-only, and the owner has no position on the other side (see below);
//! 6. `BOOK_FULL`: the leaves of all open orders of that side, waiting stops included, with the quantity would exceed
//!    `i64::MAX`;
//! 7. `WOULD_CROSS` (Continuous only): post-only, and the best price of the other side is within its limit;
//! 8. `UNFILLABLE`: fill-or-kill, and carried out as IOC it would not trade its whole quantity (icebergs count in full;
//!    what reduce-only orders cannot trade and what self-trade prevention would stop does not count).
//!
//! Otherwise `New` (price and quantity as entered, leaves = quantity; the price of a market order is reported as 0,
//! whatever the command says), then it matches (Continuous only), and what is left is
//! - of a market order `Canceled` with `NO_LIQUIDITY`; of an IOC limit `Canceled` with `IOC` (quantity = removed, leaves 0);
//! - of a reduce-only order with nothing left to reduce `Canceled` with `NOTHING_TO_REDUCE` (in every state);
//! - of any other put to rest behind what is at its price.
//!
//! # Matching
//!
//! Best price first, first in first out within a price, at the resting order's price. Per match two `Trade` records,
//! the maker's first, then the taker's: quantity = filled now, leaves after it, the same match id, each with its own
//! owner. An iceberg whose shown lots have all traded shows the next min(display, leaves) at the end of the queue of its
//! price, at once: the same taker may meet it again. When an order has reached the head of the queue and is next to
//! match, these rules apply to it, in this order, before any lots trade:
//!
//! **Self-trade prevention.** When the taker's mode is not None and both owners are of one group (an owner is a group of
//! its own unless [`Book::set_group`] said otherwise), the taker's mode decides; all removals have the reason
//! `SELF_TRADE`:
//! - CancelNewest: the taker's remainder is `Canceled`, matching ends;
//! - CancelOldest: the maker is `Canceled` (with all its leaves), matching goes on;
//! - CancelBoth: the maker is `Canceled`, then the taker's remainder, matching ends;
//! - Decrement: both lose d = min(taker's left, maker's leaves), the maker reported first: one that has none left is
//!   `Canceled` with quantity d, else `Restated` with quantity d and its leaves; its total falls by d as well. A
//!   maker gives up hidden lots before shown ones and keeps its place. Matching goes on.
//!
//! The mode is fixed when an order is entered and holds whenever it is the taker: amended or triggered too. Bits of the
//! mode on an amend are not read.
//!
//! **Reduce-only.** The book counts each owner's position: lots bought less lots sold here, plus what
//! [`Book::set_position`] said, kept within `i64` (at an end of the range it stays there). A reduce-only order can trade at most the position on the other side: a sell the lots
//! held long, a buy the lots held short; and nothing with an order of its own owner, because that reduces nothing. A
//! match is never larger than what both parties can trade. A taker that can trade nothing at all stops before it looks
//! at a maker, and one that can trade nothing with the maker it has reached stops there; its remainder is `Canceled`
//! with `NOTHING_TO_REDUCE`, also where it would have rested or been dropped for another reason. A maker that can trade
//! nothing when it is reached is `Canceled` with `NOTHING_TO_REDUCE` and matching goes on.
//!
//! # Cancel and Amend
//!
//! Cancel: `Canceled` with the leaves removed, reason 0. Both name the order by `target_id` and must come from its owner;
//! the book refuses with one `CancelRejected` record, and the order, if any, stays as it was:
//! - `VENUE_MALFORMED`: target 0; an amend whose quantity is not positive or whose price is not a price;
//! - `VENUE_UNKNOWN_ORDER`: no such order is open in this book, or it belongs to somebody else (price and quantity as
//!   asked, leaves 0);
//! - `NOT_TRADING`: an amend in Halt or Closed; `VENUE_MALFORMED`: an amend that gives an iceberg more slices than
//!   [`MAX_SLICES`]; `BOOK_FULL`: an amend that adds lots the side cannot count; `WOULD_CROSS`
//!   (Continuous only): an amend of a post-only order, or with the post-only flag, that would match (each with price and
//!   leaves of the order, quantity as asked).
//!
//! Amend: the quantity is the new **total** (as in FIX), so fills on their way against it can never make it larger than
//! meant. When no more than what has filled, the order is, whatever the price, `Canceled` with `BELOW_FILLED`, quantity =
//! the leaves removed. Otherwise `Replaced` (price the new one, quantity the new total, leaves = total − filled). Fewer
//! leaves at the same price keep the order's place in the queue (an iceberg gives up hidden lots first); everything else,
//! also an amend that changes nothing, matches as a new order does, and what is left goes the way of a new order's: behind
//! what is at the new price (an iceberg shows min(display, leaves) again) or, reduce-only without a position, out. Side, type, time in force, display, reduce-only, self-trade mode and
//! expiry cannot change and are not read. Post-only stays for life, and a post-only flag on an amend adds it (also to
//! a waiting stop-limit, to no effect while it waits; it does not stop it from matching when triggered).
//!
//! # Stops
//!
//! A stop waits beside the queues: it is open, is found by its id, counts in `open_orders`, but in no level. Its trigger
//! is `price` (Stop) or `price + trigger_offset` (StopLimit). The condition: a trade at or above the trigger for a buy,
//! at or below it for a sell. Stops fire only in Continuous. A new stop whose condition the last trade fulfils fires at
//! once. After a command has matched (and after an uncross) all stops whose condition any trade of it fulfilled are
//! queued: buys by trigger ascending, then sells by trigger descending, older first within a trigger; they fire one
//! after the other; after each, those that its own trades reached join the end of the queue likewise. A stop cancelled
//! while it is queued does not fire. Firing: `Triggered` (price as reported for its new type: 0 for a Stop; quantity =
//! leaves), then it goes on as a market order or as a limit order with its time in force, reduce-only and self-trade
//! mode. The market's tick of best prices follows the whole command.
//! `New` of a Stop shows its trigger as price. Amending a Stop sets trigger and total; a StopLimit the limit and total
//! (the trigger stays); it is `Replaced`, and fires at once when the last trade fulfils the condition.
//!
//! # Time
//!
//! No book reads a clock. Before a command is carried out, whatever it is, in [`Book::advance`] and after the tick of a
//! new trading state, every GTD order with `expires` × 10⁹ ≤ the given time ends with `Expired`, reason `EXPIRED`, by
//! expiry and then by age: what is over trades in no auction. When the state becomes Closed, every DAY order ends
//! likewise, by age.
//!
//! # Mass cancels
//!
//! `CancelOwner` and [`Book::cancel_all`] write one `Canceled` record with reason `OWNER_CANCEL` per open order: of an
//! owner by age; of a group by owner, ascending, then age; of everybody buys before sells, best price first, first in
//! first out within a price, then waiting stops by age. Nothing when there is none. Allowed in every state.
//!
//! # Trading states and auctions
//!
//! [`Book::set_state`] to the state the book is in does nothing; otherwise it first publishes a tick of kind
//! [`TICK_STATE`]. PreOpen and Auction collect orders: the book may become crossed. Entering Continuous uncrosses a crossed
//! book, then fires the stops whose condition the last trade fulfils; other states leave it as it is.
//!
//! *Uncross price* ([`Book::indicative`]): among the limit prices of resting orders from the best ask up to the best bid, the one
//! 1. at which most lots trade: min(lots of buys at or above it, lots of sells at or below it), leaves in full;
//! 2. of those, with the least imbalance |buy − sell|;
//! 3. of those, the highest when all have more to buy than to sell, the lowest when all have more to sell;
//! 4. else the nearest to the last trade (without one, to the middle (lowest + highest) / 2 of what is left), the lower
//!    when two are equally near.
//!
//! *Uncross*: while the best bid is at or above that price and the best ask at or below it, the heads of both queues trade
//! at that price; icebergs and reduce-only as above (both heads are asked, the buy first), self-trade prevention does
//! not apply. Both `Trade` records have liquidity None, the buy's first; the trade print has aggressor [`AUCTION`].
//! Repeated with a new price as long as the book is crossed.
//!
//! # Market data
//!
//! A trade prints one [`MarketTick`](crate::layout::MarketTick) of kind [`TICK_TRADE`]: price, quantity, side of the
//! taker, match id; its four best-price fields are 0, because the book is between two states. After the command, if
//! the best bid or ask changed in price or (shown) quantity since last published and the book is not crossed, ONE tick of
//! kind [`TICK_BEST`] follows with the four new values (0 where a side is empty) and price, quantity, aggressor and match
//! id 0.
//!
//! # Units and limits
//!
//! Prices in ticks, 1 to [`MAX_PRICE`]; quantities in lots, 1 to `i64::MAX`; the open lots of a side never exceed `i64::MAX`.
//! Any price in that range is safe: memory grows with the number of open orders, never with the distance between prices.
mod direct;
mod engine;
mod events;
mod inputs;
mod naive;
mod rules;

pub use direct::DirectBook;
pub use engine::{CancelScope, ListingError, MatchingEngine, EVERY_INSTRUMENT, INSTRUMENT_COUNT};
pub use events::{Events, TICK_BEST, TICK_STATE, TICK_TRADE};
pub use inputs::{cancel_scope, CHANGE_VERSION, COMMAND_VERSION};
pub use naive::NaiveBook;
pub(crate) use rules::fold;

use crate::layout::{BookOrder, DepthLevel, Indicative, OrderCommand};

/// `flags` bit of an [`OrderCommand`]: the order must rest, never take.
pub const FLAG_POST_ONLY: u16 = 1;

/// `flags` bit of an [`OrderCommand`]: the order may only take away from its owner's position.
pub const FLAG_REDUCE_ONLY: u16 = 1 << 1;

/// Where the self-trade mode ([`layout::self_trade`](crate::layout::self_trade)) stands in `flags`: three bits from here.
pub const SELF_TRADE_SHIFT: u32 = 3;

/// `MarketTick::aggressor` of a trade in an auction.
pub const AUCTION: u8 = 2;

/// An iceberg shows its lots in at most this many slices, so that what one command can set off is bounded.
pub const MAX_SLICES: i64 = 1_000;

/// The largest price. `i64::MAX` itself stands for "no ask" inside the books.
pub const MAX_PRICE: i64 = i64::MAX - 1;

/// Stands for the best bid of an empty side: below every price.
pub(crate) const NO_BID: i64 = 0;

/// Stands for the best ask of an empty side: above every price.
pub(crate) const NO_ASK: i64 = i64::MAX;

/// One open order, resting or waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    pub order_id: u64,
    /// `layout::side`
    pub side: u8,
    /// `layout::order_type`; a stop that has fired is what it has become.
    pub order_type: u8,
    /// `layout::time_in_force`
    pub tif: u8,
    /// `layout::self_trade`
    pub self_trade: u8,
    pub post_only: bool,
    pub reduce_only: bool,
    /// Ticks: the limit; of a waiting Stop its trigger.
    pub price: i64,
    /// Ticks; 0 unless it waits.
    pub trigger: i64,
    /// Lots entered, as amended and restated.
    pub total: i64,
    /// Lots still open.
    pub leaves: i64,
    /// Lots that stand in the queue; 0 while it waits.
    pub shown: i64,
    /// Lots an iceberg shows at a time; 0 shows all.
    pub display: u32,
    pub owner: u32,
    /// Seconds since the Unix epoch; 0 unless GTD.
    pub expires: u32,
    /// Its number among the orders the book let in, from 1.
    pub age: u64,
}

/// Whose orders a mass cancel is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Owner(u32),
    /// Every owner of a self-trade group.
    Group(u32),
    Everybody,
}

/// What a book remembers of an owner it has met or been told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub owner: u32,
    pub group: u32,
    /// Lots, signed.
    pub position: i64,
    pub open_orders: u32,
}

/// The order book of one instrument. The module page is the contract of every method.
pub trait Book {
    /// An empty book in Continuous whose records carry `instrument`.
    fn new(instrument: u16) -> Self
    where
        Self: Sized;

    /// Carries out one command and appends what happened to `events`. The command's instrument is not read.
    fn submit(&mut self, command: &OrderCommand, events: &mut Events);

    /// Ends what is due; best-price tick included.
    fn advance(&mut self, time: i64, events: &mut Events);

    /// Changes the trading state, with everything that follows from it; best-price tick included.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` for a number that is no [`layout::trading_state`](crate::layout::trading_state).
    fn set_state(&mut self, state: u8, time: i64, events: &mut Events) -> Result<(), u32>;

    /// `layout::trading_state`
    fn state(&self) -> u8;

    /// Where the book would uncross now; all zero when it is not crossed.
    fn indicative(&self) -> Indicative;

    /// Price of the last trade in ticks, 0 before the first.
    fn last_trade(&self) -> i64;

    /// Puts an owner into a self-trade group. Orders already open belong to it from now on as well.
    fn set_group(&mut self, owner: u32, group: u32);

    /// Sets an owner's position, lots: for positions that did not come about here.
    fn set_position(&mut self, owner: u32, lots: i64);

    /// What is known of an owner; an owner never met is a group of its own, with nothing.
    fn account(&self, owner: u32) -> Account;

    /// Cancels every open order of somebody, best-price tick included. Returns how many orders were cancelled.
    fn cancel_all(&mut self, whose: Whose, time: i64, events: &mut Events) -> u32;

    /// The best price level of a side, as shown.
    fn best(&self, side: u8) -> Option<DepthLevel>;

    /// Replaces the contents of `out` by the `levels` best price levels of a side, best first, as shown (L2).
    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>);

    /// Replaces the contents of `out` by the first `orders` orders of a side, in the order in which they would be
    /// matched, as shown (L3).
    fn orders(&self, side: u8, orders: usize, out: &mut Vec<BookOrder>);

    /// Open orders on both sides, waiting stops included.
    fn open_orders(&self) -> usize;

    /// Price levels on both sides.
    fn levels(&self) -> usize;

    /// The open order of that id, resting or waiting.
    fn find(&self, order_id: u64) -> Option<OpenOrder>;

    /// Calls `visit` for each resting order of a side, in the order in which they would be matched.
    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&OpenOrder));

    /// Calls `visit` for each waiting stop, oldest first.
    fn for_each_stop(&self, visit: &mut dyn FnMut(&OpenOrder));

    /// Calls `visit` for each owner that has an open order, a position or a group of another number, ascending.
    fn for_each_account(&self, visit: &mut dyn FnMut(&Account));

    /// A number that is equal for equal books: the same orders in the same queues with the same ages in the same
    /// sequence (ages themselves are compared by their order), accounts, state and last trade, whatever the
    /// implementation. Visits every order.
    fn state_hash(&self) -> u64 {
        rules::state_hash(self)
    }
}
