//! Whether the market takes the order now, and within which prices.
use super::form::is_market;
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, market_phase, order_type, side, time_in_force};

/// The instrument's market takes orders, and no market-wide breaker has fired. While orders are only collected, those that
/// must trade at once have nothing to trade with. What is known must be young enough; without it only what takes away from
/// a position passes. Measured: the phase, or the age of what is known in nanoseconds, −1 for never. Limit: the phase that
/// trades, or the largest age.
pub fn state(case: &Case<'_>) -> Verdict {
    let closed = |phase: u8| {
        let trades = i64::from(market_phase::CONTINUOUS);
        Err(Reject::new(code::MARKET_CLOSED, i64::from(phase), trades))
    };
    let everywhere = case.facts.market().phase;
    if takes_nothing(everywhere) {
        return closed(everywhere);
    }
    let phase = case.security.status.phase;
    if !case.security.has_status(case.now) || phase == market_phase::UNKNOWN {
        return unknown_status(case, code::MARKET_UNKNOWN);
    }
    let at_once = matches!(case.command.tif, time_in_force::IOC | time_in_force::FOK);
    let collects = matches!(phase, market_phase::PRE_OPEN | market_phase::AUCTION);
    if takes_nothing(phase) || (collects && at_once) {
        return closed(phase);
    }
    Ok(())
}

const fn takes_nothing(phase: u8) -> bool {
    matches!(
        phase,
        market_phase::PAUSED | market_phase::HALTED | market_phase::CLOSED
    )
}

/// What to say when phase, price test or bands are missing or too old.
pub fn unknown_status(case: &Case<'_>, code: u32) -> Verdict {
    if case.reduces() {
        return Ok(());
    }
    let limit = i64::from(case.security.terms.status_max_age_ms) * 1_000_000;
    Err(Reject::new(code, case.security.status_age(case.now), limit))
}

/// A purchase is at most at the upper band, a sale at least at the lower one (limit-up limit-down plan). An order without
/// a limit would trade at the far touch, which must lie within. Measured: the price. Limit: the band.
pub fn bands(case: &Case<'_>) -> Verdict {
    let status = &case.security.status;
    if !case.security.has_status(case.now) || status.lower_band == 0 || status.upper_band == 0 {
        return unknown_status(case, code::NO_PRICE_BAND);
    }
    let buys = case.side() == side::BUY;
    let (touch, band) = if buys {
        (case.reference.ask, status.upper_band)
    } else {
        (case.reference.bid, status.lower_band)
    };
    let price = limit_price(case).unwrap_or(touch);
    if price > 0 && (if buys { price <= band } else { price >= band }) {
        return Ok(());
    }
    Err(Reject::new(code::PRICE_BAND, price, band))
}

/// The limit of the order; a market order, and a stop that becomes one, has none.
pub fn limit_price(case: &Case<'_>) -> Option<i64> {
    let stop = case.command.order_type == order_type::STOP;
    (!is_market(case.command) && !stop).then_some(case.command.price)
}
