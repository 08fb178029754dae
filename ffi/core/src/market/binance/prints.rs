//! Trades and best prices of Binance to events.
use super::message::{expect_text, millis, once, saw, Reader};
use crate::layout::feed_fault::SHAPE;
use crate::layout::{feed_event_kind, side, FeedEvent};
use crate::market::fault::{wrong, Wrong};
use crate::market::json::Cursor;
use crate::market::mark_message;

impl Reader {
    pub(super) fn read_trade(
        &mut self,
        cursor: &mut Cursor<'_>,
        mut event: FeedEvent,
        events: &mut Vec<FeedEvent>,
    ) -> Result<(), Wrong> {
        cursor.members()?;
        let mut scales = None;
        let mut seen = 0;
        let (mut price, mut quantity) = (None, None);
        let mut on_book = true;
        loop {
            let key = cursor.key()?;
            let bit = match key.plain(&mut [0; 64]) {
                b"e" => {
                    expect_text(cursor, b"trade")?;
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
                b"t" => {
                    event.order_id = cursor.integer()?;
                    saw::ID
                }
                b"p" => {
                    price = Some(cursor.string()?);
                    saw::PRICE
                }
                b"q" => {
                    quantity = Some(cursor.string()?);
                    saw::QUANTITY
                }
                b"m" => {
                    // The buyer rested, so the taker sold.
                    event.side = if cursor.boolean()? {
                        side::SELL
                    } else {
                        side::BUY
                    };
                    saw::MAKER
                }
                b"X" => {
                    on_book = cursor.string()?.plain(&mut [0; 64]) == b"MARKET";
                    saw::KIND
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
        let (Some(scales), Some(price), Some(quantity)) = (scales, price, quantity) else {
            return Err(wrong(SHAPE, cursor.at));
        };
        if seen & saw::TRADE != saw::TRADE {
            return Err(wrong(SHAPE, cursor.at));
        }
        event.instrument = scales.instrument;
        event.kind = if on_book {
            event.price = scales.price(price)?;
            event.quantity = scales.some_quantity(quantity)?;
            feed_event_kind::TRADE
        } else {
            // It did not meet the book, and its price may be zero.
            feed_event_kind::OFF_BOOK
        };
        let begin = events.len();
        events.push(event);
        mark_message(events, begin);
        Ok(())
    }

    pub(super) fn read_ticker(
        &mut self,
        cursor: &mut Cursor<'_>,
        mut event: FeedEvent,
        events: &mut Vec<FeedEvent>,
    ) -> Result<(), Wrong> {
        cursor.members()?;
        let mut scales = None;
        let mut seen = 0;
        // Bid, its quantity, ask, its quantity.
        let mut numbers = [None; 4];
        loop {
            let key = cursor.key()?;
            let mut number = |at: usize, bit| {
                numbers[at] = Some(cursor.string()?);
                Ok(bit)
            };
            let bit = match key.plain(&mut [0; 64]) {
                b"b" => number(0, saw::BIDS)?,
                b"B" => number(1, saw::BID_QUANTITY)?,
                b"a" => number(2, saw::ASKS)?,
                b"A" => number(3, saw::ASK_QUANTITY)?,
                b"e" => {
                    expect_text(cursor, b"bookTicker")?;
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
                b"u" => {
                    event.order_id = cursor.integer()?;
                    saw::LAST
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
        let [Some(bid), Some(bids), Some(ask), Some(asks)] = numbers else {
            return Err(wrong(SHAPE, cursor.at));
        };
        let Some(scales) = scales.filter(|_| seen & saw::TICKER == saw::TICKER) else {
            return Err(wrong(SHAPE, cursor.at));
        };
        event.kind = feed_event_kind::BEST;
        event.instrument = scales.instrument;
        let begin = events.len();
        for (side, price, quantity) in [(side::BUY, bid, bids), (side::SELL, ask, asks)] {
            events.push(FeedEvent {
                side,
                price: scales.price(price)?,
                quantity: scales.some_quantity(quantity)?,
                ..event
            });
        }
        mark_message(events, begin);
        Ok(())
    }
}
