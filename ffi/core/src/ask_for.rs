//! A word to the memory: what will be needed soon.

/// Asks for the line in which `of` begins.
#[inline(always)]
pub fn ask_for<T>(of: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint; it reads nothing that a program could see, and the place is a live reference.
    unsafe {
        use core::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(of).cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = of;
}
