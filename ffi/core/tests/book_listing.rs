//! Ten thousand listed instruments are cheap: counted in bytes by the allocator.
mod book_support;

use book_support::counting::{bytes, Counting};
use book_support::{limit, BUY};
use cwts_core::book::{DirectBook, MatchingEngine};
use cwts_core::layout::OrderCommand;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn ten_thousand_instruments_take_little_memory_until_they_are_used() {
    let before = bytes();
    let mut engine = MatchingEngine::<DirectBook>::new();
    for instrument in 0..10_000 {
        engine.add_instrument(instrument).unwrap();
    }
    let listed = bytes() - before;
    for instrument in 0..10_000 {
        engine.submit(&OrderCommand {
            instrument,
            ..limit(1, BUY, 1, 100)
        });
        engine.clear_events();
    }
    let used = bytes() - before;
    assert_eq!(engine.open_orders(), 10_000);
    let each = |bytes: u64| bytes / 10_000;
    assert!(
        each(listed) <= 1_536,
        "{} bytes an empty book",
        each(listed)
    );
    assert!(
        each(used) <= 8_192,
        "{} bytes a book of one order",
        each(used)
    );
}
