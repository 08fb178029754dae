//! How large a position may become if everything open fills.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// max(|position + open buys|, |position − open sells|), this order included, is within the limit of the strategy and of
/// every scope above it. Where an order only takes away from the position of a scope, it passes that scope even when a
/// lowered limit has left the position outside. Measured and limit: lots, of the lowest scope that refuses.
pub fn worst_case(case: &Case<'_>) -> Verdict {
    let side = case.side();
    for level in case.levels() {
        let worst = &level.after;
        let limit = level.cell.max_position;
        if !worst.is_within(limit) && !worst.reduces(side) {
            return Err(Reject::at(
                level.id,
                code::POSITION_LIMIT,
                worst.either(),
                limit,
            ));
        }
    }
    match case.leaf {
        Some(_) => Ok(()),
        None => Err(Reject::new(code::POSITION_LIMIT, case.added, 0)),
    }
}
