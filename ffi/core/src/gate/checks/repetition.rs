//! The same order twice.
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::recent::Shape;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// An order id is used once, ever, whether or not the order passed. Measured: the id. Limit: 0.
pub fn id(case: &Case<'_>) -> Verdict {
    if case.ids.contains(case.command.order_id) {
        let id = case.command.order_id as i64;
        return Err(Reject::new(code::DUPLICATE_ID, id, 0));
    }
    Ok(())
}

/// The same side, price and quantity is not entered again within the strategy's window, unless the order says it is
/// meant. Measured: nanoseconds since the same order was entered. Limit: the window.
pub fn order(case: &Case<'_>) -> Verdict {
    let window = case.terms.map_or(0, |terms| terms.duplicate_window);
    if window == 0 || case.command.flags & flags::DELIBERATE_DUPLICATE != 0 {
        return Ok(());
    }
    match case.recent.last(&Shape::of(case.command)) {
        Some(last) if case.now.saturating_sub(last) < window => Err(Reject::new(
            code::DUPLICATE_ORDER,
            case.now.saturating_sub(last),
            window,
        )),
        _ => Ok(()),
    }
}
