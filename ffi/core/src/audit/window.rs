//! Forward reading of one segment.
use crate::audit::format::{HeaderFault, SegmentHeader, SEGMENT_HEADER_BYTES};
use std::io::{self, Read};

const CHUNK: usize = 1 << 20;
const SMALL_CHUNK: usize = 1 << 12;

/// A cursor over a stream, which sees as far ahead as it is asked to.
pub struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    cursor: usize,
    filled: usize,
    offset: u64,
}

impl<R: Read> Window<R> {
    pub fn new(source: R) -> Self {
        Self::with_room(source, CHUNK)
    }

    /// For a source of which so many bytes have been passed.
    pub fn at(source: R, offset: u64) -> Self {
        let window = Self::new(source);
        Self { offset, ..window }
    }

    /// For a source that costs nothing to ask.
    pub fn small(source: R) -> Self {
        Self::with_room(source, SMALL_CHUNK)
    }

    fn with_room(source: R, room: usize) -> Self {
        Self {
            source,
            buffer: vec![0; room],
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
    #[inline]
    pub fn see(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.filled - self.cursor < count {
            self.fill(count)?;
        }
        let end = self.filled.min(self.cursor + count);
        Ok(&self.buffer[self.cursor..end])
    }

    /// Reads the segment's header, at the beginning, and moves behind it.
    pub fn header(&mut self) -> io::Result<Result<SegmentHeader, HeaderFault>> {
        let size = match SegmentHeader::extent(self.see(SEGMENT_HEADER_BYTES)?) {
            Ok(size) => size,
            Err(fault) => return Ok(Err(fault)),
        };
        let header = SegmentHeader::decode(self.see(size)?);
        if header.is_ok() {
            self.advance(size);
        }
        Ok(header)
    }

    /// What was seen last and is still ahead of the cursor.
    pub fn seen(&self) -> &[u8] {
        &self.buffer[self.cursor..self.filled]
    }

    /// Moves the cursor over bytes that were seen.
    pub const fn advance(&mut self, count: usize) {
        self.cursor += count;
        self.offset += count as u64;
    }

    fn fill(&mut self, count: usize) -> io::Result<()> {
        self.buffer.copy_within(self.cursor..self.filled, 0);
        self.filled -= self.cursor;
        self.cursor = 0;
        if self.buffer.len() < count {
            self.buffer.resize(count.next_power_of_two(), 0);
        }
        while self.filled < count {
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
