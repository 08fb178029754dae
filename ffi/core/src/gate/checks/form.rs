//! Whether the command says something that can be meant, in whole ticks and lots.
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, command_kind, order_type, side, time_in_force, OrderCommand};

/// Kind, side, type and time in force are known, a new order has an id, and nothing contradicts itself (a market order
/// with a price or meant to rest). Measured: 1 to 7, the first rule broken in the order of the list below. Limit: 0.
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
    ];
    match rules.iter().position(|kept| !kept) {
        None => Ok(()),
        Some(broken) => Err(Reject::new(code::MALFORMED, broken as i64 + 1, 0)),
    }
}

/// A limit price is a positive multiple of the tick step. Measured: the price. Limit: the step.
pub fn tick_step(case: &Case<'_>) -> Verdict {
    let price = case.command.price;
    let step = case
        .rules
        .map_or(1, |rules| i64::from(rules.tick_step).max(1));
    if is_market(case.command) || (price > 0 && price % step == 0) {
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
