//! Bytes as the checksums see them: somebody's memory, as a [`Column`](super::column::Column) is of numbers.
use core::marker::PhantomData;

/// `length` bytes, of any alignment.
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    start: *const u8,
    length: usize,
    lives: PhantomData<&'a u8>,
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        // SAFETY: the slice is borrowed for as long as these bytes live.
        unsafe { Self::new(bytes.as_ptr(), bytes.len()) }
    }
}

impl Bytes<'_> {
    /// Memory that is not ours. With `length` 0 nothing is read.
    ///
    /// # Safety
    /// While this lives, `length` bytes can be read at `start`.
    #[must_use]
    pub unsafe fn new(start: *const u8, length: usize) -> Self {
        Self {
            start,
            length,
            lives: PhantomData,
        }
    }

    #[must_use]
    pub fn len(self) -> usize {
        self.length
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    /// The address of `count` bytes from `at` on, all of them inside.
    #[inline(always)]
    #[must_use]
    pub fn at(self, at: usize, count: usize) -> *const u8 {
        assert!(at <= self.length && count <= self.length - at);
        // SAFETY: inside the bytes, which are one piece of memory.
        unsafe { self.start.add(at) }
    }

    #[inline(always)]
    #[must_use]
    pub fn get(self, at: usize) -> u8 {
        // SAFETY: one byte inside.
        unsafe { self.at(at, 1).read() }
    }

    /// Eight bytes from `at` on, the first the lowest.
    #[inline(always)]
    #[must_use]
    pub fn word(self, at: usize) -> u64 {
        // SAFETY: eight bytes inside.
        u64::from_le(unsafe { self.at(at, 8).cast::<u64>().read_unaligned() })
    }
}
