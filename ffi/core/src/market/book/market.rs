//! The book of one instrument and where it stands in its feed.
//!
//! Feeds of levels, by Binance's published rules:
//!
//! 1. Until a snapshot comes, updates are kept.
//! 2. Of the kept ones, those that the snapshot has already are dropped.
//! 3. The first one applied must join the snapshot, each later one must continue the one before ([`Head`]).
//! 4. After a whole message the best bid must be below the best ask.
//!
//! Feeds of orders: the book is live from the moment it is known to be empty (`Clear`) or whole (a snapshot). Every order
//! that is meant must be there, with as many lots as are taken from it. An order the book does not know by its reference
//! may be part of a level from a snapshot, if the event says where it rests.
//!
//! What breaks a rule makes the book stale: it is emptied, and nothing is shown until it is whole again.
mod by_order;

use super::kept::{Head, Kept};
use super::levels::{key_of, Levels};
use super::orders::Orders;
use super::ApplyTotals;
use crate::book::fold;
use crate::layout::{book_fault, book_state, feed_event_kind as kind, side, BookChange, FeedEvent};
use crate::market::{FIRST, LAST, NO_SIDE};

/// What is done with the rest of the message at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    /// None is at hand.
    None,
    Apply,
    Keep,
    /// A snapshot that becomes the book.
    Snapshot,
    /// Nothing.
    Pass,
}

/// What calls have in common: where changes are reported and counted.
pub(super) struct Report<'a> {
    pub changes: &'a mut Vec<BookChange>,
    pub totals: &'a mut ApplyTotals,
}

#[derive(Debug)]
pub(super) struct Market<L> {
    pub instrument: u16,
    pub state: u8,
    pub fault: u8,
    pub losses: u32,
    pub level_updates: u64,
    pub dropped: u64,
    pub last_id: u64,
    pub since: i64,
    /// Orders known by reference.
    pub orders: u64,
    /// Whether a crossed book would be wrong.
    trading: bool,
    message: Message,
    /// Head of the message at hand.
    head: Head,
    /// Between a snapshot and the first update after it, which has to join it.
    joining: bool,
    kept: Kept,
    /// Where in `kept` what the snapshot at hand lacks begins.
    fresh: Option<usize>,
    sides: [L; 2],
}

impl<L: Levels> Market<L> {
    pub fn new(instrument: u16) -> Self {
        Self {
            instrument,
            state: book_state::WAITING,
            fault: book_fault::NO_SNAPSHOT,
            losses: 0,
            level_updates: 0,
            dropped: 0,
            last_id: 0,
            since: 0,
            orders: 0,
            trading: true,
            message: Message::None,
            head: Head::default(),
            joining: false,
            kept: Kept::default(),
            fresh: None,
            sides: [L::default(), L::default()],
        }
    }

    pub fn is_live(&self) -> bool {
        self.state == book_state::LIVE
    }

    pub fn side(&self, side: u8) -> &L {
        &self.sides[usize::from(side)]
    }

    /// Best price of a side; 0 for none.
    #[inline]
    pub fn best(&self, side: u8) -> i64 {
        self.side(side).best().map_or(0, |key| key_of(side, key))
    }

    #[inline]
    pub fn is_crossed(&self) -> bool {
        match (self.sides[0].best(), self.sides[1].best()) {
            (Some(bid), Some(ask)) => bid >= !ask,
            _ => false,
        }
    }

    pub fn kept_messages(&self) -> u32 {
        self.kept.messages()
    }

    /// Equal for equal books in equal states.
    pub fn state_hash(&self) -> u64 {
        let mut hash = fold(
            u64::from(self.state) << 8 | u64::from(self.fault),
            self.last_id,
        );
        for levels in &self.sides {
            hash = fold(hash, levels.len() as u64);
            levels.for_each(&mut |key, quantity| {
                hash = fold(fold(hash, key as u64), quantity as u64);
                true
            });
        }
        fold(hash, self.orders)
    }

    /// An event of a message of levels.
    #[inline]
    pub fn on_level(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if event.flags & FIRST != 0 {
            self.begin(event, orders, report);
        } else if self.message == Message::None {
            self.torn(event, orders, report);
        }
        match self.message {
            Message::Apply => {
                if self.set_level(event) {
                    self.level_updates += 1;
                    report.totals.level_updates += 1;
                } else if event.side != NO_SIDE {
                    self.lose(book_fault::MALFORMED, event, orders, report);
                    self.message = Message::Pass;
                }
            }
            Message::Keep if !self.kept.push(event) => self.message = Message::Pass,
            _ => {}
        }
        if event.flags & LAST != 0 {
            self.end(event, orders, report);
        }
    }

    #[inline]
    fn begin(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if self.message != Message::None {
            self.torn(event, orders, report);
        }
        let head = Head::of(event);
        self.head = head;
        self.message = if !self.is_live() {
            self.keep(head, report);
            Message::Keep
        } else if !self.joining && head.continues(self.last_id) {
            Message::Apply
        } else {
            self.begin_rare(head, event, orders, report)
        };
    }

    #[cold]
    fn begin_rare(
        &mut self,
        head: Head,
        event: &FeedEvent,
        orders: &mut Orders,
        report: &mut Report<'_>,
    ) -> Message {
        if self.joining && head.is_stale(self.last_id) {
            self.dropped += 1;
            report.totals.dropped += 1;
            return Message::Pass;
        }
        if self.joining && head.joins(self.last_id) {
            self.joining = false;
            return Message::Apply;
        }
        let fault = if self.joining {
            book_fault::NOT_JOINED
        } else {
            book_fault::GAP
        };
        self.lose(fault, event, orders, report);
        self.keep(head, report);
        Message::Keep
    }

    fn keep(&mut self, head: Head, report: &mut Report<'_>) {
        self.kept.begin(head);
        report.totals.kept += 1;
    }

    /// Sets a level; false when the event has no meaning.
    #[inline]
    fn set_level(&mut self, event: &FeedEvent) -> bool {
        if event.side >= NO_SIDE || event.price <= 0 || event.quantity < 0 {
            return false;
        }
        let key = key_of(event.side, event.price);
        self.sides[usize::from(event.side)].set(key, event.quantity);
        true
    }

    #[inline]
    fn end(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        match core::mem::replace(&mut self.message, Message::None) {
            Message::Apply => {
                self.last_id = self.head.last;
                if self.is_crossed() && self.trading {
                    self.lose(book_fault::CROSSED, event, orders, report);
                }
            }
            Message::Keep => self.kept.end(),
            _ => {}
        }
    }

    /// A message that is not whole: nothing that rests on it can be trusted.
    #[cold]
    fn torn(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if self.is_live() {
            self.lose(book_fault::TORN, event, orders, report);
        } else {
            // A snapshot has overwritten the book, and a kept message lacks a part.
            self.empty(orders);
        }
        self.kept.clear();
        self.message = Message::Pass;
    }

    /// An event of a snapshot.
    pub fn on_snapshot(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if event.flags & FIRST != 0 {
            if self.message != Message::None {
                self.torn(event, orders, report);
            }
            self.message = self.begin_snapshot(event, orders, report);
        } else if self.message == Message::None {
            self.torn(event, orders, report);
        }
        if self.message == Message::Snapshot && !self.set_level(event) && event.side != NO_SIDE {
            self.empty(orders);
            self.fault = book_fault::MALFORMED;
            self.message = Message::Pass;
        }
        if event.flags & LAST != 0 {
            match core::mem::replace(&mut self.message, Message::None) {
                Message::Snapshot => self.end_snapshot(event, orders, report),
                Message::Keep => self.kept.end(),
                Message::Apply => self.torn(event, orders, report),
                _ => {}
            }
        }
    }

    fn begin_snapshot(
        &mut self,
        event: &FeedEvent,
        orders: &mut Orders,
        report: &mut Report<'_>,
    ) -> Message {
        // A snapshot knows fewer levels than a book that is kept, so a live one is not replaced.
        if self.is_live() {
            self.dropped += 1;
            report.totals.dropped += 1;
            return Message::Pass;
        }
        let id = event.order_id;
        let fresh = self.kept.fresh(id);
        if fresh.is_some_and(|(_, head)| !head.joins(id)) {
            self.fault = book_fault::SNAPSHOT_TOO_OLD;
            self.dropped += 1;
            report.totals.dropped += 1;
            return Message::Pass;
        }
        self.fresh = fresh.map(|(at, _)| at);
        self.head.last = id;
        self.empty(orders);
        Message::Snapshot
    }

    fn end_snapshot(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        self.last_id = self.head.last;
        self.joining = self.fresh.is_none();
        let kept = core::mem::take(&mut self.kept);
        for update in kept.events_from(self.fresh) {
            if self.set_level(update) {
                self.level_updates += 1;
                report.totals.level_updates += 1;
            }
            self.last_id = update.order_id;
        }
        self.kept = kept;
        self.kept.clear();
        self.become_live(event, report);
        if self.is_crossed() && self.trading {
            self.lose(book_fault::CROSSED, event, orders, report);
        }
    }

    fn become_live(&mut self, event: &FeedEvent, report: &mut Report<'_>) {
        self.state = book_state::LIVE;
        self.fault = book_fault::NONE;
        self.since = event.local_time;
        report.changes.push(BookChange {
            found_id: 0,
            ..self.change(event)
        });
    }

    fn change(&self, event: &FeedEvent) -> BookChange {
        BookChange {
            instrument: self.instrument,
            state: self.state,
            fault: self.fault,
            time: event.local_time,
            last_id: self.last_id,
            bid: self.best(side::BUY),
            ask: self.best(side::SELL),
            ..BookChange::default()
        }
    }

    /// The live book is not what the exchange has any more.
    #[cold]
    fn lose(&mut self, fault: u8, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if !self.is_live() {
            return;
        }
        self.state = book_state::STALE;
        self.fault = fault;
        self.since = event.local_time;
        self.losses += 1;
        let by_order = event.kind >= kind::ADD;
        report.changes.push(BookChange {
            last_id: if by_order {
                event.order_id
            } else {
                self.last_id
            },
            found_id: if fault == book_fault::GAP || fault == book_fault::NOT_JOINED {
                Head::of(event).begins()
            } else {
                0
            },
            ..self.change(event)
        });
        self.joining = false;
        self.kept.clear();
        self.empty(orders);
    }

    fn empty(&mut self, orders: &mut Orders) {
        for levels in &mut self.sides {
            levels.clear();
        }
        if self.orders > 0 {
            let instrument = self.instrument;
            orders.retain(|(of, _), _| *of != instrument);
            self.orders = 0;
        }
    }

    /// The book is known to be empty.
    pub fn on_clear(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        self.empty(orders);
        self.kept.clear();
        self.message = Message::None;
        self.joining = false;
        self.last_id = 0;
        self.trading = event.quantity != 0;
        if !self.is_live() {
            self.become_live(event, report);
        }
    }

    /// Trading began or stopped.
    pub fn on_state(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        self.trading = event.quantity != 0;
        if self.trading && self.is_live() && self.message == Message::None && self.is_crossed() {
            self.lose(book_fault::CROSSED, event, orders, report);
        }
    }
}
