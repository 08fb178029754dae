//! A second, lower limit for orders that a person enters: what is unusual is asked back before it is sent.
use super::form::is_market;
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// An order entered by a person stays within every soft limit of its scopes, or says that its own warning was
/// acknowledged. Hard limits hold in any case: this check only ever refuses more. Measured and limit: lots, money units or
/// hundredths of a percent, of the lowest scope that warns; a limit of 0 is none.
pub fn acknowledged(case: &Case<'_>) -> Verdict {
    let asked = flags::MANUAL | flags::ACKNOWLEDGED;
    if case.command.flags & asked != flags::MANUAL {
        return Ok(());
    }
    let path: &[u32] = case.strategy.map_or(&[], |strategy| &strategy.path);
    let quantity = case.command.quantity;
    let value = case.mark.and_then(|mark| mark.checked_mul(quantity));
    for node in path.iter().rev() {
        let Some(soft) = case.facts.soft.of(*node) else {
            continue;
        };
        let measures = [
            (quantity, soft.max_quantity),
            (value.unwrap_or(i64::MAX), soft.max_value),
            (away(case), i64::from(soft.max_away_bps)),
        ];
        for (measured, limit) in measures {
            if limit != 0 && measured > limit {
                return Err(Reject::at(*node, code::SOFT_LIMIT, measured, limit));
            }
        }
    }
    Ok(())
}

/// How far the price is from the reference, hundredths of a percent, rounded up; 0 for a market order.
fn away(case: &Case<'_>) -> i64 {
    if is_market(case.command) {
        return 0;
    }
    match case.reference.doubled() {
        Some(doubled) if doubled > 0 => {
            let distance = (i128::from(case.command.price) * 2 - i128::from(doubled)).abs();
            let doubled = i128::from(doubled);
            i64::try_from((distance * 10_000 + doubled - 1) / doubled).unwrap_or(i64::MAX)
        }
        _ => i64::MAX,
    }
}
