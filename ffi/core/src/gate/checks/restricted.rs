//! What nobody, or somebody, may trade at present.
use crate::gate::case::Case;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// The restricted and borrow lists are of today: yesterday's list loaded in error must not be traded on. An order that only
/// takes away from the position passes. Measured: the time of the command. Limit: until when the lists count.
pub fn lists(case: &Case<'_>) -> Verdict {
    let until = case.facts.lists_until();
    if case.now < until || case.reduces() {
        return Ok(());
    }
    Err(Reject::new(code::LISTS_NOT_CURRENT, case.now, until))
}

/// Neither the instrument nor its issuer is on a list that binds the strategy or anybody above it. A position is not sold
/// off past a list either: only a list of purchases lets sales through. Measured: number of the list. Limit: 0.
pub fn list(case: &Case<'_>) -> Verdict {
    let path = case.strategy.map_or(&[][..], |strategy| &strategy.path);
    let (issuer, instrument) = (case.security.terms.issuer, case.command.instrument);
    let entries = &case.facts.restrictions;
    match entries.forbids(path, issuer, instrument, case.side(), case.now) {
        None => Ok(()),
        Some(entry) => Err(Reject::at(
            entry.node,
            code::RESTRICTED,
            i64::from(entry.list),
            0,
        )),
    }
}
