//! Exports of what an engine's markets know and of their trading states: sessions, auctions, owners, single orders.
use super::buffer::{put, put_records};
use super::engine::{waiting, EngineInUse, Out, ENGINES};
use super::number::{count, nanos, whole};
use super::status::Failure;
use crate::book::{Account, OpenOrder, EVERY_INSTRUMENT, FLAG_POST_ONLY, FLAG_REDUCE_ONLY};
use crate::book::{Book, SELF_TRADE_SHIFT};
use crate::layout::{
    side, trading_state, venue_change_kind, BookOrder, OrderStatus, OwnerAccount, SubmitCounts,
    VenueChange,
};
use crate::record::bytes_of;
use core::mem::size_of;

fn unlisted(instrument: u32) -> Failure {
    Failure::argument(format!("instrument {instrument} is not listed"))
}

/// The id of a listed instrument.
fn listed(this: &EngineInUse, instrument: u32) -> Result<u16, Failure> {
    let id = u16::try_from(instrument).map_err(|_| unlisted(instrument))?;
    match this.engine.book(id) {
        Some(_) => Ok(id),
        None => Err(unlisted(instrument)),
    }
}

pub(super) fn known_side(number: u32) -> Result<u8, Failure> {
    u8::try_from(number)
        .ok()
        .filter(|number| side::is_known(*number))
        .ok_or_else(|| Failure::argument(format!("{number} is not a side")))
}

/// Changes the trading state of an instrument (65535: of all) with everything that follows from it: uncrossing,
/// triggered stops, expiries. Hands over and returns as `cwts_engine_submit` does.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_set_state(
    handle: u64,
    instrument: u32,
    state: u32,
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
        let state = u8::try_from(state)
            .ok()
            .filter(|state| trading_state::is_known(*state))
            .ok_or_else(|| Failure::argument(format!("{state} is not a trading state")))?;
        let those: Vec<u16> = if instrument == u32::from(EVERY_INSTRUMENT) {
            this.engine.instruments().collect()
        } else {
            vec![listed(this, instrument)?]
        };
        for instrument in those {
            this.record(&VenueChange {
                kind: venue_change_kind::STATE,
                state,
                instrument,
                time,
                ..VenueChange::default()
            })?;
            this.engine.set_state(instrument, state, time)?;
        }
        // SAFETY: as promised by the caller.
        waiting(unsafe { this.hand_over(&out) }?)
    }) as i32
}

/// Ends what is due at a time in every book. Hands over and returns as `cwts_engine_submit` does.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_advance(
    handle: u64,
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
            kind: venue_change_kind::ADVANCED,
            time,
            ..VenueChange::default()
        })?;
        this.engine.advance(time);
        // SAFETY: as promised by the caller.
        waiting(unsafe { this.hand_over(&out) }?)
    }) as i32
}

/// Trading state of an instrument.
#[no_mangle]
pub extern "C" fn cwts_engine_state(handle: u64, instrument: u32) -> i32 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let state = this.engine.state(id);
        state.map(i64::from).ok_or_else(|| unlisted(instrument))
    }) as i32
}

/// Price of an instrument's last trade in ticks, 0 before the first.
#[no_mangle]
pub extern "C" fn cwts_engine_last_trade(handle: u64, instrument: u32) -> f64 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let book = this.engine.book(id).ok_or_else(|| unlisted(instrument))?;
        Ok(book.last_trade())
    }) as f64
}

/// Writes an `Indicative`: where an instrument would uncross now.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_indicative(
    handle: u64,
    instrument: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let indicative = this.engine.indicative(id);
        let indicative = indicative.ok_or_else(|| unlisted(instrument))?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&indicative)) }.map(|()| 0)
    }) as i32
}

/// Puts an owner into a self-trade group, in every instrument, also in those listed later.
#[no_mangle]
pub extern "C" fn cwts_engine_set_group(handle: u64, owner: u32, group: u32) -> i32 {
    ENGINES.call(handle, |this| {
        this.record(&VenueChange {
            kind: venue_change_kind::GROUP,
            owner,
            amount: i64::from(group),
            ..VenueChange::default()
        })?;
        this.engine.set_group(owner, group);
        Ok(0)
    }) as i32
}

/// Sets an owner's position in an instrument, lots, for what was not traded here.
#[no_mangle]
pub extern "C" fn cwts_engine_set_position(
    handle: u64,
    instrument: u32,
    owner: u32,
    lots: f64,
) -> i32 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let lots = whole(lots, "position")?;
        this.record(&VenueChange {
            kind: venue_change_kind::POSITION,
            instrument: id,
            owner,
            amount: lots,
            ..VenueChange::default()
        })?;
        this.engine.set_position(id, owner, lots);
        Ok(0)
    }) as i32
}

/// Writes an `OwnerAccount`: what an instrument's book knows of an owner.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_account(
    handle: u64,
    instrument: u32,
    owner: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let account = this.engine.account(id, owner);
        let account = account_record(&account.ok_or_else(|| unlisted(instrument))?);
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&account)) }.map(|()| 0)
    }) as i32
}

/// Writes the first orders of a side as `BookOrder` records, in the order in which they would be matched, as many as fit,
/// and returns how many.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_orders(
    handle: u64,
    instrument: u32,
    side: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let side = known_side(side)?;
        let id = listed(this, instrument)?;
        let most = length as usize / size_of::<BookOrder>();
        this.engine.orders(id, side, most, &mut this.orders);
        // SAFETY: as promised by the caller.
        let written = unsafe { put_records(out, length, &this.orders) }?;
        Ok(written as i64)
    }) as i32
}

/// Writes an `OrderStatus` and returns 1, or 0 when no order of that id is open in the instrument.
#[no_mangle]
pub unsafe extern "C" fn cwts_engine_find(
    handle: u64,
    instrument: u32,
    order_id: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    ENGINES.call(handle, |this| {
        let id = listed(this, instrument)?;
        let order_id = count(order_id, "order id")?;
        let found = this.engine.find(id, order_id);
        match found {
            Some(order) => {
                // SAFETY: as promised by the caller.
                unsafe { put(out, length, bytes_of(&status_record(&order))) }.map(|()| 1)
            }
            None => Ok(0),
        }
    }) as i32
}

fn account_record(account: &Account) -> OwnerAccount {
    OwnerAccount {
        position: account.position,
        owner: account.owner,
        group: account.group,
        open_orders: account.open_orders,
        ..OwnerAccount::default()
    }
}

fn status_record(order: &OpenOrder) -> OrderStatus {
    let flag = |set: bool, bit: u16| if set { bit as u8 } else { 0 };
    OrderStatus {
        order_id: order.order_id,
        price: order.price,
        trigger: order.trigger,
        total: order.total,
        leaves: order.leaves,
        shown: order.shown,
        owner: order.owner,
        display: order.display,
        expires: order.expires,
        side: order.side,
        order_type: order.order_type,
        tif: order.tif,
        flags: flag(order.post_only, FLAG_POST_ONLY)
            | flag(order.reduce_only, FLAG_REDUCE_ONLY)
            | order.self_trade << SELF_TRADE_SHIFT,
        sequence: order.age,
        reserved: 0,
    }
}
