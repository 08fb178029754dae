//! Message files of LOBSTER: lines of `time,type,order id,size,price,direction`.
//!
//! Time is seconds after midnight with at most nine decimals, price is dollars times 10 000, direction is that of the
//! resting order: 1 buys, -1 sells. Types: 1 an order came to rest, 2 a part of it was cancelled, 3 it was deleted, 4 it
//! was executed, 5 one that is not shown was executed, 6 a cross trade, 7 trading stopped (price -1), is quoted (0) or
//! goes on (1). A file is of one instrument and does not name it.
use super::fault::{wrong, FeedError, Wrong};
use super::lines::{settle, Lines, Read};
use super::scale::Unscaled;
use super::symbols::{Listing, Symbols};
use super::{FeedTotals, Parser, NO_SIDE, WHOLE};
use crate::layout::feed_fault::{OFF_LOT, OFF_TICK, RANGE, SHAPE, SYMBOL, TIME_BACKWARDS, TYPE};
use crate::layout::{feed_event_kind as kind, side, FeedEvent};

const FIELDS: usize = 6;
const NANO_DIGITS: usize = 9;
/// Decimals that prices imply.
const PRICE_DECIMALS: u32 = 4;
/// Digits that cannot overflow an `i64`.
const SAFE_DIGITS: usize = 18;

/// Parser of a LOBSTER message file.
#[derive(Debug)]
pub struct Lobster {
    lines: Lines,
    symbols: Symbols,
    midnight: i64,
    time: i64,
    totals: FeedTotals,
}

impl Lobster {
    /// A parser without its instrument. `midnight`: nanoseconds since the Unix epoch that times count from.
    #[must_use]
    pub fn new(midnight: i64) -> Self {
        Self {
            lines: Lines::default(),
            symbols: Symbols::default(),
            midnight,
            time: i64::MIN,
            totals: FeedTotals::default(),
        }
    }
}

/// A field and where in its line it begins.
#[derive(Clone, Copy, Default)]
struct Field<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Field<'_> {
    fn wrong(&self, fault: u32) -> Wrong {
        wrong(fault, self.at)
    }

    /// A whole number, with a sign or without.
    fn integer(&self) -> Result<i64, Wrong> {
        let digits = self.bytes.strip_prefix(b"-").unwrap_or(self.bytes);
        let magnitude = number(digits).map_err(|fault| self.wrong(fault))?;
        Ok(if digits.len() == self.bytes.len() {
            magnitude
        } else {
            -magnitude
        })
    }

    fn id(&self) -> Result<u64, Wrong> {
        u64::try_from(self.integer()?).map_err(|_| self.wrong(SHAPE))
    }

    /// Nanoseconds of seconds with decimals.
    fn nanos(&self) -> Result<i64, Wrong> {
        let point = self.bytes.iter().position(|byte| *byte == b'.');
        let (whole, decimals) = match point {
            Some(at) => (&self.bytes[..at], &self.bytes[at + 1..]),
            None => (self.bytes, &b"0"[..]),
        };
        let seconds = number(whole).map_err(|fault| self.wrong(fault))?;
        let kept = decimals.len().min(NANO_DIGITS);
        if decimals[kept..].iter().any(|digit| *digit != b'0') {
            return Err(self.wrong(SHAPE));
        }
        let fraction = number(&decimals[..kept]).map_err(|fault| self.wrong(fault))?;
        let fraction = fraction * 10i64.pow((NANO_DIGITS - kept) as u32);
        let nanos = seconds.checked_mul(1_000_000_000);
        nanos
            .and_then(|nanos| nanos.checked_add(fraction))
            .ok_or(self.wrong(RANGE))
    }
}

/// Digits alone; errors: the fault.
fn number(digits: &[u8]) -> Result<i64, u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(SHAPE);
    }
    if digits.len() > SAFE_DIGITS {
        return Err(RANGE);
    }
    let append = |sum, digit: &u8| sum * 10 + i64::from(digit - b'0');
    Ok(digits.iter().fold(0, append))
}

fn split(line: &[u8]) -> Result<[Field<'_>; FIELDS], Wrong> {
    let mut fields = [Field::default(); FIELDS];
    let mut at = 0;
    let mut parts = line.split(|byte| *byte == b',');
    for field in &mut fields {
        let bytes = parts.next().ok_or(wrong(SHAPE, line.len()))?;
        *field = Field { bytes, at };
        at += bytes.len() + 1;
    }
    match parts.next() {
        None => Ok(fields),
        Some(_) => Err(wrong(SHAPE, at)),
    }
}

fn read_line(
    symbols: &Symbols,
    midnight: i64,
    time: &mut i64,
    line: &[u8],
    events: &mut Vec<FeedEvent>,
) -> Result<Read, Wrong> {
    let listing = symbols.only().ok_or(wrong(SYMBOL, 0))?;
    let [stamp, code, id, size, price, direction] = split(line)?;
    let now = midnight.checked_add(stamp.nanos()?);
    let now = now.ok_or(stamp.wrong(RANGE))?;
    if now < *time {
        return Err(stamp.wrong(TIME_BACKWARDS));
    }
    let kind = match code.bytes {
        b"1" => kind::ADD,
        b"2" => kind::REDUCE,
        b"3" => kind::DELETE,
        b"4" => kind::EXECUTE,
        b"5" => kind::HIDDEN_TRADE,
        b"6" => kind::CROSS_TRADE,
        b"7" => kind::STATE,
        _ => return Err(code.wrong(TYPE)),
    };
    let mut event = FeedEvent {
        kind,
        side: NO_SIDE,
        flags: WHOLE,
        instrument: listing.instrument,
        detail: u16::from(code.bytes[0]),
        exchange_time: now,
        local_time: now,
        order_id: id.id()?,
        ..FeedEvent::default()
    };
    if kind == kind::STATE {
        event.quantity = match price.integer()? {
            -1 | 0 => 0,
            1 => 1,
            _ => return Err(price.wrong(SHAPE)),
        };
    } else {
        event.side = match direction.bytes {
            b"1" => side::BUY,
            b"-1" => side::SELL,
            _ => return Err(direction.wrong(SHAPE)),
        };
        event.price = ticks(listing, price)?;
        event.quantity = lots(listing, size)?;
    }
    *time = now;
    events.push(event);
    Ok(Read::Events)
}

fn ticks(listing: &Listing, price: Field<'_>) -> Result<i64, Wrong> {
    match listing.tick.steps_of(price.integer()?, PRICE_DECIMALS) {
        Ok(ticks) if ticks > 0 => Ok(ticks),
        Ok(_) | Err(Unscaled::Off) => Err(price.wrong(OFF_TICK)),
        Err(_) => Err(price.wrong(RANGE)),
    }
}

fn lots(listing: &Listing, size: Field<'_>) -> Result<i64, Wrong> {
    match listing.lot.steps_of(size.integer()?, 0) {
        Ok(lots) if lots > 0 => Ok(lots),
        Ok(_) | Err(Unscaled::Off) => Err(size.wrong(OFF_LOT)),
        Err(_) => Err(size.wrong(RANGE)),
    }
}

impl Parser for Lobster {
    fn next(&mut self, input: &mut &[u8], events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        let Self {
            lines,
            symbols,
            midnight,
            time,
            totals,
        } = self;
        settle(lines.next(input), events, totals, |line, events| {
            read_line(symbols, *midnight, time, line, events)
        })
    }

    fn finish(&mut self, events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        let Self {
            lines,
            symbols,
            midnight,
            time,
            totals,
        } = self;
        settle(lines.finish(), events, totals, |line, events| {
            read_line(symbols, *midnight, time, line, events)
        })
    }

    fn symbols_mut(&mut self) -> &mut Symbols {
        &mut self.symbols
    }

    fn totals(&self) -> FeedTotals {
        self.totals
    }
}
