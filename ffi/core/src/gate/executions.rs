//! What venues report back: fills, removals, changes and refusals, applied to exposure before anyone else sees them.
use super::ports::Journal;
use super::{slot, Gate, INSTRUMENTS, RECORD_VERSION, STRATEGIES};
use crate::layout::{code, exec_type, record_type, side, Execution};
use crate::record::bytes_of;

/// Venue streams a gate can tell apart.
pub const VENUES: usize = 64;

impl Gate {
    /// Records every report, then applies them in order. `venue` is the stream they came on, below [`VENUES`]: within
    /// one, `venue_sequence` rises.
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
        let recorded = self.record_executions(journal, reports);
        for report in reports {
            self.apply(venue as usize, report);
        }
        recorded
    }

    fn record_executions(
        &mut self,
        journal: &mut impl Journal,
        reports: &[Execution],
    ) -> Result<(), u32> {
        let mut failed = self.shut;
        for report in reports {
            failed = failed
                || journal
                    .append(
                        record_type::EXECUTION,
                        RECORD_VERSION,
                        report.time,
                        report.order_id,
                        &[bytes_of(report)],
                    )
                    .is_err();
            self.tally.totals.unrecorded += u64::from(failed);
        }
        failed = failed || journal.commit().is_err();
        self.shut = failed;
        if failed {
            return Err(code::AUDIT_FAILED);
        }
        Ok(())
    }

    fn apply(&mut self, venue: usize, report: &Execution) {
        self.tally.totals.executions += 1;
        let repeated = self.note_sequence(venue, report.venue_sequence);
        if report.quantity < 0 || report.leaves < 0 || !side::is_known(report.side) {
            self.tally.totals.inconsistent += 1;
            return;
        }
        if !self.open.contains_key(&report.order_id) {
            self.apply_unmatched(report, repeated);
        } else if !(repeated && self.is_repetition(report)) {
            self.apply_to_order(report);
        }
    }

    /// Counts a sequence number that does not rise; 0 means the venue does not count.
    fn note_sequence(&mut self, venue: usize, sequence: u64) -> bool {
        let last = &mut self.venues[venue];
        let repeated = sequence != 0 && sequence <= *last;
        *last = (*last).max(sequence);
        self.tally.totals.repeated += u64::from(repeated);
        repeated
    }

    /// Whether the order already stands as the report leaves it.
    fn is_repetition(&self, report: &Execution) -> bool {
        let open = self.open[&report.order_id].leaves;
        match report.exec_type {
            exec_type::TRADE | exec_type::RESTATED => {
                open != report.leaves.saturating_add(report.quantity)
            }
            exec_type::REPLACED => open == report.leaves,
            _ => true,
        }
    }

    fn apply_unmatched(&mut self, report: &Execution, repeated: bool) {
        self.tally.totals.unmatched += 1;
        let ours = (1..STRATEGIES as u32).contains(&report.owner)
            && usize::from(report.instrument) < INSTRUMENTS;
        if report.exec_type == exec_type::TRADE && ours && !repeated {
            let at = slot(report.owner, report.instrument);
            self.fill(at, report.side, report.quantity);
        }
    }

    fn apply_to_order(&mut self, report: &Execution) {
        let Some(order) = self.open.get_mut(&report.order_id) else {
            return;
        };
        let before = *order;
        let at = slot(before.strategy, before.instrument);
        // A refused change carries the side and instrument of the change, which a cancel need not know.
        let mut agrees = report.owner == before.strategy
            && (report.exec_type == exec_type::CANCEL_REJECTED
                || (report.instrument == before.instrument && report.side == before.side));
        let mut filled = 0;
        match report.exec_type {
            exec_type::NEW => agrees &= report.leaves == before.leaves,
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
            exec_type::TRIGGERED => agrees &= report.leaves == before.leaves,
            exec_type::CANCEL_REJECTED => order.refused(),
            exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED => order.leaves = 0,
            _ => agrees = false,
        }
        let after = *order;
        let ends = match report.exec_type {
            exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED => true,
            exec_type::TRADE | exec_type::REPLACED | exec_type::RESTATED => after.leaves == 0,
            _ => false,
        };
        self.tally.totals.inconsistent += u64::from(!agrees);
        if filled > 0 {
            self.fill(at, before.side, filled);
        }
        if ends {
            self.open.remove(&report.order_id);
            self.count_open(&before, -before.reserved(), -1);
        } else {
            self.count_open(&before, after.reserved() - before.reserved(), 0);
        }
    }

    fn fill(&mut self, at: usize, side: u8, quantity: i64) {
        let exposure = &mut self.exposure[at];
        if side == side::BUY {
            exposure.position = exposure.position.saturating_add(quantity);
            exposure.bought = exposure.bought.saturating_add(quantity);
        } else {
            exposure.position = exposure.position.saturating_sub(quantity);
            exposure.sold = exposure.sold.saturating_add(quantity);
        }
    }
}
