//! What the positions of a scope may be worth in the worst case, over all instruments together.
//!
//! Every strategy's position in an instrument is valued at the reference price of the last order let in there; this order
//! brings its own. So both checks ask what the sums would be with this order counted.
use crate::gate::case::Case;
use crate::gate::scopes::{clamped, Level, Money, NO_MONEY_LIMIT};
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, side};

/// The sum of worst-case positions by value, each strategy in each instrument for itself, is within the limit of every
/// scope. An order that only takes away from its strategy's position passes. Measured and limit: money units, of the
/// lowest scope that refuses.
pub fn gross(case: &Case<'_>) -> Verdict {
    for level in case.levels() {
        let limit = level.node.max_gross;
        if limit == NO_MONEY_LIMIT {
            continue;
        }
        let after = with(level, case).map_or(i128::MAX, |sums| sums.gross);
        if after > i128::from(limit) && !case.reduces() {
            return Err(Reject::at(
                level.id,
                code::GROSS_LIMIT,
                clamped(after),
                limit,
            ));
        }
    }
    Ok(())
}

/// The net value, if everything open on one side fills and nothing on the other, is within the limit of every scope, long
/// and short. An order that brings a scope's net value towards zero and not past it passes that scope.
/// Measured and limit: money units, of the lowest scope that refuses.
pub fn net(case: &Case<'_>) -> Verdict {
    let buys = case.side() == side::BUY;
    for level in case.levels() {
        let limit = level.node.max_net;
        if limit == NO_MONEY_LIMIT {
            continue;
        }
        let after = with(level, case);
        let passes = after.is_some_and(|sums| {
            sums.is_net_within(limit)
                || if buys {
                    sums.long <= 0
                } else {
                    sums.short >= 0
                }
        });
        if !passes {
            let measured = after.map_or(i64::MAX, |sums| clamped(sums.net()));
            return Err(Reject::at(level.id, code::NET_LIMIT, measured, limit));
        }
    }
    Ok(())
}

/// A scope's sums with the order counted; `None` when it has no value.
#[inline]
fn with(level: &Level<'_>, case: &Case<'_>) -> Option<Money> {
    Some(level.node.money.plus(case.moved?))
}
