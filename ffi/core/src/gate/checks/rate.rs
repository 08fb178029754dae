//! How many messages a strategy may send.
use crate::gate::bucket::TOKEN;
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// The strategy's bucket holds a whole message. Only what passes every check takes one out, and cancels never do.
/// Measured: billionths of a message left. Limit: one message.
pub fn messages(case: &Case<'_>) -> Verdict {
    let level = case.bucket().level_at(case.now);
    if level >= TOKEN {
        return Ok(());
    }
    Err(Reject::new(code::MESSAGE_RATE, level, TOKEN))
}
