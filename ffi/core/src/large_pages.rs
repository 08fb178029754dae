//! Large pages for what an order finds at random places.
//!
//! A tree of a hundred thousand accounts, or a book of as many orders, lies on thousands of small pages, more than the
//! processor remembers the addresses of: nearly every load of a line then first loads where the page is, through two tables where the machine is a
//! virtual one.

/// As large as a large page is on every machine that has them in this size; less is not worth one.
#[cfg(all(target_os = "linux", not(miri)))]
const LARGE: usize = 2 << 20;

/// Asks for large pages where `array` has room. A wish: without it, or where there are none, all is as before. To be asked
/// when room was made and not yet written.
pub fn ask_for_large_pages<T>(array: &Vec<T>) {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        let start = array.as_ptr() as usize;
        let end = start + array.capacity() * size_of::<T>();
        let first = start.next_multiple_of(LARGE);
        let length = (end & !(LARGE - 1)).saturating_sub(first);
        if length > 0 {
            // SAFETY: whole pages inside of memory that `array` owns; the advice changes how they are backed and nothing
            // that is in them.
            unsafe { libc::madvise(first as *mut libc::c_void, length, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    let _ = array;
}

/// An array of so many times `element`, on large pages where it is large enough for them.
pub fn on_large_pages<T: Clone>(element: T, length: usize) -> Vec<T> {
    let mut array = Vec::with_capacity(length);
    ask_for_large_pages(&array);
    array.resize(length, element);
    array
}

/// Appends to an array that doubles when it is full. Unlike a vector left to itself it moves to pages that nobody has
/// written yet: those it has are small ones, and stay so.
pub fn push_on_large_pages<T: Copy>(array: &mut Vec<T>, element: T) {
    if array.len() == array.capacity() {
        let mut larger = Vec::with_capacity((2 * array.len()).max(4));
        ask_for_large_pages(&larger);
        larger.extend_from_slice(array);
        *array = larger;
    }
    array.push(element);
}
