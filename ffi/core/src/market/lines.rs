//! Lines out of chunks that are cut anywhere.
use super::fault::{wrong, FeedError, Wrong};
use super::FeedTotals;
use crate::layout::{feed_fault, FeedEvent};

/// Bytes of the longest line: far above any snapshot, far below what a stream without line ends would fill.
const LONGEST: usize = 16 << 20;

/// What is left of a chunk behind its last line, and the place in the feed.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
    /// `rest` was handed out as a line, and is to be forgotten.
    spent: bool,
    /// In the middle of a line that is too long.
    skipping: bool,
    /// Byte of the feed at which the next line begins.
    next: u64,
}

/// A line without its end, and where in the feed it begins.
pub(super) struct Line<'a> {
    pub bytes: &'a [u8],
    pub position: u64,
}

impl Lines {
    /// The next line that `input` completes, shortening it; `None` when it completes none: the rest of it is kept.
    /// Errors: the line is too long, and passed over.
    #[inline]
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Line<'a>>, (u64, Wrong)> {
        self.forget_spent();
        let Some(end) = line_end(input) else {
            return self.keep(input);
        };
        let (head, tail): (&'i [u8], &'i [u8]) = input.split_at(end);
        *input = &tail[1..];
        let position = self.next;
        self.next += (self.rest.len() + end + 1) as u64;
        if core::mem::take(&mut self.skipping) {
            self.rest.clear();
            return Err((position, wrong(feed_fault::TOO_LONG, 0)));
        }
        let bytes = if self.rest.is_empty() {
            head
        } else {
            self.rest.extend_from_slice(head);
            self.spent = true;
            &self.rest
        };
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Ok(Some(Line { bytes, position }))
    }

    /// The last line, if it had no end.
    pub fn finish(&mut self) -> Result<Option<Line<'_>>, (u64, Wrong)> {
        self.forget_spent();
        let position = self.next;
        self.next += self.rest.len() as u64;
        if core::mem::take(&mut self.skipping) {
            self.rest.clear();
            return Err((position, wrong(feed_fault::TOO_LONG, 0)));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.spent = true;
        let bytes = self.rest.strip_suffix(b"\r").unwrap_or(&self.rest);
        Ok(Some(Line { bytes, position }))
    }

    fn forget_spent(&mut self) {
        if core::mem::take(&mut self.spent) {
            self.rest.clear();
        }
    }

    #[cold]
    fn keep<'a>(&mut self, input: &mut &[u8]) -> Result<Option<Line<'a>>, (u64, Wrong)> {
        let chunk = core::mem::take(input);
        if self.skipping || self.rest.len() + chunk.len() > LONGEST {
            // Only the place is counted on.
            self.next += (self.rest.len() + chunk.len()) as u64;
            self.rest.clear();
            self.skipping = true;
        } else {
            self.rest.extend_from_slice(chunk);
        }
        Ok(None)
    }
}

/// What a message was to us.
pub(super) enum Read {
    Events,
    Unknown,
}

/// Reads a line, if there is one, counts it, and takes back the events of a faulty one.
#[inline]
pub(super) fn settle(
    line: Result<Option<Line<'_>>, (u64, Wrong)>,
    events: &mut Vec<FeedEvent>,
    totals: &mut FeedTotals,
    read: impl FnOnce(&[u8], &mut Vec<FeedEvent>) -> Result<Read, Wrong>,
) -> Result<bool, FeedError> {
    let before = events.len();
    let (position, outcome) = match line {
        Ok(None) => return Ok(false),
        Ok(Some(line)) => (line.position, read(line.bytes, events)),
        Err((position, wrong)) => (position, Err(wrong)),
    };
    totals.messages += 1;
    match outcome {
        Ok(Read::Events) => Ok(true),
        Ok(Read::Unknown) => {
            totals.unknown += 1;
            Ok(true)
        }
        Err(Wrong { fault, at }) => {
            events.truncate(before);
            totals.faults += 1;
            Err(FeedError {
                fault,
                position: position + at as u64,
                message: totals.messages,
            })
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Index of the first line feed, eight bytes at a time: a byte is zero after the exclusive-or where it was one.
#[inline]
fn line_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for word in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes")) ^ (ONES * 0x0a);
        let zeros = word.wrapping_sub(ONES) & !word & HIGH;
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let tail = bytes[at..].iter().position(|byte| *byte == b'\n')?;
    Some(at + tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_wherever_the_chunks_are_cut() {
        let text = b"first\nsecond line, longer than a word\r\n\nlast without end";
        for cut in 0..=text.len() {
            for other in cut..=text.len() {
                let mut lines = Lines::default();
                let mut found: Vec<(Vec<u8>, u64)> = Vec::new();
                for mut chunk in [&text[..cut], &text[cut..other], &text[other..]] {
                    while let Some(line) = lines.next(&mut chunk).unwrap() {
                        found.push((line.bytes.to_vec(), line.position));
                    }
                }
                let last = lines.finish().unwrap().unwrap();
                found.push((last.bytes.to_vec(), last.position));
                let expected: [(&[u8], u64); 4] = [
                    (b"first", 0),
                    (b"second line, longer than a word", 6),
                    (b"", 39),
                    (b"last without end", 40),
                ];
                let found: Vec<_> = found.iter().map(|(line, at)| (&line[..], *at)).collect();
                assert_eq!(found, expected, "cut at {cut} and {other}");
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_read_at_its_place() {
        let mut lines = Lines::default();
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..40 {
            assert!(lines.next(&mut &chunk[..]).unwrap().is_none());
        }
        let mut end = &b"x\nshort\n"[..];
        let (_, wrong) = lines.next(&mut end).err().unwrap();
        assert_eq!(wrong.fault, feed_fault::TOO_LONG);
        let line = lines.next(&mut end).unwrap().unwrap();
        assert_eq!((line.bytes, line.position), (&b"short"[..], (40 << 20) + 2));
    }
}
