//! Large pages for what an order finds at random places.
//!
//! A tree of a hundred thousand accounts lies on tens of thousands of small pages, more than the processor remembers the
//! addresses of: nearly every load of a line then first loads where the page is, through two tables where the machine is a
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
