//! The control page's word on an order. Cancels are never asked about.
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, scope_state};

/// Nothing enters a scope that is killed or takes only cancels. A word that is no known state counts as killed.
/// Measured: the state. Limit: the strictest state that still lets orders in.
pub fn state(case: &Case<'_>) -> Verdict {
    let code = match case.state {
        scope_state::ACTIVE | scope_state::REDUCE_ONLY => return Ok(()),
        scope_state::CANCEL_ONLY => code::CANCEL_ONLY,
        _ => code::KILLED,
    };
    let limit = i64::from(scope_state::REDUCE_ONLY);
    Err(Reject::new(code, i64::from(case.state), limit))
}

/// Under REDUCE_ONLY, or with the order's own reduce-only flag, the order and everything open on its side must not
/// exceed the position they take away from. Looks at lots, not at the side alone: a seller who sells past flat opens
/// a short position. Measured: open lots on the side with this order. Limit: the position they may take away.
pub fn reduce_only(case: &Case<'_>) -> Verdict {
    let asked = case.command.flags & flags::REDUCE_ONLY != 0;
    if (case.state == scope_state::ACTIVE && !asked) || case.reduces() {
        return Ok(());
    }
    let held = case.own();
    let (open, position) = if case.side() == crate::layout::side::BUY {
        (held.open_buy, held.position().saturating_neg())
    } else {
        (held.open_sell, held.position())
    };
    let measured = open.saturating_add(case.added);
    Err(Reject::new(code::REDUCE_ONLY, measured, position.max(0)))
}
