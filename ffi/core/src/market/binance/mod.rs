//! Raw messages of Binance, spot and USD-M futures: `<receive time in ns> <JSON>` a line, as a socket recorder writes them.
//!
//! Streams `depth`, `trade` and `bookTicker` of the combined form (`{"stream":…,"data":…}`) and the snapshot of the REST
//! interface are read; other streams are counted as unknown. Fields may stand in any order, with any space, and unknown
//! fields are passed over; a field of ours that is missing, given twice or of another type is an error, and so is a
//! price or quantity that is no whole number of steps. A snapshot names no symbol: only a parser of one instrument can
//! read it.
//!
//! Decimals are read where they stand, digit by digit into an integer; a document is never built.
mod message;
mod prints;

use super::fault::{wrong, FeedError, Wrong};
use super::lines::{settle, Lines, Read};
use super::symbols::Symbols;
use super::{FeedTotals, Parser};
use crate::layout::{feed_fault, FeedEvent};
use message::Reader;

/// Digits of a receive time in nanoseconds, from 2001 to 2262.
const STAMP: usize = 19;

/// Parser of a Binance recording.
#[derive(Debug, Default)]
pub struct Binance {
    lines: Lines,
    reader: Reader,
    /// Receive time of the last line.
    time: i64,
    totals: FeedTotals,
}

impl Binance {
    /// A parser without instruments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

fn read_line(
    reader: &mut Reader,
    time: &mut i64,
    line: &[u8],
    events: &mut Vec<FeedEvent>,
) -> Result<Read, Wrong> {
    let now = stamp(line).ok_or(wrong(feed_fault::STAMP, 0))?;
    if now < *time {
        return Err(wrong(feed_fault::TIME_BACKWARDS, 0));
    }
    *time = now;
    reader.read(line, STAMP + 1, now, events)
}

/// Receive time in front of a line.
fn stamp(line: &[u8]) -> Option<i64> {
    let (digits, rest) = line.split_at_checked(STAMP)?;
    if rest.first() != Some(&b' ') {
        return None;
    }
    digits.iter().try_fold(0i64, |time, digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        time.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

impl Parser for Binance {
    #[inline]
    fn next(&mut self, input: &mut &[u8], events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        let Self {
            lines,
            reader,
            time,
            totals,
        } = self;
        let line = lines.next(input);
        settle(line, events, totals, |line, events| {
            read_line(reader, time, line, events)
        })
    }

    fn finish(&mut self, events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        let Self {
            lines,
            reader,
            time,
            totals,
        } = self;
        settle(lines.finish(), events, totals, |line, events| {
            read_line(reader, time, line, events)
        })
    }

    fn symbols_mut(&mut self) -> &mut Symbols {
        &mut self.reader.symbols
    }

    fn totals(&self) -> FeedTotals {
        self.totals
    }
}
