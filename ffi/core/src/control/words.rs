//! The page as atomic words. Every access to it, text included, goes through an atomic of one of two sizes, so no two
//! processes ever race on plain memory.
use crate::layout::{
    CONTROL_ABOVE_OFFSET, CONTROL_MORE_SCOPES_OFFSET, CONTROL_PAGE_SIZE, CONTROL_SCOPES_OFFSET,
    CUSTOMER_SCOPE_BASE, SCOPE_COUNT,
};
use memmap2::{MmapMut, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const SIZE: usize = CONTROL_PAGE_SIZE as usize;
const SCOPES: usize = SCOPE_COUNT as usize;
/// Scopes whose words lie where format 1 had them.
const FIRST: usize = CUSTOMER_SCOPE_BASE as usize;
/// Bytes that hold 32-bit words.
const NARROW: [std::ops::Range<usize>; 3] = [
    words(CONTROL_SCOPES_OFFSET, FIRST),
    words(CONTROL_MORE_SCOPES_OFFSET, SCOPES - FIRST),
    words(CONTROL_ABOVE_OFFSET, SCOPES),
];

const fn words(offset: u32, count: usize) -> std::ops::Range<usize> {
    offset as usize..offset as usize + 4 * count
}

/// One mapping of [`CONTROL_PAGE_SIZE`] bytes.
#[derive(Debug)]
pub struct Words {
    map: MmapRaw,
}

impl Words {
    /// Maps a file, shared with everybody else who maps it.
    pub fn of_file(file: &File) -> io::Result<Self> {
        MmapOptions::new()
            .len(SIZE)
            .map_raw(file)
            .map(|map| Self { map })
    }

    /// A page of this process alone.
    pub fn anonymous() -> io::Result<Self> {
        MmapMut::map_anon(SIZE).map(|map| Self { map: map.into() })
    }

    /// The 64-bit word at byte `offset`, a multiple of 8, outside the 32-bit words.
    #[inline]
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset < SIZE);
        debug_assert!(!NARROW.iter().any(|range| range.contains(&offset)));
        // SAFETY: the mapping is SIZE bytes, lives as long as `self` and begins on a page boundary, so the word lies
        // inside and is aligned. Everybody in this process reaches it through this function, and never through the
        // 32-bit one, so all accesses are atomic and of one size. Other processes of the operator do the same.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    /// The state word of `scope`, which must be below [`SCOPE_COUNT`].
    #[inline]
    pub fn scope(&self, scope: usize) -> &AtomicU32 {
        assert!(scope < SCOPES);
        self.narrow(if scope < FIRST {
            CONTROL_SCOPES_OFFSET as usize + 4 * scope
        } else {
            CONTROL_MORE_SCOPES_OFFSET as usize + 4 * (scope - FIRST)
        })
    }

    /// The word that says which scope is above `scope`, which must be below [`SCOPE_COUNT`].
    #[inline]
    pub fn above(&self, scope: usize) -> &AtomicU32 {
        assert!(scope < SCOPES);
        self.narrow(CONTROL_ABOVE_OFFSET as usize + 4 * scope)
    }

    #[inline]
    fn narrow(&self, offset: usize) -> &AtomicU32 {
        debug_assert!(NARROW.iter().any(|range| range.contains(&offset)));
        // SAFETY: as in `word`: inside the mapping, aligned, and reached in this size only.
        unsafe { AtomicU32::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    /// Stores `text` in the `size` bytes at `offset`, zero padded and cut at a character when it is too long.
    pub fn put_text(&self, offset: usize, size: usize, text: &str) {
        let mut end = text.len().min(size);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let bytes = &text.as_bytes()[..end];
        for at in (0..size).step_by(8) {
            let mut word = [0; 8];
            let part = &bytes[at.min(end)..(at + 8).min(end)];
            word[..part.len()].copy_from_slice(part);
            self.word(offset + at)
                .store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
    }

    /// The text in the `size` bytes at `offset`.
    pub fn text(&self, offset: usize, size: usize) -> String {
        let mut bytes = Vec::with_capacity(size);
        for at in (0..size).step_by(8) {
            bytes.extend_from_slice(&self.word(offset + at).load(Ordering::Relaxed).to_le_bytes());
        }
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(size);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }

    /// Waits until the words are on disk.
    pub fn flush(&self) -> io::Result<()> {
        self.map.flush()
    }
}

const _: () = {
    assert!(SIZE.is_multiple_of(4096));
    let mut at = 0;
    while at < NARROW.len() {
        assert!(NARROW[at].end <= SIZE && NARROW[at].start.is_multiple_of(8));
        at += 1;
    }
};
