//! Whether the command says something that can be meant, in whole ticks and lots.
use crate::book::{MAX_SLICES, SELF_TRADE_SHIFT};
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{
    code, command_kind, order_type, self_trade, side, time_in_force, OrderCommand,
};

/// Kind, side, type and time in force are known, a new order has an id, and nothing contradicts itself (a market order
/// with a price or meant to rest). Measured: 1 to 9, the first rule broken in the order of the list below. Limit: 0.
pub fn well_formed(case: &Case<'_>) -> Verdict {
    let c: &OrderCommand = case.command;
    let market = c.order_type == order_type::MARKET;
    let rules = [
        command_kind::is_known(c.kind),
        side::is_known(c.side),
        order_type::is_known(c.order_type),
        time_in_force::is_known(c.tif),
        c.kind != command_kind::NEW || c.order_id != 0,
        c.flags & !flags::KNOWN == 0,
        !(market && (c.price != 0 || c.flags & flags::POST_ONLY != 0)),
        c.kind != command_kind::NEW || has_sound_terms(c),
        c.kind != command_kind::NEW || has_sound_marks(c),
    ];
    if rules.iter().fold(true, |all, kept| all & kept) {
        return Ok(());
    }
    let broken = rules.iter().take_while(|kept| **kept).count();
    Err(Reject::new(code::MALFORMED, broken as i64 + 1, 0))
}

/// Whether what a new order says beside price and quantity fits together: as the venues read it.
fn has_sound_terms(c: &OrderCommand) -> bool {
    let is_stop = matches!(c.order_type, order_type::STOP | order_type::STOP_LIMIT);
    let at_once = matches!(c.tif, time_in_force::IOC | time_in_force::FOK);
    let rests = c.order_type == order_type::LIMIT && !at_once;
    let display = i64::from(c.display);
    let is_iceberg = rests && display <= c.quantity && c.quantity <= display * MAX_SLICES;
    let is_child = c.flags & flags::CHILD != 0;
    let mode = (c.flags & flags::SELF_TRADE) >> SELF_TRADE_SHIFT;
    self_trade::is_known(mode as u8)
        && (c.flags & flags::POST_ONLY == 0 || rests)
        && !(is_stop && at_once)
        && (is_child || c.trigger_offset() == 0 || c.order_type == order_type::STOP_LIMIT)
        && (is_child || (c.expires() != 0) == (c.tif == time_in_force::GTD))
        && (!is_child || is_sound_child(c))
        && (c.display == 0 || is_iceberg)
}

/// A child names its parent where other orders have their end and their trigger, so it has neither.
fn is_sound_child(c: &OrderCommand) -> bool {
    let plain = matches!(c.order_type, order_type::LIMIT | order_type::MARKET);
    c.target_id != 0 && plain && c.tif != time_in_force::GTD
}

/// Only a sale is short, in one way; a sweep has a limit; only a person acknowledges.
fn has_sound_marks(c: &OrderCommand) -> bool {
    let short = c.flags & flags::ANY_SHORT;
    let sweep = c.flags & flags::INTERMARKET_SWEEP != 0;
    (short == 0 || c.side == side::SELL)
        && short != flags::ANY_SHORT
        && (!sweep || c.order_type == order_type::LIMIT)
        && (c.flags & flags::ACKNOWLEDGED == 0 || c.flags & flags::MANUAL != 0)
}

/// The trigger of a stop; of any other order, and where the numbers do not fit, its price.
pub fn trigger(command: &OrderCommand) -> i64 {
    let is_new = command.kind == command_kind::NEW;
    let offset = match command.order_type {
        order_type::STOP_LIMIT if is_new => i64::from(command.trigger_offset()),
        _ => 0,
    };
    command.price.checked_add(offset).unwrap_or(command.price)
}

/// A limit price, and the trigger of a stop, is a positive multiple of the tick step. Measured: the price. Limit: the step.
pub fn tick_step(case: &Case<'_>) -> Verdict {
    let price = case.command.price;
    let step = case
        .rules
        .map_or(1, |rules| i64::from(rules.tick_step).max(1));
    let trigger = trigger(case.command);
    let fits = |ticks: i64| ticks > 0 && ticks % step == 0;
    if is_market(case.command) || (fits(price) && (trigger == price || fits(trigger))) {
        return Ok(());
    }
    Err(Reject::new(code::OFF_TICK, price, step))
}

/// A quantity is a positive multiple of the lot step. Measured: the quantity. Limit: the step.
pub fn lot_step(case: &Case<'_>) -> Verdict {
    let quantity = case.command.quantity;
    let step = case
        .rules
        .map_or(1, |rules| i64::from(rules.lot_step).max(1));
    if quantity > 0 && quantity % step == 0 {
        return Ok(());
    }
    Err(Reject::new(code::OFF_LOT, quantity, step))
}

/// Whether the command enters a market order; an amend always names a price.
pub fn is_market(command: &OrderCommand) -> bool {
    command.kind == command_kind::NEW && command.order_type == order_type::MARKET
}
