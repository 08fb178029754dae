//! Whether an order in an instrument new to its strategy can be counted.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// What may be traded has a place where it is counted, or the gate was made too small: an order that cannot be counted
/// cannot be limited. Measured: cells in use. Limit: cells there may be.
pub fn to_count(case: &Case<'_>) -> Verdict {
    if case.leaf.is_some() {
        return Ok(());
    }
    let (used, room) = case.scopes.fill();
    Err(Reject::new(code::SCOPE_CAPACITY, used as i64, room as i64))
}
