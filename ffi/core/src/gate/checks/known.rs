//! Whether the gate has heard of the strategy and the instrument.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, INSTRUMENT_LAST, STRATEGY_LAST};

/// The strategy must have limits, and for a registered instrument it must have them there.
/// Measured: the strategy. Limit: the largest id there can be.
pub fn strategy(case: &Case<'_>) -> Verdict {
    let here = case.rules.is_none() || case.terms.is_some();
    if case.strategy.is_some_and(|strategy| strategy.may_trade) && here {
        return Ok(());
    }
    let strategy = i64::from(case.command.owner);
    Err(Reject::new(
        code::UNKNOWN_STRATEGY,
        strategy,
        i64::from(STRATEGY_LAST),
    ))
}

/// The instrument must be registered. Measured: the instrument. Limit: the largest id there can be.
pub fn instrument(case: &Case<'_>) -> Verdict {
    if case.rules.is_some() {
        return Ok(());
    }
    let instrument = i64::from(case.command.instrument);
    Err(Reject::new(
        code::UNKNOWN_INSTRUMENT,
        instrument,
        i64::from(INSTRUMENT_LAST),
    ))
}
