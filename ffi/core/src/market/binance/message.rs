//! One JSON message of Binance to events.
use crate::layout::feed_fault::{OFF_LOT, OFF_TICK, RANGE, SHAPE, SYMBOL};
use crate::layout::{feed_event_kind, side, FeedEvent};
use crate::market::fault::{wrong, Wrong};
use crate::market::json::{Cursor, Text};
use crate::market::lines::Read;
use crate::market::scale::{Scale, Unscaled};
use crate::market::symbols::Symbols;
use crate::market::{mark_message, CHAINED, NO_SIDE};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// Streams that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Depth,
    Trade,
    Ticker,
}

/// Fields that were seen, as bits: to require the right ones at the end, each once.
pub(super) mod saw {
    pub const EVENT: u32 = 1;
    pub const TIME: u32 = 1 << 1;
    pub const SYMBOL: u32 = 1 << 2;
    pub const FIRST: u32 = 1 << 3;
    pub const LAST: u32 = 1 << 4;
    pub const PREVIOUS: u32 = 1 << 5;
    pub const BIDS: u32 = 1 << 6;
    pub const ASKS: u32 = 1 << 7;
    pub const ID: u32 = 1 << 8;
    pub const PRICE: u32 = 1 << 9;
    pub const QUANTITY: u32 = 1 << 10;
    pub const MAKER: u32 = 1 << 11;
    pub const KIND: u32 = 1 << 12;
    pub const BID_QUANTITY: u32 = 1 << 13;
    pub const ASK_QUANTITY: u32 = 1 << 14;
    pub const DEPTH: u32 = EVENT | TIME | SYMBOL | FIRST | LAST | BIDS | ASKS;
    pub const TRADE: u32 = EVENT | TIME | SYMBOL | ID | PRICE | QUANTITY | MAKER;
    pub const TICKER: u32 = SYMBOL | LAST | BIDS | ASKS | BID_QUANTITY | ASK_QUANTITY;
    pub const SNAPSHOT: u32 = LAST | BIDS | ASKS;
}

pub(super) fn once(seen: &mut u32, bit: u32, at: usize) -> Result<(), Wrong> {
    if *seen & bit != 0 {
        return Err(wrong(SHAPE, at));
    }
    *seen |= bit;
    Ok(())
}

/// What all messages of a parser share.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub symbols: Symbols,
}

/// Steps of one instrument.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub instrument: u16,
    tick: Scale,
    lot: Scale,
}

impl Scales {
    #[inline]
    pub fn price(&self, text: Text<'_>) -> Result<i64, Wrong> {
        match self.tick.steps_of_text(text.unescaped()?) {
            Ok(0) => Err(wrong(OFF_TICK, text.at)),
            Ok(ticks) => Ok(ticks),
            Err(why) => Err(unscaled(why, OFF_TICK, text.at)),
        }
    }

    #[inline]
    fn quantity(&self, text: Text<'_>) -> Result<i64, Wrong> {
        let lots = self.lot.steps_of_text(text.unescaped()?);
        lots.map_err(|why| unscaled(why, OFF_LOT, text.at))
    }

    pub fn some_quantity(&self, text: Text<'_>) -> Result<i64, Wrong> {
        match self.quantity(text)? {
            0 => Err(wrong(OFF_LOT, text.at)),
            lots => Ok(lots),
        }
    }
}

#[cold]
fn unscaled(why: Unscaled, off: u32, at: usize) -> Wrong {
    let fault = match why {
        Unscaled::Malformed => SHAPE,
        Unscaled::Off => off,
        Unscaled::Range => RANGE,
    };
    wrong(fault, at)
}

impl Reader {
    /// Reads the JSON from byte `from` of a line on.
    #[inline]
    pub fn read(
        &mut self,
        line: &[u8],
        from: usize,
        local_time: i64,
        events: &mut Vec<FeedEvent>,
    ) -> Result<Read, Wrong> {
        let mut cursor = Cursor::new(line, from);
        cursor.expect(b'{')?;
        let event = FeedEvent {
            local_time,
            side: NO_SIDE,
            ..FeedEvent::default()
        };
        let stream = match cursor.find(b"stream") {
            Ok(Some(mut value)) => Some(value.string()?),
            Ok(None) => None,
            Err(error) => return Err(error),
        };
        if stream.is_none() {
            return self.read_snapshot(&mut cursor, event, events);
        }
        let kind = stream.and_then(|name| stream_of(name.plain(&mut [0; 64])));
        let mut seen_data = false;
        let mut seen_stream = false;
        loop {
            let key = cursor.key()?;
            match key.plain(&mut [0; 64]) {
                b"stream" if seen_stream => return Err(wrong(SHAPE, key.at)),
                b"data" if seen_data => return Err(wrong(SHAPE, key.at)),
                b"lastUpdateId" => return Err(wrong(SHAPE, key.at)),
                b"data" if kind.is_some() => {
                    seen_data = true;
                    match kind {
                        Some(Stream::Depth) => self.read_depth(&mut cursor, event, events)?,
                        Some(Stream::Trade) => self.read_trade(&mut cursor, event, events)?,
                        _ => self.read_ticker(&mut cursor, event, events)?,
                    }
                }
                other => {
                    seen_stream |= other == b"stream";
                    cursor.skip_value()?;
                }
            }
            if !cursor.another(b'}')? {
                break;
            }
        }
        cursor.end()?;
        match kind {
            None => Ok(Read::Unknown),
            Some(_) if seen_data => Ok(Read::Events),
            Some(_) => Err(wrong(SHAPE, cursor.at)),
        }
    }

    pub(super) fn scales(&mut self, symbol: Text<'_>) -> Result<Scales, Wrong> {
        let found = self.symbols.find(symbol.plain(&mut [0; 64]));
        let listing = found.ok_or(wrong(SYMBOL, symbol.at))?;
        Ok(Scales {
            instrument: listing.instrument,
            tick: listing.tick,
            lot: listing.lot,
        })
    }

    /// The steps for the numbers of an object that `members` stands at the first member of, before its symbol was met.
    #[cold]
    fn scales_ahead(&mut self, members: &Cursor<'_>) -> Result<Scales, Wrong> {
        match members.find(b"s")? {
            Some(mut value) => {
                let symbol = value.string()?;
                self.scales(symbol)
            }
            None => Err(wrong(SHAPE, members.at)),
        }
    }

    fn read_depth(
        &mut self,
        cursor: &mut Cursor<'_>,
        mut event: FeedEvent,
        events: &mut Vec<FeedEvent>,
    ) -> Result<(), Wrong> {
        cursor.members()?;
        let members = cursor.clone();
        let begin = events.len();
        let mut scales = None;
        let mut seen = 0;
        // Head fields that were met after levels had been written with what was known of the head.
        let mut late = 0;
        event.kind = feed_event_kind::LEVEL;
        loop {
            let key = cursor.key()?;
            let bit = match key.plain(&mut [0; 64]) {
                b"e" => {
                    expect_text(cursor, b"depthUpdate")?;
                    saw::EVENT
                }
                b"E" => {
                    event.exchange_time = millis(cursor)?;
                    saw::TIME
                }
                b"s" => {
                    scales = Some(self.scales(cursor.string()?)?);
                    saw::SYMBOL
                }
                b"U" => {
                    event.first_id = cursor.integer()?;
                    saw::FIRST
                }
                b"u" => {
                    event.order_id = cursor.integer()?;
                    saw::LAST
                }
                b"pu" => {
                    event.previous_id = cursor.integer()?;
                    event.flags |= CHAINED;
                    saw::PREVIOUS
                }
                which @ (b"b" | b"a") => {
                    let scales = match scales {
                        Some(scales) => scales,
                        None => self.scales_ahead(&members)?,
                    };
                    event.instrument = scales.instrument;
                    let (side, bit) = if which == b"b" {
                        (side::BUY, saw::BIDS)
                    } else {
                        (side::SELL, saw::ASKS)
                    };
                    read_levels(cursor, scales, FeedEvent { side, ..event }, events)?;
                    bit
                }
                _ => {
                    cursor.skip_value()?;
                    0
                }
            };
            once(&mut seen, bit, key.at)?;
            if seen & (saw::BIDS | saw::ASKS) != 0 {
                late |= bit & !(saw::BIDS | saw::ASKS);
            }
            if !cursor.another(b'}')? {
                break;
            }
        }
        if seen & saw::DEPTH != saw::DEPTH {
            return Err(wrong(SHAPE, cursor.at));
        }
        if late != 0 {
            write_head(&mut events[begin..], &event);
        }
        finish_levels(events, begin, event);
        Ok(())
    }

    /// `cursor` stands at the first member of a message without a stream: a snapshot, or something unknown.
    #[cold]
    fn read_snapshot(
        &mut self,
        cursor: &mut Cursor<'_>,
        mut event: FeedEvent,
        events: &mut Vec<FeedEvent>,
    ) -> Result<Read, Wrong> {
        if cursor.find(b"lastUpdateId")?.is_none() {
            // The look ahead went to the end of the object and found it sound.
            let mut all = cursor.clone();
            pass_over_members(&mut all)?;
            all.end()?;
            return Ok(Read::Unknown);
        }
        let listing = self.symbols.only().ok_or(wrong(SYMBOL, cursor.at))?;
        let scales = Scales {
            instrument: listing.instrument,
            tick: listing.tick,
            lot: listing.lot,
        };
        let begin = events.len();
        let mut seen = 0;
        event.kind = feed_event_kind::SNAPSHOT_LEVEL;
        event.instrument = scales.instrument;
        loop {
            let key = cursor.key()?;
            let bit = match key.plain(&mut [0; 64]) {
                b"lastUpdateId" => {
                    event.order_id = cursor.integer()?;
                    saw::LAST
                }
                b"E" => {
                    event.exchange_time = millis(cursor)?;
                    saw::TIME
                }
                b"bids" => {
                    let side = side::BUY;
                    read_levels(cursor, scales, FeedEvent { side, ..event }, events)?;
                    saw::BIDS
                }
                b"asks" => {
                    let side = side::SELL;
                    read_levels(cursor, scales, FeedEvent { side, ..event }, events)?;
                    saw::ASKS
                }
                _ => {
                    cursor.skip_value()?;
                    0
                }
            };
            once(&mut seen, bit, key.at)?;
            if !cursor.another(b'}')? {
                break;
            }
        }
        cursor.end()?;
        if seen & saw::SNAPSHOT != saw::SNAPSHOT {
            return Err(wrong(SHAPE, cursor.at));
        }
        write_head(&mut events[begin..], &event);
        finish_levels(events, begin, event);
        Ok(Read::Events)
    }
}

fn pass_over_members(cursor: &mut Cursor<'_>) -> Result<(), Wrong> {
    if cursor.take(b'}') {
        return Ok(());
    }
    loop {
        cursor.key()?;
        cursor.skip_value()?;
        if !cursor.another(b'}')? {
            return Ok(());
        }
    }
}

/// `<symbol>@<stream>` or `<symbol>@<stream>@<speed>`.
#[inline]
fn stream_of(name: &[u8]) -> Option<Stream> {
    let mut parts = name.splitn(4, |byte| *byte == b'@');
    let (_, kind, _, more) = (parts.next(), parts.next()?, parts.next(), parts.next());
    match kind {
        _ if more.is_some() => None,
        b"depth" => Some(Stream::Depth),
        b"trade" => Some(Stream::Trade),
        b"bookTicker" => Some(Stream::Ticker),
        _ => None,
    }
}

pub(super) fn expect_text(cursor: &mut Cursor<'_>, expected: &[u8]) -> Result<(), Wrong> {
    let text = cursor.string()?;
    if text.plain(&mut [0; 64]) == expected {
        Ok(())
    } else {
        Err(wrong(SHAPE, text.at))
    }
}

/// Milliseconds as nanoseconds.
pub(super) fn millis(cursor: &mut Cursor<'_>) -> Result<i64, Wrong> {
    let at = cursor.at;
    let millis = cursor.integer()? as i64;
    millis.checked_mul(NANOS_PER_MILLI).ok_or(wrong(RANGE, at))
}

/// `[["price","quantity"],…]`, each an event like `event`.
#[inline]
fn read_levels(
    cursor: &mut Cursor<'_>,
    scales: Scales,
    event: FeedEvent,
    events: &mut Vec<FeedEvent>,
) -> Result<(), Wrong> {
    cursor.expect(b'[')?;
    if cursor.take(b']') {
        return Ok(());
    }
    loop {
        cursor.expect(b'[')?;
        let at = cursor.at + 1;
        let price = match cursor.plain_decimal(&scales.tick) {
            Some(ticks) if ticks > 0 => ticks,
            Some(_) => return Err(wrong(OFF_TICK, at)),
            None => scales.price(cursor.string()?)?,
        };
        cursor.expect_in_array(b',')?;
        let quantity = match cursor.plain_decimal(&scales.lot) {
            Some(lots) => lots,
            None => scales.quantity(cursor.string()?)?,
        };
        cursor.expect_in_array(b']')?;
        events.push(FeedEvent {
            price,
            quantity,
            ..event
        });
        if !cursor.another(b']')? {
            return Ok(());
        }
    }
}

/// Gives levels the head that was not whole when they were written.
#[cold]
fn write_head(events: &mut [FeedEvent], head: &FeedEvent) {
    for event in events {
        *event = FeedEvent {
            side: event.side,
            price: event.price,
            quantity: event.quantity,
            ..*head
        };
    }
}

/// Marks the levels of a message; one without any becomes an event without a side.
fn finish_levels(events: &mut Vec<FeedEvent>, begin: usize, head: FeedEvent) {
    if events.len() == begin {
        events.push(FeedEvent {
            side: NO_SIDE,
            ..head
        });
    }
    mark_message(events, begin);
}
