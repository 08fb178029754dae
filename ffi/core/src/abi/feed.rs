//! Exports of the parsers of market data feeds.
//!
//! A call uses up its input only as far as there is room for the events: `FeedCounts.consumed` says how far, and whoever
//! calls gives the rest again. Events of the last message that did not fit wait in the parser and come first with the next
//! call. A faulty message ends a call, so that its place among the events is known.
use super::buffer::{put, put_records, take, take_text};
use super::handles::{Object, Table, FEED};
use super::number::nanos;
use super::status::{guarded, Failure};
use crate::layout::{code, feed_kind, FeedCounts, FeedEvent};
use crate::market::{Binance, FeedError, Framing, Itch, Listing, Lobster, Parser, Scale};
use crate::record::bytes_of;
use core::mem::size_of;

/// A parser behind a handle.
pub struct FeedInUse {
    parser: Box<dyn Parser + Send>,
    input: Vec<u8>,
    /// Events of messages that were read; the first `taken` have been handed over.
    events: Vec<FeedEvent>,
    taken: usize,
    /// Set while another handle's call works on it: still set after that, it was a panic that ended the work.
    lent: bool,
}

impl Object for FeedInUse {
    fn is_sound(&self) -> bool {
        !self.lent
    }
}

pub static FEEDS: Table<FeedInUse> = Table::new(FEED);

impl FeedInUse {
    fn waiting(&self) -> usize {
        self.events.len() - self.taken
    }

    fn count_fault(counts: &mut FeedCounts, error: FeedError) {
        counts.fault = error.fault;
        counts.fault_position = error.position;
    }

    fn finish_counts(&self, counts: &mut FeedCounts) {
        let totals = self.parser.totals();
        counts.message = totals.messages;
        counts.unknown = totals.unknown;
        counts.faults = totals.faults;
    }

    /// Copies the caller's bytes.
    ///
    /// # Safety
    /// `length` bytes can be read at `bytes`.
    pub(super) unsafe fn take_input(
        &mut self,
        bytes: *const u8,
        length: u32,
    ) -> Result<(), Failure> {
        // SAFETY: as promised by the caller.
        unsafe { take(bytes, length, &mut self.input) }
    }

    /// Reads messages until the input is used up or one is faulty, and hands each one's events to `apply`, after those
    /// that wait.
    pub(super) fn read_into(&mut self, mut apply: impl FnMut(&[FeedEvent])) -> FeedCounts {
        let mut counts = FeedCounts::default();
        self.lent = true;
        counts.events = self.waiting() as u32;
        apply(&self.events[self.taken..]);
        self.events.clear();
        self.taken = 0;
        let mut rest = self.input.as_slice();
        loop {
            match self.parser.next(&mut rest, &mut self.events) {
                Ok(true) => {
                    counts.events += self.events.len() as u32;
                    apply(&self.events);
                    self.events.clear();
                }
                Ok(false) => break,
                Err(error) => {
                    Self::count_fault(&mut counts, error);
                    break;
                }
            }
        }
        counts.consumed = (self.input.len() - rest.len()) as u32;
        self.finish_counts(&mut counts);
        self.lent = false;
        counts
    }

    /// Reads messages until `room` events wait, the input is used up or a message is faulty.
    fn read_ahead(&mut self, room: usize) -> FeedCounts {
        let mut counts = FeedCounts::default();
        let mut rest = self.input.as_slice();
        while self.events.len() - self.taken < room {
            match self.parser.next(&mut rest, &mut self.events) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    Self::count_fault(&mut counts, error);
                    break;
                }
            }
        }
        counts.consumed = (self.input.len() - rest.len()) as u32;
        counts
    }

    /// Hands over what fits, oldest first, and writes the counts.
    ///
    /// # Safety
    /// The buffers can be written to their lengths.
    unsafe fn hand_over(
        &mut self,
        mut counts: FeedCounts,
        (events, events_length): (*mut u8, u32),
        (out, out_length): (*mut u8, u32),
    ) -> Result<i64, Failure> {
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(events, events_length, &self.events[self.taken..]) }?;
        self.taken += written;
        counts.events = written as u32;
        counts.waiting = self.waiting() as u32;
        if counts.waiting == 0 {
            self.events.clear();
            self.taken = 0;
        }
        self.finish_counts(&mut counts);
        // SAFETY: as promised by the caller.
        unsafe { put(out, out_length, bytes_of(&counts)) }?;
        Ok(i64::from(counts.events))
    }
}

/// A call must not read what it cannot report on. `T` is the record of the counts.
pub(super) fn room_for<T>(out: *mut u8, length: u32) -> Result<(), Failure> {
    if out.is_null() || (length as usize) < size_of::<T>() {
        return Err(code::BUFFER_TOO_SMALL.into());
    }
    Ok(())
}

fn missing(buffer: *mut u8, length: u32) -> Result<(), Failure> {
    if buffer.is_null() && length > 0 {
        return Err(Failure::argument("a buffer is missing"));
    }
    Ok(())
}

/// Makes a parser of a `FeedKind`. `midnight`: time (microseconds) from which feeds count that give times of day.
#[no_mangle]
pub extern "C" fn cwts_feed_create(kind: u32, midnight: f64) -> i64 {
    guarded(|| {
        let midnight = nanos(midnight)?;
        let parser: Box<dyn Parser + Send> = match kind {
            feed_kind::BINANCE => Box::new(Binance::new()),
            feed_kind::ITCH_FILE => Box::new(Itch::new(Framing::LengthPrefixed, midnight)),
            feed_kind::ITCH_BARE => Box::new(Itch::new(Framing::Bare, midnight)),
            feed_kind::LOBSTER => Box::new(Lobster::new(midnight)),
            _ => return Err(Failure::argument(format!("{kind} is not a kind of feed"))),
        };
        FEEDS.insert(FeedInUse {
            parser,
            input: Vec::new(),
            events: Vec::new(),
            taken: 0,
            lent: false,
        })
    })
}

/// Tells a parser of an instrument: its symbol as the feed writes it, its tick and its lot as decimals.
#[no_mangle]
pub unsafe extern "C" fn cwts_feed_add_symbol(
    handle: u64,
    instrument: u32,
    symbol: *const u8,
    symbol_length: u32,
    tick: *const u8,
    tick_length: u32,
    lot: *const u8,
    lot_length: u32,
) -> i32 {
    FEEDS.call(handle, |this| {
        // SAFETY: as promised by the caller.
        let symbol = unsafe { take_text(symbol, symbol_length) }?;
        // SAFETY: as promised by the caller.
        let (tick, lot) = unsafe { (take_text(tick, tick_length)?, take_text(lot, lot_length)?) };
        let scale = |text: &str| {
            Scale::of(text).map_err(|error| Failure::argument(format!("{text:?}: {error}")))
        };
        let listing = Listing {
            instrument: u16::try_from(instrument).unwrap_or(u16::MAX),
            tick: scale(&tick)?,
            lot: scale(&lot)?,
            symbol: symbol.as_bytes().into(),
        };
        let added = this.parser.symbols_mut().add(listing);
        added.map_err(|error| Failure::argument(format!("{symbol:?}: {error}")))?;
        Ok(0)
    }) as i32
}

/// Reads on in the feed and writes `FeedEvent` records, those that wait first, and a `FeedCounts`. Returns how many events.
#[no_mangle]
pub unsafe extern "C" fn cwts_feed_read(
    handle: u64,
    bytes: *const u8,
    length: u32,
    events: *mut u8,
    events_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    FEEDS.call(handle, |this| {
        room_for::<FeedCounts>(counts, counts_length)?;
        missing(events, events_length)?;
        // SAFETY: as promised by the caller.
        unsafe { this.take_input(bytes, length) }?;
        let counted = this.read_ahead(events_length as usize / size_of::<FeedEvent>());
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(counted, (events, events_length), (counts, counts_length)) }
    }) as i32
}

/// The feed has ended: reads what is left of it, and writes and returns as `cwts_feed_read` does.
#[no_mangle]
pub unsafe extern "C" fn cwts_feed_finish(
    handle: u64,
    events: *mut u8,
    events_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    FEEDS.call(handle, |this| {
        room_for::<FeedCounts>(counts, counts_length)?;
        missing(events, events_length)?;
        let mut counted = FeedCounts::default();
        if let Err(error) = this.parser.finish(&mut this.events) {
            FeedInUse::count_fault(&mut counted, error);
        }
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(counted, (events, events_length), (counts, counts_length)) }
    }) as i32
}

/// Closes the parser.
#[no_mangle]
pub extern "C" fn cwts_feed_close(handle: u64) -> i32 {
    FEEDS.close(handle, |_| Ok(0)) as i32
}
