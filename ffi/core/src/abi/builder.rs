//! Exports of the books that are built from market data feeds.
//!
//! Calls that apply events write the `BookChange` records of books that became live or were lost; what does not fit waits
//! and comes first with the next call.
use super::books::known_side;
use super::buffer::{put, put_records, take_records};
use super::feed::{room_for, FEEDS};
use super::handles::{Object, Table, BUILDER};
use super::status::{guarded, Failure};
use crate::layout::{code, ApplyCounts, DepthLevel, FeedCounts, FeedEvent, MarketTick};
use crate::market::{ApplyTotals, BookBuilder, NotLive};
use crate::record::bytes_of;
use core::mem::size_of;

/// A builder behind a handle.
pub struct BuilderInUse {
    builder: BookBuilder,
    events: Vec<FeedEvent>,
    levels: Vec<DepthLevel>,
    changes_taken: usize,
}

impl Object for BuilderInUse {}

pub static BUILDERS: Table<BuilderInUse> = Table::new(BUILDER);

fn missing(buffer: *mut u8, length: u32) -> Result<(), Failure> {
    if buffer.is_null() && length > 0 {
        return Err(Failure::argument("a buffer is missing"));
    }
    Ok(())
}

impl From<NotLive> for Failure {
    fn from(why: NotLive) -> Self {
        match why {
            NotLive::Unlisted => Self::argument("the instrument has no book"),
            NotLive::Fault(_) => code::BOOK_NOT_LIVE.into(),
        }
    }
}

impl BuilderInUse {
    /// Hands over the changes that fit, oldest first, and writes what was done since `before`.
    ///
    /// # Safety
    /// The buffers can be written to their lengths.
    unsafe fn hand_over(
        &mut self,
        before: ApplyTotals,
        (changes, changes_length): (*mut u8, u32),
        (out, out_length): (*mut u8, u32),
    ) -> Result<(), Failure> {
        let waiting = &self.builder.changes()[self.changes_taken..];
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(changes, changes_length, waiting) }?;
        let left = waiting.len() - written;
        self.changes_taken += written;
        if left == 0 {
            self.builder.clear_changes();
            self.changes_taken = 0;
        }
        let now = self.builder.totals();
        let counts = ApplyCounts {
            changes: written as u32,
            waiting_changes: left as u32,
            level_updates: (now.level_updates - before.level_updates) as u32,
            dropped: (now.dropped - before.dropped) as u32,
            kept: (now.kept - before.kept) as u32,
            unlisted: (now.unlisted - before.unlisted) as u32,
            reserved: 0,
        };
        // SAFETY: as promised by the caller.
        unsafe { put(out, out_length, bytes_of(&counts)) }
    }
}

fn instrument_of(number: u32) -> Result<u16, Failure> {
    u16::try_from(number).map_err(|_| NotLive::Unlisted.into())
}

/// Makes a builder without books.
#[no_mangle]
pub extern "C" fn cwts_builder_create() -> i64 {
    guarded(|| {
        BUILDERS.insert(BuilderInUse {
            builder: BookBuilder::new(),
            events: Vec::new(),
            levels: Vec::new(),
            changes_taken: 0,
        })
    })
}

/// Begins to build the book of an instrument; again does nothing.
#[no_mangle]
pub extern "C" fn cwts_builder_add_instrument(handle: u64, instrument: u32) -> i32 {
    BUILDERS.call(handle, |this| {
        let id = u16::try_from(instrument).unwrap_or(u16::MAX);
        if this.builder.add_instrument(id) {
            Ok(0)
        } else {
            let sentence = format!("instrument {instrument} is not below 65535");
            Err(Failure::argument(sentence))
        }
    }) as i32
}

/// Applies `count` `FeedEvent` records; writes `BookChange` records and an `ApplyCounts`. Returns the changes that wait.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_apply(
    handle: u64,
    events: *const u8,
    count: u32,
    changes: *mut u8,
    changes_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    BUILDERS.call(handle, |this| {
        room_for::<ApplyCounts>(counts, counts_length)?;
        missing(changes, changes_length)?;
        // SAFETY: as promised by the caller.
        unsafe { take_records(events, count, &mut this.events) }?;
        let before = this.builder.totals();
        this.builder.apply(&this.events);
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(before, (changes, changes_length), (counts, counts_length)) }?;
        Ok((this.builder.changes().len() - this.changes_taken) as i64)
    }) as i32
}

/// Reads on in a parser's feed and applies its events at once, without handing them out: writes `BookChange` records, a
/// `FeedCounts` of what was read, whose `events` were applied, and an `ApplyCounts`. Returns the changes that wait.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_feed(
    handle: u64,
    feed: u64,
    bytes: *const u8,
    length: u32,
    changes: *mut u8,
    changes_length: u32,
    read: *mut u8,
    read_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    BUILDERS.call(handle, |this| {
        room_for::<FeedCounts>(read, read_length)?;
        room_for::<ApplyCounts>(counts, counts_length)?;
        missing(changes, changes_length)?;
        let mut feed = FEEDS.lock(feed)?;
        // SAFETY: as promised by the caller.
        unsafe { feed.take_input(bytes, length) }?;
        let before = this.builder.totals();
        let done = feed.read_into(|events| this.builder.apply(events));
        // SAFETY: as promised by the caller.
        unsafe { put(read, read_length, bytes_of(&done)) }?;
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(before, (changes, changes_length), (counts, counts_length)) }?;
        Ok((this.builder.changes().len() - this.changes_taken) as i64)
    }) as i32
}

/// Writes the best prices of a live book as a `MarketTick`. `BOOK_NOT_LIVE` for one that is not.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_top(
    handle: u64,
    instrument: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    BUILDERS.call(handle, |this| {
        let instrument = instrument_of(instrument)?;
        let top = this.builder.top(instrument)?;
        let tick = MarketTick {
            instrument,
            bid: top.bid,
            bid_quantity: top.bid_quantity,
            ask: top.ask,
            ask_quantity: top.ask_quantity,
            ..MarketTick::default()
        };
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&tick)) }.map(|()| 0)
    }) as i32
}

/// Writes the best levels of a side of a live book as `DepthLevel` records, best first, as many as fit, and returns how
/// many. `BOOK_NOT_LIVE` for a book that is not.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_depth(
    handle: u64,
    instrument: u32,
    side: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    BUILDERS.call(handle, |this| {
        let side = known_side(side)?;
        let instrument = instrument_of(instrument)?;
        let most = length as usize / size_of::<DepthLevel>();
        this.builder
            .depth(instrument, side, most, &mut this.levels)?;
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(out, length, &this.levels) }?;
        Ok(written as i64)
    }) as i32
}

/// Writes a `BookStatus`.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_status(
    handle: u64,
    instrument: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    BUILDERS.call(handle, |this| {
        let status = this.builder.status(instrument_of(instrument)?);
        let status = status.ok_or(NotLive::Unlisted)?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&status)) }.map(|()| 0)
    }) as i32
}

/// Writes the 8-byte state hash.
#[no_mangle]
pub unsafe extern "C" fn cwts_builder_state_hash(handle: u64, out: *mut u8, length: u32) -> i32 {
    BUILDERS.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &this.builder.state_hash().to_be_bytes()) }.map(|()| 0)
    }) as i32
}

/// Closes the builder.
#[no_mangle]
pub extern "C" fn cwts_builder_close(handle: u64) -> i32 {
    BUILDERS.close(handle, |_| Ok(0)) as i32
}
