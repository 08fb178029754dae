//! The direct book allocates nothing once it has grown: counted by the allocator itself, over the common tape.
mod book_support;

use book_support::counting::{allocations, Counting};
use cwts_core::book::{Book, DirectBook, Events, Whose};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_grown_book_allocates_nothing_on_the_common_tape() {
    let tape = book_support::tape::common_tape();
    let (mut book, mut events) = (DirectBook::with_capacity(0, 2_048), Events::new());
    // The book meets the owner before it counts.
    book.submit(&tape[0], &mut events);
    book.cancel_all(Whose::Everybody, 0, &mut events);
    let before = allocations();
    let mut with_allocation = 0;
    for command in &tape {
        let so_far = allocations();
        events.clear();
        book.submit(command, &mut events);
        with_allocation += u64::from(allocations() != so_far);
    }
    let made = allocations() - before;
    // The whole tape fits in the window: not one price takes the way through the sorted map.
    assert_eq!((made, with_allocation), (0, 0));
}
