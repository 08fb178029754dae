//! Many orders that end in a row, as a mass cancel tells of them: what they held open is released once per strategy and
//! instrument, and not order by order.
//!
//! It comes to the same. What an order that ends gives back is never negative, so counts that stop at their ends stop at the
//! same place either way; and sums of money wrap, so the steps in between cancel out.
use super::executions::is_of;
use super::Gate;
use crate::layout::{exec_type, side, Execution};

/// Ends in a row from which on they are released together.
const MANY: usize = 4;
/// Orders that the memory is asked for before they are taken out: requests that do not wait for each other share their
/// waiting.
const TOGETHER: usize = 16;

/// What orders of one leaf held that have ended.
struct Released {
    leaf: u32,
    /// Lots, by side.
    lots: [i64; 2],
    orders: i32,
}

/// Whether the report ends its order whatever is open of it, without a trade.
#[inline]
fn ends(report: &Execution) -> bool {
    matches!(
        report.exec_type,
        exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED
    )
}

impl Gate {
    /// Applies reports in order: the same as [`Gate::apply`] for each.
    pub(super) fn apply_all(&mut self, venue: usize, reports: &[Execution]) {
        let mut rest = reports;
        while !rest.is_empty() {
            let many = rest.iter().take_while(|report| ends(report)).count();
            let (now, later) = rest.split_at(many.max(1));
            if many >= MANY {
                self.release(venue, now);
            } else {
                now.iter().for_each(|report| self.apply(venue, report));
            }
            rest = later;
        }
    }

    /// Applies reports that all end their orders.
    fn release(&mut self, venue: usize, reports: &[Execution]) {
        let mut sum: Option<Released> = None;
        for some in reports.chunks(TOGETHER) {
            some.iter()
                .for_each(|report| self.open.ask_for_bucket(report.order_id));
            some.iter()
                .for_each(|report| self.open.ask_for_order(report.order_id));
            some.iter()
                .for_each(|report| self.end(venue, report, &mut sum));
        }
        if let Some(sum) = sum {
            self.give_back(&sum);
        }
    }

    /// Ends one order, and adds what it gives back to `sum`.
    #[inline]
    fn end(&mut self, venue: usize, report: &Execution, sum: &mut Option<Released>) {
        self.tally.totals.executions += 1;
        let repeated = self.note_sequence(venue, report.venue_sequence);
        if report.quantity < 0 || report.leaves < 0 || !side::is_known(report.side) {
            self.tally.totals.inconsistent += 1;
            return;
        }
        if repeated && self.open.get(report.order_id).is_some() {
            return;
        }
        let Some(order) = self.open.remove(report.order_id) else {
            return self.apply_unmatched(report, repeated);
        };
        self.tally.totals.inconsistent += u64::from(!is_of(&order, report));
        let lots = order.reserved();
        self.draw(&order, -lots);
        let side = usize::from(order.side & 1);
        if let Some(sum) = sum.as_mut().filter(|sum| sum.leaf == order.leaf) {
            if let Some(more) = sum.lots[side].checked_add(lots) {
                sum.lots[side] = more;
                sum.orders += 1;
                return;
            }
        }
        let mut next = Released {
            leaf: order.leaf,
            lots: [0; 2],
            orders: 1,
        };
        next.lots[side] = lots;
        if let Some(sum) = sum.replace(next) {
            self.give_back(&sum);
        }
    }

    /// Takes what has ended out of every level.
    fn give_back(&mut self, sum: &Released) {
        let mark = self.scopes.leaf(sum.leaf).mark;
        self.scopes.change(sum.leaf, mark, -sum.orders, |cell| {
            cell.open(side::BUY, -sum.lots[usize::from(side::BUY)], -sum.orders);
            cell.open(side::SELL, -sum.lots[usize::from(side::SELL)], 0);
        });
    }
}
