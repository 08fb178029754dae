//! The direct book allocates nothing once it has grown: counted by the allocator itself, over the common tape.
mod book_support;

use cwts_core::book::{Book, DirectBook, Events, Whose};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes unchanged to the system allocator; the counter touches no memory it hands out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`, and the pointer came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_grown_book_allocates_nothing_on_the_common_tape() {
    let tape = book_support::tape::common_tape();
    let (mut book, mut events) = (DirectBook::with_capacity(0, 2_048), Events::new());
    // The book meets the owner before it counts.
    book.submit(&tape[0], &mut events);
    book.cancel_all(Whose::Everybody, 0, &mut events);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let mut with_allocation = 0;
    for command in &tape {
        let so_far = ALLOCATIONS.load(Ordering::Relaxed);
        events.clear();
        book.submit(command, &mut events);
        with_allocation += u64::from(ALLOCATIONS.load(Ordering::Relaxed) != so_far);
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    // The whole tape fits in the window: not one price takes the way through the sorted map.
    assert_eq!((allocations, with_allocation), (0, 0));
}
