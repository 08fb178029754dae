//! One book per instrument and the counters that run over all of them: the matching half of a venue.
//!
//! Records pile up in [`MatchingEngine::events`] until the caller clears them, so one call may carry a batch.
use super::events::{Events, Subject};
use super::rules;
use super::{Account, Book, OpenOrder, Whose};
use crate::image::{Image, Source};
use crate::layout::{
    code, command_kind, exec_type, BookOrder, DepthLevel, Indicative, OrderCommand, REFUSED_AT_DOOR,
};
use std::collections::BTreeMap;

/// As it stands in `OrderCommand.flags`.
const REFUSED: u16 = REFUSED_AT_DOOR as u16;

/// Instruments are numbered 0 to `INSTRUMENT_COUNT - 1`.
pub const INSTRUMENT_COUNT: u16 = u16::MAX;

/// Instrument of a `CancelOwner` that means every book.
pub const EVERY_INSTRUMENT: u16 = u16::MAX;

/// Whose orders [`MatchingEngine::cancel_all`] cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelScope {
    /// Everything an owner has, in every book.
    Owner(u32),
    /// Everything the owners of a self-trade group have, in every book.
    Group(u32),
    /// Everything in one book; nothing when it is not listed.
    Instrument(u16),
    /// What an owner has in one book; nothing when it is not listed.
    OwnerInInstrument(u32, u16),
    Everything,
}

/// Why an instrument could not be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingError {
    /// The id is not below `INSTRUMENT_COUNT`.
    OutOfRange,
    /// The instrument already has a book.
    AlreadyListed,
}

/// Books by instrument.
pub struct MatchingEngine<B> {
    books: Vec<Option<Box<B>>>,
    /// Self-trade groups by owner, for the books that are listed later.
    groups: BTreeMap<u32, u32>,
    events: Events,
}

impl<B: Book> Default for MatchingEngine<B> {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything but records that nobody has taken yet: they are lost with the process.
impl<B: Book + Image> Image for MatchingEngine<B> {
    fn put(&self, out: &mut Vec<u8>) {
        self.events.venue_sequence().put(out);
        self.events.matches().put(out);
        self.groups.put(out);
        let listed: Vec<u16> = self.instruments().collect();
        listed.put(out);
        self.books.iter().flatten().for_each(|book| book.put(out));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let mut engine = Self {
            events: Events::after(u64::take(from)?, u64::take(from)?),
            groups: BTreeMap::take(from)?,
            books: Vec::new(),
        };
        for instrument in Vec::<u16>::take(from)? {
            engine.add_instrument(instrument).ok()?;
            engine.books[usize::from(instrument)] = Some(Box::new(B::take(from)?));
        }
        Some(engine)
    }
}

impl<B: Book> MatchingEngine<B> {
    /// An engine that lists nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            books: Vec::new(),
            groups: BTreeMap::new(),
            events: Events::new(),
        }
    }

    /// Lists an instrument with an empty book.
    pub fn add_instrument(&mut self, instrument: u16) -> Result<(), ListingError> {
        if instrument == EVERY_INSTRUMENT {
            return Err(ListingError::OutOfRange);
        }
        let index = usize::from(instrument);
        if index >= self.books.len() {
            self.books.resize_with(index + 1, || None);
        }
        let place = &mut self.books[index];
        if place.is_some() {
            return Err(ListingError::AlreadyListed);
        }
        let mut book = Box::new(B::new(instrument));
        for (owner, group) in &self.groups {
            book.set_group(*owner, *group);
        }
        *place = Some(book);
        Ok(())
    }

    /// The book of an instrument, if it is listed.
    #[must_use]
    pub fn book(&self, instrument: u16) -> Option<&B> {
        self.books.get(usize::from(instrument))?.as_deref()
    }

    /// Listed instruments, ascending.
    pub fn instruments(&self) -> impl Iterator<Item = u16> + '_ {
        (0..INSTRUMENT_COUNT)
            .zip(&self.books)
            .filter_map(|(instrument, book)| book.is_some().then_some(instrument))
    }

    /// Carries out one command; what happened is appended to [`events`](Self::events). A command for an instrument
    /// that is not listed is refused with `VENUE_UNKNOWN_INSTRUMENT`: `Rejected` for a new order or an unknown kind,
    /// else `CancelRejected`.
    ///
    /// A command that the venue has flagged `REFUSED_AT_DOOR` is refused with `VENUE_KILLED` and touches no book: it is
    /// here only to be answered in its turn and with the venue's numbering.
    #[inline]
    pub fn submit(&mut self, command: &OrderCommand) {
        if command.flags & REFUSED != 0 {
            self.refuse_at_door(command);
            return;
        }
        match self.books.get_mut(usize::from(command.instrument)) {
            Some(Some(book)) => book.submit(command, &mut self.events),
            _ => self.submit_beside_books(command),
        }
    }

    #[cold]
    fn refuse_at_door(&mut self, command: &OrderCommand) {
        if command.kind == command_kind::NEW {
            self.events
                .rejected(command.instrument, command, code::VENUE_KILLED);
        } else {
            self.events
                .cancel_rejected(command.instrument, command, code::VENUE_KILLED);
        }
    }

    #[cold]
    fn submit_beside_books(&mut self, command: &OrderCommand) {
        let is_mass_cancel = command.kind == command_kind::CANCEL_OWNER;
        if is_mass_cancel && command.instrument == EVERY_INSTRUMENT {
            self.cancel_all(CancelScope::Owner(command.owner), command.time);
            return;
        }
        let (instrument, reason) = (command.instrument, code::VENUE_UNKNOWN_INSTRUMENT);
        match command.kind {
            command_kind::CANCEL | command_kind::AMEND => {
                self.events.cancel_rejected(instrument, command, reason);
            }
            command_kind::CANCEL_OWNER => {
                let subject = Subject {
                    order_id: command.order_id,
                    side: command.side,
                    owner: command.owner,
                    price: 0,
                };
                let kind = exec_type::CANCEL_REJECTED;
                self.events
                    .report(kind, reason, instrument, command.time, subject, 0, 0);
            }
            _ => self.events.rejected(instrument, command, reason),
        }
    }

    /// Cancels every open order in `scope`, instruments ascending, each book's best-price tick after its orders.
    /// Returns how many orders were cancelled.
    pub fn cancel_all(&mut self, scope: CancelScope, time: i64) -> u32 {
        let (whose, only) = match scope {
            CancelScope::Owner(owner) => (Whose::Owner(owner), None),
            CancelScope::Group(group) => (Whose::Group(group), None),
            CancelScope::Instrument(instrument) => (Whose::Everybody, Some(instrument)),
            CancelScope::OwnerInInstrument(owner, instrument) => {
                (Whose::Owner(owner), Some(instrument))
            }
            CancelScope::Everything => (Whose::Everybody, None),
        };
        let books = match only {
            Some(instrument) => {
                let index = usize::from(instrument);
                self.books.get_mut(index..=index).unwrap_or_default()
            }
            None => &mut self.books[..],
        };
        let mut cancelled = 0;
        for book in books.iter_mut().flatten() {
            cancelled += book.cancel_all(whose, time, &mut self.events);
        }
        cancelled
    }

    /// Ends what is due in every book, instruments ascending.
    pub fn advance(&mut self, time: i64) {
        for book in self.books.iter_mut().flatten() {
            book.advance(time, &mut self.events);
        }
    }

    /// Changes the trading state of a market.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` for a number that is no state; `VENUE_UNKNOWN_INSTRUMENT` when the instrument is not listed.
    pub fn set_state(&mut self, instrument: u16, state: u8, time: i64) -> Result<(), u32> {
        match self.books.get_mut(usize::from(instrument)) {
            Some(Some(book)) => book.set_state(state, time, &mut self.events),
            _ => Err(code::VENUE_UNKNOWN_INSTRUMENT),
        }
    }

    /// The trading state of a market, if it is listed.
    #[must_use]
    pub fn state(&self, instrument: u16) -> Option<u8> {
        Some(self.book(instrument)?.state())
    }

    /// Where a market would uncross now; all zero when it is not crossed. `None` when it is not listed.
    #[must_use]
    pub fn indicative(&self, instrument: u16) -> Option<Indicative> {
        Some(self.book(instrument)?.indicative())
    }

    /// Puts an owner into a self-trade group, in every book, also in those that are listed later.
    pub fn set_group(&mut self, owner: u32, group: u32) {
        self.groups.insert(owner, group);
        for book in self.books.iter_mut().flatten() {
            book.set_group(owner, group);
        }
    }

    /// Sets an owner's position in a market. False when it is not listed.
    pub fn set_position(&mut self, instrument: u16, owner: u32, lots: i64) -> bool {
        match self.books.get_mut(usize::from(instrument)) {
            Some(Some(book)) => {
                book.set_position(owner, lots);
                true
            }
            _ => false,
        }
    }

    /// What a market knows of an owner; `None` when it is not listed.
    #[must_use]
    pub fn account(&self, instrument: u16, owner: u32) -> Option<Account> {
        Some(self.book(instrument)?.account(owner))
    }

    /// Replaces the contents of `out` by the first orders of a side, as shown. False, and `out` empty, when the
    /// instrument is not listed.
    pub fn orders(
        &self,
        instrument: u16,
        side: u8,
        orders: usize,
        out: &mut Vec<BookOrder>,
    ) -> bool {
        out.clear();
        match self.book(instrument) {
            Some(book) => {
                book.orders(side, orders, out);
                true
            }
            None => false,
        }
    }

    /// The open order of that id in a market, resting or waiting.
    #[must_use]
    pub fn find(&self, instrument: u16, order_id: u64) -> Option<OpenOrder> {
        self.book(instrument)?.find(order_id)
    }

    /// What happened since [`clear_events`](Self::clear_events), oldest first, and the venue's counters.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Forgets the records; keeps the buffers and the counters.
    #[inline]
    pub fn clear_events(&mut self) {
        self.events.clear();
    }

    /// The best price level of a side; `None` when it is empty or the instrument is not listed.
    #[must_use]
    pub fn best(&self, instrument: u16, side: u8) -> Option<DepthLevel> {
        self.book(instrument)?.best(side)
    }

    /// Replaces the contents of `out` by the `levels` best price levels of a side, best first. False, and `out` empty,
    /// when the instrument is not listed.
    pub fn depth(
        &self,
        instrument: u16,
        side: u8,
        levels: usize,
        out: &mut Vec<DepthLevel>,
    ) -> bool {
        out.clear();
        match self.book(instrument) {
            Some(book) => {
                book.depth(side, levels, out);
                true
            }
            None => false,
        }
    }

    /// Whether nothing was ever listed in it or asked of it.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.books.is_empty() && self.groups.is_empty() && self.events.venue_sequence() == 0
    }

    /// Open orders over all books.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.books
            .iter()
            .flatten()
            .map(|book| book.open_orders())
            .sum()
    }

    /// Equal for engines with equal books and equal counters, whatever the implementation. Visits every order.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = rules::fold(self.events.venue_sequence(), self.events.matches());
        for (instrument, book) in (0u64..).zip(&self.books) {
            if let Some(book) = book {
                hash = rules::fold(rules::fold(hash, instrument), book.state_hash());
            }
        }
        hash
    }
}
