//! Quotes of other venues that come first: trade-through, locking and crossing (Regulation NMS, rules 611 and 610(d)).
//!
//! Both rules end for an instrument on a day that its terms name.
use super::market::limit_price;
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, order_type, side, time_in_force};

/// The far side elsewhere and here, 0 for none: what a purchase or sale would meet.
fn far(case: &Case<'_>) -> (i64, i64) {
    let status = &case.security.status;
    if case.side() == side::BUY {
        (status.away_ask, case.reference.ask)
    } else {
        (status.away_bid, case.reference.bid)
    }
}

fn unknown_quotes(case: &Case<'_>) -> Verdict {
    if case.reduces() {
        return Ok(());
    }
    let limit = i64::from(case.security.terms.quotes_max_age_ms) * 1_000_000;
    let age = case.security.quotes_age(case.now);
    Err(Reject::new(code::NO_PROTECTED_QUOTE, age, limit))
}

/// The order cannot trade at a price worse than a protected quote elsewhere: its limit does not go past it, and without a
/// limit the far touch here is no worse. An intermarket sweep passes when the strategy's stored sweep took the quotes as
/// they stand now. Measured: the price it may trade at, or the sweep's snapshot. Limit: the quote, or its snapshot.
pub fn trade_through(case: &Case<'_>) -> Verdict {
    if !case.security.is_protected(case.now) {
        return Ok(());
    }
    if case.command.flags & flags::INTERMARKET_SWEEP != 0 {
        return swept(case);
    }
    if !case.security.has_quotes(case.now) {
        return unknown_quotes(case);
    }
    let (away, here) = far(case);
    let price = limit_price(case).unwrap_or(here);
    let keeps = if case.side() == side::BUY {
        price > 0 && price <= away
    } else {
        price >= away
    };
    if away == 0 || keeps {
        return Ok(());
    }
    Err(Reject::new(code::TRADE_THROUGH, price, away))
}

fn swept(case: &Case<'_>) -> Verdict {
    let status = &case.security.status;
    let sweep = case
        .facts
        .sweeps
        .of(case.command.owner, case.command.instrument);
    let of = sweep.map_or(0, |sweep| sweep.snapshot);
    let is_current = case.security.has_quotes(case.now)
        && sweep.is_some_and(|sweep| {
            (sweep.snapshot, sweep.bid, sweep.ask)
                == (status.snapshot, status.away_bid, status.away_ask)
        });
    if is_current {
        return Ok(());
    }
    Err(Reject::new(
        code::NO_SWEEP,
        of as i64,
        status.snapshot as i64,
    ))
}

/// An order that would come to rest does not stand at or through the protected quote of the other side elsewhere. One that
/// meets something here first is an execution and not a display. Measured: the price. Limit: the quote.
pub fn locked(case: &Case<'_>) -> Verdict {
    let command = case.command;
    let at_once = matches!(command.tif, time_in_force::IOC | time_in_force::FOK);
    let rests = command.order_type == order_type::LIMIT && !at_once;
    let is_sweep = command.flags & flags::INTERMARKET_SWEEP != 0;
    if !rests || is_sweep || !case.security.is_protected(case.now) {
        return Ok(());
    }
    if !case.security.has_quotes(case.now) {
        return unknown_quotes(case);
    }
    let (away, here) = far(case);
    let price = command.price;
    let reaches = |quote: i64| {
        quote > 0
            && if case.side() == side::BUY {
                price >= quote
            } else {
                price <= quote
            }
    };
    if reaches(away) && !reaches(here) {
        return Err(Reject::new(code::LOCKED_MARKET, price, away));
    }
    Ok(())
}
