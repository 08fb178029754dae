//! Every check at its boundary, and every check missed when it is taken out of the table.
mod entry;
mod flow;
mod money;
mod pace;
mod price;
mod regulated;
mod scopes;
mod table;

use crate::gate::testkit::Bench;
use crate::layout::OrderCommand;

/// Nanoseconds in a millisecond.
const MS: i64 = 1_000_000;

/// Verdicts of single orders that differ from a good one.
fn verdict(change: impl FnOnce(&mut OrderCommand)) -> u32 {
    let mut bench = Bench::new();
    let mut order = bench.order();
    change(&mut order);
    bench.submit(&order).code
}
