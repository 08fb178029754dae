//! What a scope has to trade with: credit, losses, and how much of it goes into one name.
use crate::gate::case::Case;
use crate::gate::scopes::clamped;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// The gross value of every scope that has credit, this order counted, is within it. An order that only takes away from
/// its strategy's position passes. Measured and limit: money units, of the lowest scope that refuses.
pub fn credit(case: &Case<'_>) -> Verdict {
    if case.reduces() {
        return Ok(());
    }
    for level in case.levels() {
        let Some(funds) = case.facts.capitals.of(level.id) else {
            continue;
        };
        let limit = funds.capital.credit;
        let after = case.moved.map_or(i128::MAX, |moved| {
            level.node.money.gross.wrapping_add(moved.gross)
        });
        if limit != 0 && after > i128::from(limit) {
            let after = clamped(after);
            return Err(Reject::at(level.id, code::CREDIT_LIMIT, after, limit));
        }
    }
    Ok(())
}

/// No scope has lost as much as it may, by a profit that is young enough. Beyond that only what takes away from the
/// position passes. Measured: the loss in money units, or the age of the profit, −1 for never. Limit: the largest.
pub fn loss(case: &Case<'_>) -> Verdict {
    if case.reduces() {
        return Ok(());
    }
    for level in case.levels() {
        let Some(funds) = case.facts.capitals.of(level.id) else {
            continue;
        };
        let most = funds.capital.max_loss;
        if most == 0 {
            continue;
        }
        let (age, most_age) = (funds.profit_age(case.now), funds.most_age());
        if !(0..=most_age).contains(&age) {
            return Err(Reject::at(level.id, code::LOSS_UNKNOWN, age, most_age));
        }
        let lost = funds.profit.profit.saturating_neg();
        if lost >= most {
            return Err(Reject::at(level.id, code::LOSS_LIMIT, lost, most));
        }
    }
    Ok(())
}

/// The worst case of a scope in the instrument is worth at most its share of the scope's capital. An order that only takes
/// away from the position passes. Measured and limit: money units, of the lowest scope that refuses.
pub fn concentration(case: &Case<'_>) -> Verdict {
    for level in case.levels() {
        let Some(funds) = case.facts.capitals.of(level.id) else {
            continue;
        };
        let worst = &level.after;
        if funds.capital.concentration_bps == 0 || worst.reduces(case.side()) {
            continue;
        }
        let value = case
            .mark
            .map(|mark| i128::from(mark) * i128::from(worst.either()));
        let limit = funds.most_in_one;
        if value.is_none_or(|value| value > limit) {
            let (measured, limit) = (clamped(value.unwrap_or(i128::MAX)), clamped(limit));
            return Err(Reject::at(level.id, code::CONCENTRATION, measured, limit));
        }
    }
    Ok(())
}
