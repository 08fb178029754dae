//! How large an order may be beside what is traded in a day.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// The quantity is at most the instrument's share of its average daily volume. Where the volume is not known only what
/// takes away from a position passes. Measured: lots. Limit: lots, rounded down; 0 when the volume is not known.
pub fn share(case: &Case<'_>) -> Verdict {
    let limit = case.security.order_share;
    let unknown = case.security.terms.average_volume == 0;
    if case.command.quantity <= limit || (unknown && case.reduces()) {
        return Ok(());
    }
    Err(Reject::new(
        code::VOLUME_SHARE,
        case.command.quantity,
        limit,
    ))
}

/// The worst case of every scope in the instrument is at most the instrument's share of its average daily volume: more
/// would take too long to sell. An order that only takes away from the position passes. Measured and limit: lots, of the
/// lowest scope that refuses.
pub fn liquidity(case: &Case<'_>) -> Verdict {
    let limit = case.security.position_share;
    for level in case.levels() {
        let worst = &level.after;
        if !worst.is_within(limit) && !worst.reduces(case.side()) {
            return Err(Reject::at(level.id, code::LIQUIDITY, worst.either(), limit));
        }
    }
    Ok(())
}
