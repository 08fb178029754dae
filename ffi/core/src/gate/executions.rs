//! What venues report back: fills, removals, changes and refusals, applied to exposure before anyone else sees them.
use super::orders::OpenOrder;
use super::ports::Journal;
use super::{held, Gate, EXECUTION_VERSION};
use crate::layout::{code, exec_type, record_type, side, Execution, INSTRUMENT_LAST};

/// Venue streams a gate can tell apart.
pub const VENUES: usize = 64;

impl Gate {
    /// Records every report, with the stream on which it came, then applies them in order. `venue` is that stream, below
    /// [`VENUES`]: within one, `venue_sequence` rises.
    ///
    /// A report whose sequence does not rise is applied only if the order's open lots show that it is new; otherwise it
    /// is a repetition, and counted. A trade of an order the gate does not have open still moves the position, and is
    /// counted as unmatched.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` for a venue out of range, with nothing done. `AUDIT_FAILED` when a report could not be recorded:
    /// the gate is shut, but what the venue did is applied all the same, so that exposure stays true.
    pub fn apply_executions(
        &mut self,
        journal: &mut impl Journal,
        venue: u32,
        reports: &[Execution],
    ) -> Result<(), u32> {
        if venue as usize >= VENUES {
            return Err(code::BAD_ARGUMENT);
        }
        let recorded = self.record_executions(journal, venue as u8, reports);
        self.apply_all(venue as usize, reports);
        recorded
    }

    fn record_executions(
        &mut self,
        journal: &mut impl Journal,
        stream: u8,
        reports: &[Execution],
    ) -> Result<(), u32> {
        let kept = if self.shut {
            0
        } else if reports.iter().all(|report| report.stream == stream) {
            record_all(journal, reports)
        } else {
            let marked = reports.iter().map(|report| Execution { stream, ..*report });
            record_all(journal, &marked.collect::<Vec<_>>())
        };
        let unrecorded = reports.len() - kept;
        self.tally.totals.unrecorded += unrecorded as u64;
        let mut failed = self.shut || unrecorded > 0;
        failed = failed || journal.commit().is_err();
        self.shut = failed;
        if failed {
            return Err(code::AUDIT_FAILED);
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, venue: usize, report: &Execution) {
        self.tally.totals.executions += 1;
        if report.exec_type == exec_type::TRADE && self.facts.has(held::THROTTLES) {
            self.flow.throttles.traded(report.owner, report.time);
        }
        let repeated = self.note_sequence(venue, report.venue_sequence);
        if report.quantity < 0 || report.leaves < 0 || !side::is_known(report.side) {
            self.tally.totals.inconsistent += 1;
            return;
        }
        let Some(order) = self.open.get_mut(report.order_id) else {
            return self.apply_unmatched(report, repeated);
        };
        if repeated && is_repetition(order, report) {
            return;
        }
        let before = *order;
        let (agrees, filled, ends) = carry_over(order, report);
        let after = order.reserved();
        if ends {
            self.open.remove(report.order_id);
        }
        self.tally.totals.inconsistent += u64::from(!agrees);
        let reserved = before.reserved();
        let (lots, orders) = if ends {
            (-reserved, -1)
        } else {
            (after - reserved, 0)
        };
        if filled == 0 && lots == 0 && orders == 0 {
            return;
        }
        // What is sold stays taken; what ends unfilled is given back.
        self.draw(&before, lots.saturating_add(filled));
        let mark = self.scopes.leaf(before.leaf).mark;
        self.scopes.change(before.leaf, mark, orders, |cell| {
            cell.fill(before.side, filled);
            cell.open(before.side, lots, orders);
        });
    }

    /// Counts a sequence number that does not rise; 0 means the venue does not count.
    pub(super) fn note_sequence(&mut self, venue: usize, sequence: u64) -> bool {
        let last = &mut self.venues[venue];
        let repeated = sequence != 0 && sequence <= *last;
        *last = (*last).max(sequence);
        self.tally.totals.repeated += u64::from(repeated);
        repeated
    }

    pub(super) fn apply_unmatched(&mut self, report: &Execution, repeated: bool) {
        self.tally.totals.unmatched += 1;
        let ours = self.scopes.strategy(report.owner).is_some()
            && u32::from(report.instrument) <= INSTRUMENT_LAST;
        if report.exec_type == exec_type::TRADE && ours && !repeated {
            let known = self.scopes.find(report.owner, report.instrument);
            // What has traded is counted, also past the room that was declared.
            let leaf = known.unwrap_or_else(|| self.meet(report.owner, report.instrument));
            let mark = self.scopes.leaf(leaf).mark;
            self.scopes.change(leaf, mark, 0, |cell| {
                cell.fill(report.side, report.quantity)
            });
        }
    }
}

/// Puts reports on record, and says how many are.
fn record_all(journal: &mut impl Journal, reports: &[Execution]) -> usize {
    let about = |report: &Execution| (report.time, report.order_id);
    journal
        .append_all(record_type::EXECUTION, EXECUTION_VERSION, reports, about)
        .map_or_else(|kept| kept, |()| reports.len())
}

/// Whether the order already stands as the report leaves it.
fn is_repetition(order: &OpenOrder, report: &Execution) -> bool {
    match report.exec_type {
        exec_type::TRADE | exec_type::RESTATED => {
            order.leaves != report.leaves.saturating_add(report.quantity)
        }
        exec_type::REPLACED => order.leaves == report.leaves,
        _ => true,
    }
}

/// Whether the report speaks of the order as it is known. A refused change carries the side and instrument of the change,
/// which a cancel need not know.
pub(super) fn is_of(order: &OpenOrder, report: &Execution) -> bool {
    report.owner == order.strategy
        && (report.exec_type == exec_type::CANCEL_REJECTED
            || (report.instrument == order.instrument && report.side == order.side))
}

/// Brings an order to where the report leaves it. Says whether the report agrees with what was known, how many lots it
/// fills, and whether the order ends.
fn carry_over(order: &mut OpenOrder, report: &Execution) -> (bool, i64, bool) {
    let before = *order;
    let mut agrees = is_of(&before, report);
    let mut filled = 0;
    match report.exec_type {
        exec_type::NEW | exec_type::TRIGGERED => agrees &= report.leaves == before.leaves,
        exec_type::TRADE => {
            agrees &= report.leaves.saturating_add(report.quantity) == before.leaves;
            order.leaves = report.leaves;
            filled = report.quantity;
        }
        exec_type::RESTATED => {
            agrees &= report.leaves.saturating_add(report.quantity) == before.leaves;
            order.restated(report.quantity, report.leaves);
        }
        exec_type::REPLACED => {
            agrees &= report.quantity >= report.leaves;
            order.replaced(report.price, report.quantity, report.leaves);
        }
        exec_type::CANCEL_REJECTED => order.refused(),
        exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED => order.leaves = 0,
        _ => agrees = false,
    }
    let ends = match report.exec_type {
        exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED => true,
        exec_type::TRADE | exec_type::REPLACED | exec_type::RESTATED => order.leaves == 0,
        _ => false,
    };
    (agrees, filled, ends)
}
