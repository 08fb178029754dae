//! Market data: feeds read into one kind of event, and books built from the events.
//!
//! ```text
//! bytes, cut anywhere ──▶ parser ──▶ FeedEvent records ──▶ BookBuilder ──▶ L1, L2, state hash
//!                           │                                  │
//!                    FeedError: what, where             BookChange: live, or lost and why
//! ```
//!
//! A parser ([`Binance`], [`Itch`], [`Lobster`]) turns one message into one or more [`crate::layout::FeedEvent`] records.
//! It keeps what a chunk leaves unfinished, and allocates nothing once its buffers have grown to the longest message. A
//! message that is not understood is an error with its place; it gives no event, and the ones behind it are read.
//!
//! A [`BookBuilder`] knows no feed. It keeps the books of many instruments by the rules that the events carry: updates
//! that continue each other, snapshots they join, orders known by reference. A book that may be wrong is not shown: it
//! is stale, and says why, until the next snapshot.
mod binance;
mod book;

mod fault;
mod itch;

mod json;
mod lines;
mod lobster;

mod scale;
mod symbols;

pub use binance::Binance;
pub use book::{ApplyTotals, BookBuilder, Ladder, Levels, NaiveLevels, NotLive, SortedLevels, Top};
pub use fault::FeedError;
pub use itch::{Framing, Itch};
pub use lobster::Lobster;

pub use scale::{Scale, ScaleError, Unscaled};
pub use symbols::{Listing, ListingError, Symbols};

use crate::layout::FeedEvent;

/// Bit of `FeedEvent.flags`: the first event of its message.
pub const FIRST: u16 = 1;
/// Bit of `FeedEvent.flags`: the last event of its message.
pub const LAST: u16 = 2;
/// Bit of `FeedEvent.flags`: `previous_id` is given.
pub const CHAINED: u16 = 4;
/// An event that is whole by itself.
pub const WHOLE: u16 = FIRST | LAST;
/// `FeedEvent.side` of an event about neither side.
pub const NO_SIDE: u8 = 2;
/// `FeedEvent.instrument` of an event about the whole market.
pub const WHOLE_MARKET: u16 = u16::MAX;

/// What a parser has read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedTotals {
    /// Messages, faulty and unknown ones included.
    pub messages: u64,
    /// Well-formed messages that say nothing that is used here.
    pub unknown: u64,
    /// Messages that were passed over as errors.
    pub faults: u64,
}

/// Reads one feed, from chunks that may be cut anywhere.
pub trait Parser {
    /// Reads on in `input`, which it shortens by what it used, to the end of one message, and appends the message's
    /// events. False when the input ran out before: what is left of it is kept. Errors: the message is passed over and
    /// has no event.
    fn next(&mut self, input: &mut &[u8], events: &mut Vec<FeedEvent>) -> Result<bool, FeedError>;

    /// The feed has ended: reads what is kept. False when nothing was.
    fn finish(&mut self, events: &mut Vec<FeedEvent>) -> Result<bool, FeedError>;

    /// The instruments it reads.
    fn symbols_mut(&mut self) -> &mut Symbols;

    /// What it has read so far.
    fn totals(&self) -> FeedTotals;
}

/// Marks the events of a message from `from` on as first and last.
fn mark_message(events: &mut [FeedEvent], from: usize) {
    if let Some(first) = events.get_mut(from) {
        first.flags |= FIRST;
    }
    if let Some(last) = events[from..].last_mut() {
        last.flags |= LAST;
    }
}
