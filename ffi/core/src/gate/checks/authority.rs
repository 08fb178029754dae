//! Who may send orders, and where: what a strategy was certified for.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, demand};

/// The strategy's mandate is there, was not withdrawn and has not ended. Without a mandate a strategy passes only where
/// the firm does not demand one. Measured: the time of the command. Limit: the end of the mandate, 0 when there is none.
pub fn mandate(case: &Case<'_>) -> Verdict {
    let until = match case.facts.mandates.of(case.command.owner) {
        None if case.needs & demand::MANDATE == 0 => return Ok(()),
        None => 0,
        Some(mandate) if mandate.active == 0 => 0,
        Some(mandate) if case.now < mandate.until => return Ok(()),
        Some(mandate) => mandate.until,
    };
    Err(Reject::new(code::NOT_AUTHORISED, case.now, until))
}

/// The venue of the instrument is among those of the strategy's mandate. Measured: the venue. Limit: the mandate's
/// venues as bits.
pub fn venue(case: &Case<'_>) -> Verdict {
    let venue = case.security.terms.venue;
    match case.facts.mandates.of(case.command.owner) {
        Some(mandate) if mandate.venues >> venue & 1 == 0 => Err(Reject::new(
            code::VENUE_NOT_ALLOWED,
            i64::from(venue),
            mandate.venues as i64,
        )),
        _ => Ok(()),
    }
}
