//! How large a position may become if everything open fills.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// max(|position + open buys|, |position − open sells|), this order included, is within the strategy's limit. An order
/// that only takes away from a position passes even when a lowered limit has left the position outside.
/// Measured and limit: lots.
pub fn worst_case(case: &Case<'_>) -> Verdict {
    let limit = case.limits.map_or(0, |limits| limits.max_position);
    let worst = case.worst();
    if worst.either() <= limit || worst.reduces {
        return Ok(());
    }
    Err(Reject::new(code::POSITION_LIMIT, worst.either(), limit))
}
