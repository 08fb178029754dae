//! Orders of one beneficial owner that could meet.
use crate::book::SELF_TRADE_SHIFT;
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::scopes::CUSTOMER;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, self_trade, side};

/// While the customer has orders open on the other side, an order says what happens when it meets one of them
/// (`SelfTrade`): the venue then keeps them from trading. Measured: lots open on the other side. Limit: 0.
pub fn prevented(case: &Case<'_>) -> Verdict {
    let mode = (case.command.flags & flags::SELF_TRADE) >> SELF_TRADE_SHIFT;
    let held = case.leaf.map(|leaf| case.scopes.cell(leaf.cells[CUSTOMER]));
    let opposite = held.map_or(i64::MAX, |held| {
        if case.side() == side::BUY {
            held.open_sell
        } else {
            held.open_buy
        }
    });
    if mode != u16::from(self_trade::NONE) || opposite == 0 {
        return Ok(());
    }
    Err(Reject::new(code::SELF_MATCH, opposite, 0))
}
