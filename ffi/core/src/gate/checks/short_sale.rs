//! Selling what one does not have: marking, locates and the price test (Regulation SHO).
use super::market::{limit_price, unknown_status};
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, side};

/// Whether the order is, or amends, a short sale.
#[must_use]
pub fn is_short(case: &Case<'_>) -> bool {
    marks(case) & flags::ANY_SHORT != 0
}

/// How the order is marked: an amend keeps its target's marking.
fn marks(case: &Case<'_>) -> u16 {
    let own = case.command.flags & flags::ANY_SHORT;
    case.target
        .map_or(own, |target| target.marks & flags::ANY_SHORT)
}

/// A sale is marked long only when the account, less everything it has open to sell, holds all of it, and short only when
/// it does not (Rule 200(g)); a sale that is partly covered is two orders. The account is the aggregation unit.
/// Measured: lots the account would have left. Limit: 0.
pub fn marking(case: &Case<'_>) -> Verdict {
    if case.side() != side::SELL || case.added == 0 {
        return Ok(());
    }
    let left = case.account().map_or(i64::MIN, |held| {
        held.position()
            .saturating_sub(held.open_sell)
            .saturating_sub(case.added)
    });
    if (left < 0) == is_short(case) {
        return Ok(());
    }
    Err(Reject::new(code::SHORT_MARKING, left, 0))
}

/// A short sale is in an instrument that is easy to borrow today, or has been located for the account in full
/// (Rule 203(b)(1)). Measured: lots. Limit: located lots that are left.
pub fn locate(case: &Case<'_>) -> Verdict {
    if !is_short(case) || case.is_easy_to_borrow() {
        return Ok(());
    }
    let account = case.account().map_or(u32::MAX, |held| held.node);
    let instrument = case.command.instrument;
    let left = case.facts.locates.left(account, instrument, case.now);
    if case.added <= left {
        return Ok(());
    }
    Err(Reject::new(code::NO_LOCATE, case.added, left))
}

/// While the price test is in force a short sale that is not exempt has a limit above the national best bid (Rule 201).
/// Without knowing whether it is in force nothing is sold short. Measured: the limit, 0 for none. Limit: the best bid.
pub fn price_test(case: &Case<'_>) -> Verdict {
    if !is_short(case) || marks(case) & flags::SHORT_EXEMPT != 0 {
        return Ok(());
    }
    let status = &case.security.status;
    if !case.security.has_status(case.now) || status.price_test == 0 {
        return unknown_status(case, code::MARKET_UNKNOWN);
    }
    if status.price_test == 1 {
        return Ok(());
    }
    let best = case.reference.bid.max(status.away_bid);
    match limit_price(case) {
        Some(price) if best > 0 && price > best => Ok(()),
        price => Err(Reject::new(
            code::SHORT_PRICE_TEST,
            price.unwrap_or(0),
            best,
        )),
    }
}
