//! Exports of the order gate.
use super::audit::AUDITS;
use super::buffer::{put, put_records, take, take_record, take_records};
use super::control::CONTROLS;
use super::handles::{Object, Table, GATE};
use super::number::{count, nanos, whole};
use super::status::{guarded, Failure};
use super::{put_text, NONE};
use crate::gate::{Gate, Reference, CHECKS, MOST_ROOM, USUAL_ROOM};
use crate::layout::{code, Execution, GateDecision, GateOrder, OrderCommand, ParentOrder};
use crate::record::bytes_of;
use core::mem::size_of;

/// A gate behind a handle, and the log and page it works with.
pub struct GateInUse {
    pub(super) gate: Gate,
    pub(super) audit: u64,
    pub(super) control: u64,
    pub(super) commands: Vec<OrderCommand>,
    pub(super) decisions: Vec<GateDecision>,
    reports: Vec<Execution>,
    fact: Vec<u8>,
    parents: Vec<ParentOrder>,
}

impl Object for GateInUse {}

pub static GATES: Table<GateInUse> = Table::new(GATE);

fn no_node(node: u32) -> Failure {
    Failure::argument(format!("the gate has no scope {node}"))
}

fn instrument_id(instrument: u32) -> Result<u16, Failure> {
    u16::try_from(instrument)
        .map_err(|_| Failure::argument(format!("instrument {instrument} is not below 65536")))
}

/// Makes a gate that records to a log and obeys a page. Both must stay open as long as it decides. It can count `pairs`
/// pairs of node and instrument, at most 16 777 216, 0 for the usual number; a strategy in an instrument needs up to four.
#[no_mangle]
pub extern "C" fn cwts_gate_create(audit: u64, control: u64, pairs: u32) -> i64 {
    guarded(|| {
        drop(AUDITS.lock(audit)?);
        drop(CONTROLS.lock(control)?);
        let room = if pairs == 0 {
            USUAL_ROOM
        } else {
            pairs as usize
        };
        if room > MOST_ROOM {
            let sentence = format!("room for {pairs} pairs is more than {MOST_ROOM}");
            return Err(Failure::argument(sentence));
        }
        GATES.insert(GateInUse {
            gate: Gate::with_room(room),
            audit,
            control,
            commands: Vec::new(),
            decisions: Vec::new(),
            reports: Vec::new(),
            fact: Vec::new(),
            parents: Vec::new(),
        })
    })
}

/// Loads one `InstrumentRules` record.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_instrument(
    handle: u64,
    rules: *const u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        let rules = unsafe { take_record(rules, length) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        this.gate
            .set_instrument(&mut *audit, &rules, nanos(time)?)?;
        Ok(0)
    }) as i32
}

/// Loads one `StrategyLimits` record.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_limits(
    handle: u64,
    limits: *const u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        let limits = unsafe { take_record(limits, length) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        this.gate.set_limits(&mut *audit, &limits, nanos(time)?)?;
        Ok(0)
    }) as i32
}

/// Puts one `GateScope` into the tree and returns its node.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_scope(
    handle: u64,
    scope: *const u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        let scope = unsafe { take_record(scope, length) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        let node = this.gate.add_scope(&mut *audit, &scope, nanos(time)?)?;
        Ok(i64::from(node))
    }) as i32
}

/// Loads one `ScopeLimits` record.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_scope_limits(
    handle: u64,
    limits: *const u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        let limits = unsafe { take_record(limits, length) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        this.gate
            .set_scope_limits(&mut *audit, &limits, nanos(time)?)?;
        Ok(0)
    }) as i32
}

/// Writes the names of all checks in the order in which they are made, one to a line, cut to `length` bytes, and returns
/// how many bytes it wrote. `GateDecision.check` is a place in this list.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_checks(out: *mut u8, length: u32) -> i32 {
    let names: Vec<_> = CHECKS.iter().map(|row| row.name).collect();
    // SAFETY: as promised by the caller.
    unsafe { put_text(out, length, &names.join("\n")) }
}

/// Tells the gate one fact: the record that `FactKind` names for `kind`.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_tell(
    handle: u64,
    kind: u32,
    fact: *const u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { take(fact, length, &mut this.fact) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        this.gate
            .tell(&mut *audit, kind, &this.fact, nanos(time)?)?;
        Ok(0)
    }) as i32
}

/// Opens `count` `ParentOrder` records as one basket, all or none; writes one `GateDecision`, and returns its code.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_parents(
    handle: u64,
    parents: *const u8,
    count: u32,
    decision: *mut u8,
    length: u32,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        if (length as usize) < size_of::<GateDecision>() {
            return Err(code::BUFFER_TOO_SMALL.into());
        }
        // SAFETY: as promised by the caller.
        unsafe { take_records(parents, count, &mut this.parents) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        let verdict = this
            .gate
            .open_parents(&mut *audit, &this.parents, nanos(time)?);
        // SAFETY: as promised by the caller.
        unsafe { put(decision, length, bytes_of(&verdict)) }?;
        Ok(i64::from(verdict.code))
    }) as i32
}

/// Sets best prices and last trade of an instrument, in ticks, 0 for none.
#[no_mangle]
pub extern "C" fn cwts_gate_reference(
    handle: u64,
    instrument: u32,
    bid: f64,
    ask: f64,
    last: f64,
    time: f64,
) -> i32 {
    GATES.call(handle, |this| {
        let reference = Reference {
            bid: whole(bid, "bid")?,
            ask: whole(ask, "ask")?,
            last: whole(last, "last price")?,
            time: nanos(time)?,
        };
        this.gate
            .set_reference(instrument_id(instrument)?, reference)?;
        Ok(0)
    }) as i32
}

/// Decides on `count` `OrderCommand` records and writes as many `GateDecision` records; returns how many passed.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_submit(
    handle: u64,
    commands: *const u8,
    count: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(handle, |this| {
        if (length as usize) < count as usize * size_of::<GateDecision>() {
            return Err(code::BUFFER_TOO_SMALL.into());
        }
        // SAFETY: as promised by the caller.
        unsafe { take_records(commands, count, &mut this.commands) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        let control = CONTROLS.lock(this.control)?;
        let decisions = &mut this.decisions;
        decisions.resize(this.commands.len(), GateDecision::default());
        this.gate
            .submit(&mut *audit, &*control, &this.commands, decisions);
        // SAFETY: as promised by the caller.
        unsafe { put_records(out, length, decisions) }?;
        let passed = decisions
            .iter()
            .filter(|decision| decision.code == code::ACCEPTED);
        Ok(passed.count() as i64)
    }) as i32
}

/// Records and applies `count` `Execution` records of one venue's stream.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_executions(
    handle: u64,
    venue: u32,
    reports: *const u8,
    count: u32,
) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { take_records(reports, count, &mut this.reports) }?;
        let mut audit = AUDITS.lock(this.audit)?;
        this.gate
            .apply_executions(&mut *audit, venue, &this.reports)?;
        Ok(i64::from(count))
    }) as i32
}

/// Writes an `Exposure`.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_exposure(
    handle: u64,
    strategy: u32,
    instrument: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(handle, |this| {
        let exposure = this.gate.exposure(strategy, instrument_id(instrument)?);
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&exposure)) }.map(|()| 0)
    }) as i32
}

/// Writes the `Exposure` of a node in an instrument.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_scope_exposure(
    handle: u64,
    node: u32,
    instrument: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(handle, |this| {
        let exposure = this.gate.scope_exposure(node, instrument_id(instrument)?);
        let exposure = exposure.ok_or_else(|| no_node(node))?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&exposure)) }.map(|()| 0)
    }) as i32
}

/// Writes the `ScopeUsage` of a node.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_scope_usage(
    handle: u64,
    node: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(handle, |this| {
        let usage = this.gate.scope_usage(node).ok_or_else(|| no_node(node))?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&usage)) }.map(|()| 0)
    }) as i32
}

/// The node of a strategy; −1 when it has no place in the tree.
#[no_mangle]
pub extern "C" fn cwts_gate_node_of(handle: u64, strategy: u32) -> i32 {
    GATES.call(handle, |this| {
        Ok(this.gate.node_of(strategy).map_or(NONE, i64::from))
    }) as i32
}

/// Writes a `GateCounters`.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_counters(handle: u64, out: *mut u8, length: u32) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&this.gate.counters())) }.map(|()| 0)
    }) as i32
}

/// Writes a `CodeCount` per code that was given, ascending, and returns how many.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_rejected(handle: u64, out: *mut u8, length: u32) -> i32 {
    GATES.call(handle, |this| {
        let counts: Vec<_> = this.gate.rejected().collect();
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(out, length, &counts) }?;
        if written < counts.len() {
            return Err(code::BUFFER_TOO_SMALL.into());
        }
        Ok(written as i64)
    }) as i32
}

/// Writes the open orders with ids above `after` as `GateOrder` records, ascending, as many as fit, and returns how many.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_orders(
    handle: u64,
    after: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(handle, |this| {
        let most = length as usize / size_of::<GateOrder>();
        let mut orders = Vec::new();
        this.gate
            .list_orders(count(after, "order id")?, most, &mut orders);
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(out, length, &orders) }?;
        Ok(written as i64)
    }) as i32
}

/// Writes the 32-byte state hash.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_state_hash(handle: u64, out: *mut u8, length: u32) -> i32 {
    GATES.call(handle, |this| {
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &this.gate.state_hash()) }.map(|()| 0)
    }) as i32
}

/// Closes the gate. Log and page stay open.
#[no_mangle]
pub extern "C" fn cwts_gate_close(handle: u64) -> i32 {
    GATES.close(handle, |_| Ok(0)) as i32
}
