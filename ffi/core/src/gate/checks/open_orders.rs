//! How many orders a scope may have resting or in flight.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// With this order no scope has more open than it may: in the instrument, and over all instruments together.
/// Measured and limit: orders, of the lowest scope that refuses.
pub fn within(case: &Case<'_>) -> Verdict {
    for level in case.levels() {
        let (here, everywhere) = (level.cell, level.node);
        for (open, limit) in [
            (here.open_orders, here.max_open_orders),
            (everywhere.open_orders, everywhere.max_open_orders),
        ] {
            if open >= limit {
                let measured = i64::from(open) + 1;
                return Err(Reject::at(
                    level.id,
                    code::OPEN_ORDER_LIMIT,
                    measured,
                    i64::from(limit),
                ));
            }
        }
    }
    Ok(())
}
