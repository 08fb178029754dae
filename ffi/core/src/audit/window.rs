//! Forward reading of one segment with the bytes just behind the cursor still in view.
use crate::audit::format::{
    hash_at, link, read_header, record_bytes, Hash, HASH_BYTES, HEADER_BYTES,
};
use crate::layout::AuditHeader;
use std::io::{self, Read};

const CHUNK: usize = 1 << 20;

/// A cursor over a stream. What lies behind it is kept for [`HASH_BYTES`], so that a record and the hash in front of it
/// can be hashed as one run of bytes.
pub struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    cursor: usize,
    filled: usize,
    offset: u64,
}

/// What lies at the cursor.
pub enum Step {
    /// The expected record, of so many bytes; [`Window::advance`] goes past it.
    Good(AuditHeader, usize),
    /// Nothing.
    End,
    /// Something that ends before it is a whole record.
    Short,
    /// Something that is not the expected record.
    Bad,
}

impl<R: Read> Window<R> {
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; CHUNK],
            cursor: 0,
            filled: 0,
            offset: 0,
        }
    }

    /// Bytes from the beginning of the stream to the cursor.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next `count` bytes; fewer only when the stream ends, for now, before them.
    pub fn see(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.filled - self.cursor < count {
            self.fill(count)?;
        }
        let end = self.filled.min(self.cursor + count);
        Ok(&self.buffer[self.cursor..end])
    }

    /// Moves the cursor over bytes that were seen.
    pub const fn advance(&mut self, count: usize) {
        self.cursor += count;
        self.offset += count as u64;
    }

    /// Looks for record `index`, whose hash before is `head`. That hash must lie directly behind the cursor.
    pub fn step(&mut self, index: u64, head: &Hash) -> io::Result<Step> {
        let seen = self.see(HEADER_BYTES)?;
        if seen.len() < HEADER_BYTES {
            return Ok(if seen.is_empty() {
                Step::End
            } else {
                Step::Short
            });
        }
        let Some(header) = read_header(seen) else {
            return Ok(Step::Bad);
        };
        let size = record_bytes(header.length as usize);
        if self.see(size)?.len() < size {
            return Ok(Step::Short);
        }
        let end = self.cursor + size - HASH_BYTES;
        let covered = &self.buffer[self.cursor - HASH_BYTES..end];
        let good = header.index == index
            && covered[..HASH_BYTES] == head[..]
            && link(covered) == self.buffer[end..end + HASH_BYTES];
        Ok(if good {
            Step::Good(header, size)
        } else {
            Step::Bad
        })
    }

    /// The payload, of `length` bytes, of a good record at the cursor.
    pub fn payload(&self, length: usize) -> &[u8] {
        &self.buffer[self.cursor + HEADER_BYTES..][..length]
    }

    /// The hash at the end of a good record of `size` bytes at the cursor.
    pub fn hash_of(&self, size: usize) -> Hash {
        hash_at(&self.buffer, self.cursor + size - HASH_BYTES)
    }

    fn fill(&mut self, count: usize) -> io::Result<()> {
        let kept = self.cursor.min(HASH_BYTES);
        let from = self.cursor - kept;
        self.buffer.copy_within(from..self.filled, 0);
        self.filled -= from;
        self.cursor = kept;
        if self.buffer.len() < kept + count {
            self.buffer.resize(kept + count, 0);
        }
        while self.filled - self.cursor < count {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn bytes_come_in_order_however_the_source_delivers_them() -> io::Result<()> {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * CHUNK + 17).collect();
        let mut window = Window::new(bytes.as_slice());
        let mut drip = Window::new(Drip(&bytes[..2000]));
        let mut at = 0;
        while at < bytes.len() {
            let count = 1 + at % 9001;
            let seen = window.see(count)?;
            let end = (at + count).min(bytes.len());
            assert_eq!(seen, &bytes[at..end]);
            if end <= 2000 {
                assert_eq!(drip.see(count)?, &bytes[at..end]);
                drip.advance(count);
            }
            window.advance(end - at);
            at = end;
        }
        assert_eq!(window.offset(), bytes.len() as u64);
        assert!(window.see(1)?.is_empty());
        Ok(())
    }
}
