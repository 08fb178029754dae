//! Exports of the matching engine.
use super::audit::AUDITS;
use super::books::known_side;
use super::buffer::{put, put_records, take_records};
use super::handles::{Object, Table, ENGINE};
use super::number::nanos;
use super::status::{guarded, Failure, Outcome};
use crate::book::{
    cancel_scope, CancelScope, DirectBook, ListingError, MatchingEngine, CHANGE_VERSION,
    COMMAND_VERSION, EVERY_INSTRUMENT,
};
use crate::gate::Journal;
use crate::layout::{
    code, record_type, venue_change_kind, BookOrder, DepthLevel, OrderCommand, SubmitCounts,
    VenueChange,
};
use crate::record::{bytes_of, Record};
use core::mem::size_of;

/// An engine behind a handle, and how much of what happened has been handed over.
pub struct EngineInUse {
    pub(super) engine: MatchingEngine<DirectBook>,
    commands: Vec<OrderCommand>,
    levels: Vec<DepthLevel>,
    pub(super) orders: Vec<BookOrder>,
    executions_taken: usize,
    ticks_taken: usize,
    /// Set while another handle's call works on it: still set after that, it was a panic that ended the work.
    pub(super) lent: bool,
    /// The log that its inputs are recorded in; `NO_LOG` when they are not.
    pub(super) records: u64,
}

/// `EngineInUse.records` of an engine that records nothing.
pub(super) const NO_LOG: u64 = 0;

impl Object for EngineInUse {
    fn is_sound(&self) -> bool {
        !self.lent
    }
}

pub static ENGINES: Table<EngineInUse> = Table::new(ENGINE);

/// The caller's two record buffers and the place for the counts.
pub(super) struct Out {
    pub executions: *mut u8,
    pub executions_length: u32,
    pub ticks: *mut u8,
    pub ticks_length: u32,
    pub counts: *mut u8,
    pub counts_length: u32,
}

impl Out {
    /// A call must not carry out commands whose outcome it cannot begin to report. `T` is the record of the counts.
    pub fn check<T: Record>(&self) -> Result<(), Failure> {
        if self.counts.is_null() || (self.counts_length as usize) < size_of::<T>() {
            return Err(code::BUFFER_TOO_SMALL.into());
        }
        let missing = |buffer: *mut u8, length: u32| buffer.is_null() && length > 0;
        if missing(self.executions, self.executions_length)
            || missing(self.ticks, self.ticks_length)
        {
            return Err(Failure::argument("a buffer is missing"));
        }
        Ok(())
    }
}

impl EngineInUse {
    /// Puts commands on record before they go into the books, where that is asked for: all of them, or the call fails and
    /// none is carried out.
    fn record_commands(&self) -> Result<(), Failure> {
        if self.records == NO_LOG {
            return Ok(());
        }
        let about = |command: &OrderCommand| (command.time, command.cause);
        let (kind, version) = (record_type::VENUE_INPUT, COMMAND_VERSION);
        AUDITS
            .lock(self.records)?
            .append_all(kind, version, &self.commands, about)
            .map_err(|_| Failure::from(code::IO))
    }

    /// The same for what is no command.
    pub(super) fn record(&self, change: &VenueChange) -> Result<(), Failure> {
        if self.records == NO_LOG {
            return Ok(());
        }
        let (kind, version) = (record_type::VENUE_INPUT, CHANGE_VERSION);
        AUDITS
            .lock(self.records)?
            .append(kind, version, change.time, 0, &[bytes_of(change)])?;
        Ok(())
    }

    /// Records that happened and have not been handed over.
    pub(super) fn waiting(&self) -> u32 {
        let counts = self.all_waiting();
        counts.waiting_executions + counts.waiting_ticks
    }

    /// The counts when nothing is handed over.
    pub(super) fn all_waiting(&self) -> SubmitCounts {
        let events = self.engine.events();
        SubmitCounts {
            waiting_executions: (events.executions.len() - self.executions_taken) as u32,
            waiting_ticks: (events.ticks.len() - self.ticks_taken) as u32,
            ..SubmitCounts::default()
        }
    }

    /// As [`Self::hand_over_records`], and writes the counts.
    ///
    /// # Safety
    /// The buffers of `out` can be written to their lengths.
    pub(super) unsafe fn hand_over(&mut self, out: &Out) -> Result<SubmitCounts, Failure> {
        // SAFETY: as promised by the caller.
        let counts = unsafe { self.hand_over_records(out) }?;
        // SAFETY: as promised by the caller.
        unsafe { put(out.counts, out.counts_length, bytes_of(&counts)) }?;
        Ok(counts)
    }

    /// Hands over what fits, oldest first, and forgets everything once all of it is handed over.
    ///
    /// # Safety
    /// The record buffers of `out` can be written to their lengths.
    pub(super) unsafe fn hand_over_records(&mut self, out: &Out) -> Result<SubmitCounts, Failure> {
        let events = self.engine.events();
        let executions = &events.executions[self.executions_taken..];
        let ticks = &events.ticks[self.ticks_taken..];
        // SAFETY: as promised by the caller.
        let executions_now =
            unsafe { put_records(out.executions, out.executions_length, executions) }?;
        // SAFETY: as promised by the caller.
        let ticks_now = unsafe { put_records(out.ticks, out.ticks_length, ticks) }?;
        let counts = SubmitCounts {
            executions: executions_now as u32,
            ticks: ticks_now as u32,
            waiting_executions: (executions.len() - executions_now) as u32,
            waiting_ticks: (ticks.len() - ticks_now) as u32,
        };
        self.executions_taken += executions_now;
        self.ticks_taken += ticks_now;
        if counts.waiting_executions == 0 && counts.waiting_ticks == 0 {
            self.engine.clear_events();
            self.executions_taken = 0;
            self.ticks_taken = 0;
        }
        Ok(counts)
    }
}

pub(super) fn waiting(counts: SubmitCounts) -> Outcome {
    Ok(i64::from(counts.waiting_executions) + i64::from(counts.waiting_ticks))
}

/// Makes an engine that lists nothing.
#[no_mangle]
pub extern "C" fn cwts_engine_create() -> i64 {
    guarded(|| {
        ENGINES.insert(EngineInUse {
            engine: MatchingEngine::new(),
            commands: Vec::new(),
            levels: Vec::new(),
            orders: Vec::new(),
            executions_taken: 0,
            ticks_taken: 0,
            lent: false,
            records: NO_LOG,
        })
    })
}

/// Lets an engine record everything that goes into its books in a log, before it does: from such a log they can be
/// recovered. The engine must be fresh, and the log stay open as long as it works.
#[no_mangle]
pub extern "C" fn cwts_engine_record(handle: u64, audit: u64) -> i32 {
    ENGINES.call(handle, |this| {
        drop(AUDITS.lock(audit)?);
        if !this.engine.is_fresh() {
            let sentence = "an engine records from its first input on: make a new one";
            return Err(Failure::argument(sentence));
        }
        this.records = audit;
        Ok(0)
    }) as i32
}

/// Lists an instrument; again does nothing.
#[no_mangle]
pub extern "C" fn cwts_engine_add_instrument(handle: u64, instrument: u32) -> i32 {
    ENGINES.call(handle, |this| {
        let refused = || Failure::argument(format!("instrument {instrument} is not below 65535"));
        let id = u16::try_from(instrument).map_err(|_| refused())?;
        if id != EVERY_INSTRUMENT && this.engine.book(id).is_none() {
            this.record(&VenueChange {
                kind: venue_change_kind::LISTED,
                instrument: id,
                ..VenueChange::default()
            })?;
        }
        match this.engine.add_instrument(id) {
            Ok(()) | Err(ListingError::AlreadyListed) => Ok(0),
            Err(ListingError::OutOfRange) => Err(refused()),
        }
    }) as i32
}

/// Carries out `count` `OrderCommand` records, fills the buffers with `Execution` and `MarketTick` records, writes a
/// `SubmitCounts`, and returns how many records wait because a buffer was full.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_submit(
    handle: u64,
    commands: *const u8,
    count: u32,
    executions: *mut u8,
    executions_length: u32,
    ticks: *mut u8,
    ticks_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let out = Out {
            executions,
            executions_length,
            ticks,
            ticks_length,
            counts,
            counts_length,
        };
        out.check::<SubmitCounts>()?;
        // SAFETY: as promised by the caller.
        unsafe { take_records(commands, count, &mut this.commands) }?;
        this.record_commands()?;
        for command in &this.commands {
            this.engine.submit(command);
        }
        // SAFETY: as promised by the caller.
        waiting(unsafe { this.hand_over(&out) }?)
    }) as i32
}

/// Fills the buffers with what waits, and returns how much still does.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_drain(
    handle: u64,
    executions: *mut u8,
    executions_length: u32,
    ticks: *mut u8,
    ticks_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let out = Out {
            executions,
            executions_length,
            ticks,
            ticks_length,
            counts,
            counts_length,
        };
        // SAFETY: as promised by the caller.
        waiting(unsafe { this.hand_over(&out) }?)
    }) as i32
}

/// Cancels what rests of an owner (4294967295: of everybody) in an instrument (65535: in all), hands over as
/// `cwts_engine_submit` does, and returns how many orders were cancelled.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_cancel_all(
    handle: u64,
    owner: u32,
    instrument: u32,
    time: f64,
    executions: *mut u8,
    executions_length: u32,
    ticks: *mut u8,
    ticks_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let out = Out {
            executions,
            executions_length,
            ticks,
            ticks_length,
            counts,
            counts_length,
        };
        out.check::<SubmitCounts>()?;
        let instrument = u16::try_from(instrument).map_err(|_| {
            Failure::argument(format!("instrument {instrument} is not below 65536"))
        })?;
        let time = nanos(time)?;
        this.record(&VenueChange {
            kind: venue_change_kind::CANCEL_ALL,
            instrument,
            owner,
            time,
            ..VenueChange::default()
        })?;
        let scope = cancel_scope(owner, instrument);
        let cancelled = this.engine.cancel_all(scope, time);
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(&out) }?;
        Ok(i64::from(cancelled))
    }) as i32
}

/// Cancels every open order of a self-trade group's owners, hands over as `cwts_engine_submit` does, and returns how many
/// orders were cancelled.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_cancel_group(
    handle: u64,
    group: u32,
    time: f64,
    executions: *mut u8,
    executions_length: u32,
    ticks: *mut u8,
    ticks_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let out = Out {
            executions,
            executions_length,
            ticks,
            ticks_length,
            counts,
            counts_length,
        };
        out.check::<SubmitCounts>()?;
        let time = nanos(time)?;
        this.record(&VenueChange {
            kind: venue_change_kind::CANCEL_GROUP,
            amount: i64::from(group),
            time,
            ..VenueChange::default()
        })?;
        let scope = CancelScope::Group(group);
        let cancelled = this.engine.cancel_all(scope, time);
        // SAFETY: as promised by the caller.
        unsafe { this.hand_over(&out) }?;
        Ok(i64::from(cancelled))
    }) as i32
}

/// Writes the best levels of a side as `DepthLevel` records, best first, as many as fit, and returns how many.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_depth(
    handle: u64,
    instrument: u32,
    side: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let side = known_side(side)?;
        let most = length as usize / size_of::<DepthLevel>();
        let listed = u16::try_from(instrument)
            .is_ok_and(|id| this.engine.depth(id, side, most, &mut this.levels));
        if !listed {
            return Err(Failure::argument(format!(
                "instrument {instrument} is not listed"
            )));
        }
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(out, length, &this.levels) }?;
        Ok(written as i64)
    }) as i32
}

/// Orders open in all books, resting or waiting.
#[no_mangle]
pub extern "C" fn cwts_engine_open_orders(handle: u64) -> i32 {
    ENGINES.call(handle, |this| Ok(this.engine.open_orders() as i64)) as i32
}

/// Writes the 8-byte state hash.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_state_hash(handle: u64, out: *mut u8, length: u32) -> i32 {
    ENGINES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &this.engine.state_hash().to_be_bytes()) }.map(|()| 0)
    }) as i32
}

/// Closes the engine.
#[no_mangle]
pub extern "C" fn cwts_engine_close(handle: u64) -> i32 {
    ENGINES.close(handle, |_| Ok(0)) as i32
}
