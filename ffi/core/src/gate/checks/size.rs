//! How large one order may be.
use super::form::{is_market, trigger};
use super::price::fresh;
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, side};

/// At most the strategy's and the instrument's largest order. Measured: lots. Limit: the smaller of the two.
pub fn quantity(case: &Case<'_>) -> Verdict {
    let strategy = case.terms.map_or(0, |terms| terms.max_quantity);
    let instrument = case.rules.map_or(0, |rules| rules.max_quantity);
    let limit = strategy.min(instrument);
    if case.command.quantity <= limit {
        return Ok(());
    }
    Err(Reject::new(
        code::MAX_QUANTITY,
        case.command.quantity,
        limit,
    ))
}

/// At most the strategy's largest value: a limit order at its price, a stop at the higher of limit and trigger, a market order at the far touch and a buffer.
/// Measured: money units, rounded up; the largest integer when it does not fit. Limit: money units.
pub fn notional(case: &Case<'_>) -> Verdict {
    let limit = case.terms.map_or(0, |terms| terms.max_notional);
    let measured = value(case)?.map_or(i64::MAX, |value| value);
    if measured <= limit && measured != i64::MAX {
        return Ok(());
    }
    Err(Reject::new(code::MAX_NOTIONAL, measured, limit))
}

/// Money units of the order, `None` when they do not fit.
fn value(case: &Case<'_>) -> Result<Option<i64>, Reject> {
    let quantity = case.command.quantity;
    let units = case
        .rules
        .map_or(i64::MAX, |rules| rules.units_per_tick_lot);
    if !is_market(case.command) {
        let worst = case.command.price.max(trigger(case.command));
        let per_lot = worst.checked_mul(units);
        return Ok(per_lot.and_then(|per_lot| per_lot.checked_mul(quantity)));
    }
    let reference = fresh(case)?;
    let touch = if case.command.side == side::BUY {
        reference.ask
    } else {
        reference.bid
    };
    if touch <= 0 {
        return Err(Reject::new(code::NO_REFERENCE, touch, 1));
    }
    let buffer = case.rules.map_or(0, |rules| rules.market_buffer_bps);
    let scaled = i128::from(touch) * i128::from(units) * (10_000 + i128::from(buffer));
    let value = scaled
        .checked_mul(i128::from(quantity))
        .and_then(|value| value.checked_add(9_999))
        .map(|value| value / 10_000);
    Ok(value.and_then(|value| i64::try_from(value).ok()))
}
