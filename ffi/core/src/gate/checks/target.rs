//! Whether the order to cancel or amend is there to be changed by this strategy.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// The target is open. Measured: its id. Limit: 0.
pub fn is_open(case: &Case<'_>) -> Verdict {
    if case.target.is_some() {
        return Ok(());
    }
    let id = case.command.target_id as i64;
    Err(Reject::new(code::UNKNOWN_ORDER, id, 0))
}

/// The target belongs to the strategy. Measured: the strategy. Limit: the target's owner.
pub fn is_own(case: &Case<'_>) -> Verdict {
    let owner = i64::from(case.command.owner);
    match case.target {
        Some(target) if target.strategy != case.command.owner => Err(Reject::new(
            code::NOT_OWNER,
            owner,
            i64::from(target.strategy),
        )),
        _ => Ok(()),
    }
}

/// An amend names its target's instrument and side: the limits looked up are the limits of what will trade.
/// Measured and limit: instrument × 2 + side, of the command and of the target.
pub fn is_same(case: &Case<'_>) -> Verdict {
    let place = |instrument: u16, side: u8| i64::from(instrument) * 2 + i64::from(side);
    let named = place(case.command.instrument, case.command.side);
    match case.target {
        Some(target) if place(target.instrument, target.side) != named => Err(Reject::new(
            code::MALFORMED,
            named,
            place(target.instrument, target.side),
        )),
        _ => Ok(()),
    }
}
