//! How far a price may be through the market.
use super::form::{is_market, trigger};
use crate::gate::case::Case;
use crate::gate::reference::Reference;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, side};

const NANOS_PER_MS: i64 = 1_000_000;
/// Hundredths of a percent in one, times the two of a doubled reference price.
const DOUBLED_BPS: i64 = 20_000;

/// The market prices, if they are young enough to count.
pub fn fresh(case: &Case<'_>) -> Result<Reference, Reject> {
    let max_age = case.rules.map_or(-1, |rules| {
        i64::from(rules.reference_max_age_ms) * NANOS_PER_MS
    });
    if case.reference == Reference::default() {
        return Err(Reject::new(code::NO_REFERENCE, -1, max_age));
    }
    let age = case.reference.age(case.now);
    if age > max_age {
        return Err(Reject::new(code::NO_REFERENCE, age, max_age));
    }
    Ok(case.reference)
}

/// There is a reference price (the middle of the best prices, else the last trade) and it is young enough; market
/// orders need one as well. Measured: age in nanoseconds, −1 when there is no price. Limit: the largest age.
pub fn reference(case: &Case<'_>) -> Verdict {
    match fresh(case)?.doubled() {
        Some(_) => Ok(()),
        None => Err(Reject::new(code::NO_REFERENCE, -1, 0)),
    }
}

/// A buy limit is at most the reference price plus the collar, a sell limit at least the reference price minus it; the
/// collar is the wider of its share of the price and its ticks. Measured: the price. Limit: the furthest price allowed.
pub fn collar(case: &Case<'_>) -> Verdict {
    if is_market(case.command) {
        return Ok(());
    }
    let buying = case.side() == side::BUY;
    let (limit, trigger) = (case.command.price, trigger(case.command));
    let price = if buying {
        limit.max(trigger)
    } else {
        limit.min(trigger)
    };
    match furthest(case, buying) {
        Some(limit) if buying && price <= limit => Ok(()),
        Some(limit) if !buying && price >= limit => Ok(()),
        limit => Err(Reject::new(
            code::PRICE_COLLAR,
            price,
            limit.unwrap_or_default(),
        )),
    }
}

/// The furthest whole tick inside the collar; `None` when there is no reference or the numbers do not fit.
fn furthest(case: &Case<'_>, buying: bool) -> Option<i64> {
    let rules = case.rules?;
    let doubled = case.reference.doubled()?;
    let bps = i64::from(rules.collar_bps);
    let ticks = i64::from(rules.collar_ticks);
    if buying {
        let share = doubled.checked_mul(10_000 + bps)?.div_euclid(DOUBLED_BPS);
        let fixed = doubled.checked_add(2 * ticks)?.div_euclid(2);
        Some(share.max(fixed))
    } else {
        // Rounded up: ⌈a ÷ b⌉ = −⌊−a ÷ b⌋.
        let share = -(doubled.checked_mul(bps - 10_000)?.div_euclid(DOUBLED_BPS));
        let fixed = -((2 * ticks).checked_sub(doubled)?.div_euclid(2));
        Some(share.min(fixed))
    }
}

/// The reference price has not moved further within the window than the instrument's terms allow: a price that jumps is
/// not yet one to trade on. An order that only takes away from the position passes. Measured and limit: hundredths of a
/// percent.
pub fn moved(case: &Case<'_>) -> Verdict {
    let moved = case.security.moves.bps();
    let limit = i64::from(case.security.terms.max_move_bps);
    if moved <= limit || case.reduces() {
        return Ok(());
    }
    Err(Reject::new(code::PRICE_MOVE, moved, limit))
}
