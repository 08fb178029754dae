//! Sums over instruments: scenarios of the margin, sectors, underlyings, deltas and vegas.
use crate::gate::case::Case;
use crate::gate::scopes::{clamped, next_weight, Ends};
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
    for level in case.levels() {
        let limited = factors.limited(level.id);
        if limited.is_empty() {
            continue;
        }
        let before = level.cell.worst(side::BUY, 0);
        let mut weights = weights;
        for one in limited {
            let Some(weight) = next_weight(&mut weights, one.limit.factor) else {
                continue;
            };
            if one.limit.measure != measure {
                continue;
            }
            let from = Ends::of(&before, weight);
            let to = Ends::of(&level.after, weight);
            let measured = one.ends.moved(from, to).measured(measure);
            let limit = one.limit.limit;
            let grows = measured > one.ends.measured(measure);
            if grows && measured > i128::from(limit) {
                return Err(Reject::at(level.id, code, clamped(measured), limit));
            }
        }
    }
    Ok(())
}
