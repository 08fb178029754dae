//! Sums over instruments: scenarios of the margin, sectors, underlyings, deltas and vegas.
use crate::gate::case::Case;
use crate::gate::scopes::{clamped, Ends};
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, factor_measure, side};

/// In no scenario does a scope lose more than its margin, everything open counted. What makes the loss of a scenario no
/// larger passes it. Measured and limit: money units, of the lowest scope that refuses.
pub fn margin(case: &Case<'_>) -> Verdict {
    within(case, factor_measure::LOSS, code::MARGIN_LIMIT)
}

/// No sum of a scope goes further than it may, to either side, everything open counted. What brings a sum no further
/// passes it. Measured and limit: in the unit of the sum, of the lowest scope that refuses.
pub fn sums(case: &Case<'_>) -> Verdict {
    within(case, factor_measure::EITHER, code::FACTOR_LIMIT)
}

fn within(case: &Case<'_>, measure: u8, code: u32) -> Verdict {
    let factors = case.scopes.factors();
    let weights = factors.weights(case.command.instrument);
    if weights.is_empty() {
        return Ok(());
    }
    for level in case.levels() {
        let before = level.cell.worst(side::BUY, 0);
        let after = level.cell.worst(case.side(), case.added);
        for factor in weights {
            let limited = factors.limited(level.id, factor.factor);
            let Some(limited) = limited.filter(|of| of.limit.measure == measure) else {
                continue;
            };
            let from = Ends::of(&before, factor.weight);
            let to = Ends::of(&after, factor.weight);
            let measured = limited.ends.moved(from, to).measured(measure);
            let limit = limited.limit.limit;
            let grows = measured > limited.ends.measured(measure);
            if grows && measured > i128::from(limit) {
                return Err(Reject::at(level.id, code, clamped(measured), limit));
            }
        }
    }
    Ok(())
}
